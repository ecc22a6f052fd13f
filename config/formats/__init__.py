"""How dates and times are written, where the portal differs from Django's own."""
