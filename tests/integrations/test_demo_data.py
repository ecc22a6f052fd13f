"""The demonstration's data: made through services, kept as left, nothing connected (interface.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import Account, Membership, Module, User
from funnels.models import Company, Deal, Person, Phone, Task
from integrations import demo
from integrations.models import Connection

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_the_account_looks_lived_in_and_nothing_is_connected(tmp_path: Path) -> None:
    made = demo.prepare(folder=tmp_path, now=NOW, empty=False)

    account = Account.objects.get(pk=made.account)
    deals = Deal.objects.of(account)
    assert account.name == "Casa do Pão"
    assert deals.count() >= 40
    assert {status: deals.filter(status=status).count() for status in ("won", "lost")} == {
        "won": 5,
        "lost": 5,
    }
    assert not deals.filter(status="lost", loss_reason=None).exists()
    assert not deals.filter(company=None).exists()
    assert not Company.objects.of(account).exclude(document__regex=r"^\d{8}0001\d\d$").exists()
    assert not Phone.objects.of(account).filter(e164="").exists(), "every number is one that can be dialled"
    assert Person.objects.of(account).filter(email="cliente.ganho@exemplo.com.br").exists()
    assert Task.objects.of(account).exists()
    on = Module.objects.of(account).filter(enabled=True).values_list("slug", flat=True)
    assert set(on) >= {"workflow", "api", "white_label"}
    assert not Connection.objects.of(account).exists()
    assert Membership.objects.of(account).count() == 4
    assert User.objects.get(email=made.username).check_password(made.password)
    assert not User.objects.get(email=made.username).is_staff, "support staff is somebody else"


def test_the_second_start_finds_what_was_left(tmp_path: Path) -> None:
    first = demo.prepare(folder=tmp_path, now=NOW, empty=True)
    state = tmp_path / demo.STATE

    assert demo.prepare(folder=tmp_path, now=NOW, empty=True) == first
    assert Account.objects.count() == 1
    assert state.stat().st_mode & 0o077 == 0, "it holds a password: for its owner only"
    assert json.loads(state.read_text())["username"] == "admin@tomada.example"


def test_empty_means_account_and_administrator_only(tmp_path: Path) -> None:
    made = demo.prepare(folder=tmp_path, now=NOW, empty=True)

    assert not Deal.objects.of(made.account).exists()
    assert Membership.objects.of(made.account).count() == 1


def test_stand_ins_stand_where_the_partners_own_path_is() -> None:
    """Address and credential come from the partner's own package: shared code knows neither."""
    found = demo.stand_ins("http://127.0.0.1:8100")

    assert found
    for each in found:
        assert each.address.startswith(f"http://127.0.0.1:8100/{each.slug}")
        assert each.credential
