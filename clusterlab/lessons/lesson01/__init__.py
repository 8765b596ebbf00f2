"""Lesson 01: its tours, questions and tasks, and the checks of its tasks."""
