"""A migrated store on disk for one installation: made once a session, copied for each that asks."""

from __future__ import annotations

import copy
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from psycopg import sql

_numbers = itertools.count(1)


class Templates:
    """The store that all others of this session are copies of; on PostgreSQL a database that copies itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        given = connections.settings["default"]
        self.on_sqlite = given["ENGINE"].endswith("sqlite3")
        self.made = ""

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """A copy under this process's default connection; yields its DATABASE_URL."""
        if not self.made:
            made = self._name(self.folder)
            with self._default(made):
                # The suite makes its tables without migrations (pyproject.toml): then these come the same way.
                call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
            self.made = made
        name = self._name(folder, template=self.made)
        try:
            with self._default(name) as url:
                yield url
        finally:
            self._drop(name)

    def end(self) -> None:
        """Takes the template away."""
        if self.made:
            self._drop(self.made)

    def _name(self, folder: Path, *, template: str = "") -> str:
        """The name of a new store, empty or a copy of the template."""
        if self.on_sqlite:
            path = str(folder / "site.sqlite3")
            if template:
                shutil.copy(template, path)
            return path
        name = f"tomada_faults_{os.getpid()}_{next(_numbers)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        self._say(made)
        return name

    def _drop(self, name: str) -> None:
        if not self.on_sqlite:
            self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _say(self, statement: sql.Composed) -> None:
        own = connections.settings["default"]
        with psycopg.connect(
            dbname="postgres", host=own["HOST"] or None, port=own["PORT"] or None,
            user=own["USER"] or None, password=own["PASSWORD"] or None, autocommit=True,
        ) as admin:  # fmt: skip
            admin.execute(statement)

    @contextmanager
    def _default(self, name: str) -> Iterator[str]:
        """The named store is this process's default; yields its DATABASE_URL."""
        given, before = connections.settings["default"], connections["default"]
        own: dict[str, Any] = copy.deepcopy(given)
        own["CONN_MAX_AGE"], own["NAME"] = 0, name
        url = f"sqlite:///{name}"
        if not self.on_sqlite:
            # A pool is kept by alias and would go on serving the other database.
            own["OPTIONS"] = {key: value for key, value in own["OPTIONS"].items() if key != "pool"}
            host = f"{own['HOST']}:{own['PORT'] or 5432}" if own["HOST"] else ""
            secret = f":{quote(own['PASSWORD'])}" if own["PASSWORD"] else ""
            url = f"postgres://{quote(own['USER'] or '')}{secret}{'@' if own['USER'] else ''}{host}/{name}"
        connections.settings["default"] = own
        connections["default"] = connections.create_connection("default")
        ContentType.objects.clear_cache()  # the ids of another store are other models' here
        try:
            yield url
        finally:
            connections["default"].close()
            connections.settings["default"] = given
            connections["default"] = before
            ContentType.objects.clear_cache()
