"""What waits, what failed and why: the sync page and what a card shows of its integration."""
