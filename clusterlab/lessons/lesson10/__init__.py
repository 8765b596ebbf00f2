"""Lesson 10, migration: its questions and tasks, and the checks of its tasks."""
