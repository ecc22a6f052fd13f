"""Who uses the portal: accounts, users, profiles, modules, API keys, the audit trail, and scoping."""
