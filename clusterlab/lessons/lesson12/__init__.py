"""Lesson 12, designing a cluster: its questions and tasks, and the checks of its tasks."""
