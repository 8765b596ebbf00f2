"""Lesson 11, connectors: its questions and tasks, and the checks of its tasks."""
