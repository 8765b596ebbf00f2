"""Lesson 07, installation: its questions and tasks, and the checks of its tasks."""
