"""Processes stopped and killed from outside."""
