"""Whose field is whose: counterparts, links and the values both sides last agreed on."""
