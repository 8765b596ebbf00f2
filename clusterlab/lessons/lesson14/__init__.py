"""Lesson 14, availability: its questions and tasks, and the checks of its tasks."""
