"""The CRM's own automations: when this happens on a card, if that holds, do this (S7)."""
