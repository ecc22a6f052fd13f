"""The account's own settings in the file: time zone, days that raw payloads stay, second factor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.account_settings import keep_payloads, set_time_zone
from accounts.models import Account
from accounts.refusals import Refusal
from accounts.second_factor import demand
from integrations.configuration.names import Names
from integrations.configuration.run import Change, Run

COLUMNS: Mapping[str, str] = {
    "time_zone": "time_zone",
    "payload_days": "payload_days",
    "second_factor": "demands_second_factor",
}
"""Key in the file → the account's column."""


def read(names: Names) -> Mapping[str, Any]:
    """Every one of them, as it stands."""
    row = Account.objects.get(pk=names.account.pk)
    return {key: getattr(row, column) for key, column in COLUMNS.items()}


def write(run: Run, wanted: Mapping[str, Any]) -> None:
    """What is named and differs; no file takes the second factor away."""
    now = read(run.names)
    for key, do in _writers(run, wanted).items():
        changes = [] if now[key] == wanted[key] else [Change(what=key, now=now[key], file=wanted[key])]
        run.change("account_setting", [key], changes, do)


def _writers(run: Run, wanted: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    account, origin = run.account, run.origin
    every: Mapping[str, Callable[[Any], object]] = {
        "time_zone": lambda name: set_time_zone(account=account, name=name, origin=origin),
        "payload_days": lambda days: keep_payloads(account=account, days=days, origin=origin),
        "second_factor": partial(_demand, run),
    }
    return {key: partial(do, wanted[key]) for key, do in every.items() if key in wanted}


def _demand(run: Run, on: bool) -> None:
    if not on:
        raise Refusal(_("A file never takes the second factor away: switch it off under Security."))
    demand(account=run.account, on=True, origin=run.origin)
