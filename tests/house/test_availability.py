"""What this machine lacks is said and never passes for green where it is required."""

from __future__ import annotations

import pytest

from tests import availability, everywhere


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(availability.THINGS, "chromium", (lambda: "", "no Chromium"))


def test_without_it_the_test_is_skipped_with_the_reason(
    nothing_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(availability.REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="could not run here: no Chromium"):
        availability.require("chromium")


def test_where_it_is_required_its_absence_fails(nothing_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(availability.REQUIRE, "postgres, chromium")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        availability.require("chromium")


def test_the_suite_runs_on_every_store_that_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "postgres", lambda: "postgres://x@127.0.0.1/tomada")
    monkeypatch.setattr(availability, "redis_server", lambda: "")
    runs, missing = everywhere.stores()
    assert list(runs) == ["SQLite", "PostgreSQL"]
    assert any("Redis" in words for words in missing)
