"""Lesson 00: its tour and its question."""
