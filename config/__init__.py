"""Wiring without behaviour: settings, addresses and the WSGI entry."""
