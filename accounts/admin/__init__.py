"""Staff's screens of accounts, users, members, modules, keys and the audit trail."""

from accounts.admin import setup, users  # noqa: F401  # each registers its screens
