"""Automations of a funnel: their rules for being written, and their screens."""
