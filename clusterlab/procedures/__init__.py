"""Procedures of the handbook as data: plans, steps, and runs of them."""
