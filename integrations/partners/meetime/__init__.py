"""Meetime, where leads are worked through cadences of calls, e-mails and social points."""
