"""The addresses of accounts' resources: people, and modules."""

from __future__ import annotations

from accounts.modules_api import Modules
from accounts.people_api import ROUTES as PEOPLE
from accounts.rest.resource import Resource

ROUTES: list[tuple[str, type[Resource], str]] = [*PEOPLE, ("modules", Modules, "modules")]
