"""Lesson 15, support: its questions and tasks, and the checks of its tasks."""
