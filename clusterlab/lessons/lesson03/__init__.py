"""Lesson 03, Cluster Administrator: its questions and tasks, and the checks of its tasks."""
