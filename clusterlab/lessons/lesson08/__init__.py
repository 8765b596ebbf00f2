"""Lesson 08, configuration: its questions and tasks, and the checks of its tasks."""
