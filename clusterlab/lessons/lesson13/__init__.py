"""Lesson 13, partitions and sizing: its questions and tasks, and the checks of its tasks."""
