"""What must never be seen: secrets in any place where somebody may look."""
