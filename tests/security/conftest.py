"""The installation on disk of the fault tests, for the secrets that travel through it."""

from tests.faults.conftest import _nothing_left, site, templates

__all__ = ["_nothing_left", "site", "templates"]
