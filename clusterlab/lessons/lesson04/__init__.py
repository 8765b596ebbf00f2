"""Lesson 04, quorum and networks: its questions and tasks, and the checks of its tasks."""
