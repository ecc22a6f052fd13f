"""Staff's screens of accounts, users, members, modules, keys and the audit trail."""

from accounts.admin import access, foreign, modules, people, setup, trail, users  # noqa: F401  # screens
