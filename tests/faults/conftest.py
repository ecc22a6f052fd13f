"""One installation a test module: its store on disk, its sandbox, its web server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox.server import Sandbox
from tests.faults.site import Site, environment, web_server
from tests.faults.store import Templates


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The migrated store that each installation is a copy of."""
    kept = Templates(tmp_path_factory.mktemp("templates"))
    yield kept
    kept.end()


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, templates: Templates, django_db_blocker: Any
) -> Iterator[Site]:
    from django.conf import settings

    from integrations.engine import caller

    folder = tmp_path_factory.mktemp("site")
    changed = {
        "PARTNER_URLS": settings.PARTNER_URLS,
        "PARTNERS_ON_PRIVATE_ADDRESSES": settings.PARTNERS_ON_PRIVATE_ADDRESSES,
        "PUBLIC_URL": settings.PUBLIC_URL,
        "ALLOWED_HOSTS": settings.ALLOWED_HOSTS,
        "CALL_DEADLINE": settings.CALL_DEADLINE,
    }
    with (
        django_db_blocker.unblock(),
        templates.copy(folder) as url,
        Sandbox(port=0, webhook_spacing=(0.05,), webhook_tries=5) as sandbox,
        web_server() as web,
    ):
        settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
        settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
        settings.PUBLIC_URL = web
        settings.CALL_DEADLINE = 2.5
        caller.door.cache_clear()
        site = Site(
            folder=folder, sandbox=sandbox, web=web, env=environment(url=url, sandbox=sandbox, web=web)
        )
        try:
            yield site
        finally:
            site.end_pumps()
            caller.door.cache_clear()
            for name, value in changed.items():
                setattr(settings, name, value)


@pytest.fixture
def whole_set(request: pytest.FixtureRequest) -> bool:
    """Whether all cases are asked for: by `make faults` (-m faults), or with TOMADA_FAULTS=all."""
    return "faults" in request.config.option.markexpr or os.environ.get("TOMADA_FAULTS") == "all"


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No process and no mischief outlives its test."""
    yield
    if "site" in request.fixturenames:
        site: Site = request.getfixturevalue("site")
        site.end_pumps()
        site.behave()
