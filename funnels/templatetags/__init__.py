"""Template tags of the CRM's screens."""
