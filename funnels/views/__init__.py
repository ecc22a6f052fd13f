"""The CRM's screens, one module for each."""
