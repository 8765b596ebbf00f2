"""Lesson 05, what if: its questions and tasks, and the checks of its tasks."""
