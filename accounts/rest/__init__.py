"""What every resource of the API for integrators shares: bodies, filters, pages, versions and the schema."""
