"""The doctor says what is wrong and what to do, and its exit code tells scripts (engine.md, promise 6)."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Account
from integrations.management.commands import doctor
from integrations.models import Connection, Heartbeat
from integrations.vault import Vault, generate_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def sound(settings) -> None:
    """An installation that runs: worker alive, address fit for partners."""
    settings.PUBLIC_URL = "https://tomada.exemplo.com.br"
    for name in ("supervisor:a", "canary:a", "pump:a"):
        Heartbeat.objects.create(name=name, at=timezone.now())


def ill() -> dict[str, str]:
    return {found.subject: found.words for found in doctor.examine(now=timezone.now()) if not found.sound}


def test_a_sound_installation_has_nothing_to_mend(sound: None) -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    assert ill() == {}
    assert out.getvalue().count("✓") == 6


def test_a_credential_that_no_key_opens_is_named(sound: None, settings) -> None:
    account = Account.objects.create(name="Casa")
    lost = Vault([generate_key()]).seal({"token": "x"}, context="connection:1")
    broken = Connection.unscoped.create(account=account, partner="one", sealed=lost)
    kept = Vault(settings.VAULT_KEYS).seal({"token": "x"}, context="connection:2")
    Connection.unscoped.create(account=account, partner="two", sealed=kept)

    assert list(ill()) == ["Vault"] or list(ill()) == ["Cofre"]
    assert str(broken.pk) in next(iter(ill().values()))
    with pytest.raises(CommandError):
        call_command("doctor", stdout=StringIO())


def test_a_quiet_part_of_the_worker_is_named_with_the_command_to_run(sound: None) -> None:
    Heartbeat.objects.filter(name="canary:a").update(at=timezone.now() - timedelta(minutes=5))

    (words,) = ill().values()
    assert "manage.py worker" in words


@pytest.mark.parametrize(
    ("url", "demo", "fits"),
    [
        ("https://tomada.exemplo.com.br", False, True),
        ("http://tomada.exemplo.com.br", False, False),
        ("https://localhost", False, False),
        ("https://10.0.0.7", False, False),
        ("https://tomada.exemplo.com.br/portal", False, False),
        ("tomada.exemplo.com.br", False, False),
        ("http://127.0.0.1:8000", True, True),
    ],
)
def test_the_public_address_is_judged_by_its_form(url: str, demo: bool, fits: bool) -> None:
    assert (doctor.address_fault(url, demo=demo) == "") is fits
