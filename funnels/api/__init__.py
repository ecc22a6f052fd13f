"""The CRM's resources in the API for integrators."""
