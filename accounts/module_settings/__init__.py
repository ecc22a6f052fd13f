"""What modules can be told (S3): declared as data, read with defaults, written by one service."""

from accounts.module_settings.declared import DECLARED, Kind, Setting, declared_of, one
from accounts.module_settings.reading import settings_for, settings_of
from accounts.module_settings.writing import InvalidSettings, set_module_settings

__all__ = [
    "DECLARED",
    "InvalidSettings",
    "Kind",
    "Setting",
    "declared_of",
    "one",
    "set_module_settings",
    "settings_for",
    "settings_of",
]
