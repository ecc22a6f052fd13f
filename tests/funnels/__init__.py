"""The CRM: its services, and its screens as people use them."""
