"""Lesson 06, troubleshooting: its questions and tasks, and the checks of its tasks."""
