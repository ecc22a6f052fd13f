"""Rehearsal: the account's own cards are sent to a private world, and the difference is shown (X2)."""
