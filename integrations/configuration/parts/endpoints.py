"""Webhook endpoints in the file: told apart by their address; no secret, and no file switches one on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.modules import module_on, off_words
from funnels.services import NotAllowed
from integrations.configuration.names import Names
from integrations.configuration.run import Act, Change, Run
from integrations.endpoints import services
from integrations.endpoints.address import checked
from integrations.endpoints.kinds import tidy
from integrations.models import WebhookEndpoint
from integrations.redaction import MASK


def read(names: Names) -> Sequence[Mapping[str, Any]]:
    """Each with its address as screens show it: what is secret in it is blanked."""
    return [_told(row) for row in _rows(names)]


def _rows(names: Names) -> list[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.of(names.account).order_by("id"))


def _told(row: WebhookEndpoint) -> dict[str, Any]:
    told: dict[str, Any] = {"url": str(row), "events": list(row.events), "enabled": row.enabled}
    return {**told, "description": row.description} if row.description else told


def write(run: Run, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Made switched off with a secret that nobody has seen, or changed; removed before others are made."""
    pairs, have = _matched(_rows(run.names), wanted)
    for each in have:
        run.unnamed("endpoint", [str(each)], _guarded(run, partial(_delete, run, each)), at_once=True)
    for told, row in pairs:
        if row is None:
            _create(run, told)
        else:
            _change(run, told, row)


def _matched(
    rows: list[WebhookEndpoint], wanted: Sequence[Mapping[str, Any]]
) -> tuple[list[tuple[Mapping[str, Any], WebhookEndpoint | None]], list[WebhookEndpoint]]:
    """(what the file says, its row) and the rows that it does not have; two of one address by description."""
    have, found = list(rows), dict[int, WebhookEndpoint]()
    for exact in (True, False):
        for place, told in enumerate(wanted):
            if place in found:
                continue
            same = [row for row in have if told["url"] in (row.url, str(row))]
            same = [row for row in same if not exact or row.description == told.get("description", "")]
            if same:
                found[place] = same[0]
                have.remove(same[0])
    return [(told, found.get(place)) for place, told in enumerate(wanted)], have


def _guarded(run: Run, do: Callable[[], object]) -> Callable[[], object]:
    def guarded() -> None:
        if not module_on(run.account, "api"):
            raise NotAllowed(off_words("api"))
        do()

    return guarded


def _delete(run: Run, row: WebhookEndpoint) -> None:
    services.delete_endpoint(endpoint=row, origin=run.origin)


def _create(run: Run, told: Mapping[str, Any]) -> None:
    changes = [
        Change(what=name, now=None, file=told[name]) for name in ("events", "description") if told.get(name)
    ]
    why = _("Switched off: make its secret on its page, give it to the receiver, then switch it on.")
    run.attempt(
        Act.CREATE,
        "endpoint",
        [told["url"]],
        _guarded(run, partial(_make, run, told)),
        changes=changes,
        why=why,
    )


def _make(run: Run, told: Mapping[str, Any]) -> None:
    if MASK in told["url"]:
        words = _("What is secret in its address was blanked (%(mask)s): make this endpoint on the page.")
        raise NotAllowed(words % {"mask": MASK})
    services.add_endpoint(
        account=run.account,
        url=checked(told["url"], look_up=False),
        events=told["events"],
        description=told.get("description", ""),
        enabled=False,
        origin=run.origin,
    )


def _change(run: Run, told: Mapping[str, Any], row: WebhookEndpoint) -> None:
    wanted = {"events": tidy(told["events"]), "description": told.get("description", "")}
    if not told.get("enabled", True):
        wanted["enabled"] = False
    changes = [
        Change(what=name, now=getattr(row, name), file=value)
        for name, value in wanted.items()
        if getattr(row, name) != value
    ]
    values = {change.what: change.file for change in changes}

    def do() -> None:
        services.update_endpoint(endpoint=row, origin=run.origin, **values)

    run.change("endpoint", [str(row)], changes, _guarded(run, do))
    if told.get("enabled", True) and not row.enabled:
        run.note(Act.WAIT, "endpoint", [str(row)], why=_("Off here: a person switches it on, on its page."))
