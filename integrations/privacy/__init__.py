"""One person's data: all of it shown, or all of it erased, and how long raw payloads stay (X8)."""
