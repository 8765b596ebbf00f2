"""All words of questions, tasks and hints, one module for each part of the course.

A translation replaces the modules of this folder and nothing else; what is right is decided by the
simulation and by `lab.tasks`, so no rule is written here.
"""
