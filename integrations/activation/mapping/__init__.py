"""The section "Field mapping" of every partner that has fields to associate (M10–M14)."""
