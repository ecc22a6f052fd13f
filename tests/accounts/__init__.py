"""Tests of accounts: who comes in, and what she sees."""
