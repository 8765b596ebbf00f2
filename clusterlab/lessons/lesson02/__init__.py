"""Lesson 02: its tours, questions and tasks, and the checks of its tasks."""
