"""An account's configuration as one readable file: exported, compared, planned and applied (X6)."""
