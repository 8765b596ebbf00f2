"""Lesson 09, upgrading: its questions and tasks, and the checks of its tasks."""
