"""The words of questions, tasks and hints of parts 03 to 15; those before stand in `lessons`.

What is right is decided by the simulation and by `lab.tasks`, so no rule is written here.
"""
