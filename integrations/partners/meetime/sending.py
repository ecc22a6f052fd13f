"""Sends one lead and reads off what Meetime made of it: created, reopened, updated or left (M32)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_noop as _

from funnels.fields import phone_forms
from integrations.contract import Action, Call, PartnerError, Receipt, Unsure
from integrations.partners.meetime import translate
from integrations.partners.meetime.client import Client, Row, their_id
from integrations.partners.meetime.reading import numbers
from integrations.partners.meetime.rows import lead_values
from mapping.merge import phones_there

SENT_ONCE = frozenset({"first_name", "owner_email", "cadence_id", "start"})  # no fields that follow
LOOK_BACK = timedelta(minutes=10)  # their clock and ours may differ; what comes twice is known by its id


def send(call: Call, action: Action) -> Receipt:
    """Looked for by e-mail, enrolled, read back: section 9's answer says nothing.

    With an e-mail three requests. Without one the look-up pages through what was created since: at least two.
    """
    client, values = Client(call), action.values
    before = client.lead_by_email(values["email"]) if values["email"] else None
    cadence = str(values["cadence_id"])
    had = numbers(before or {})  # a lead that is there keeps the numbers that it has (X14)
    phones = phones_there(said=values["phones"], agreed=(), theirs=had, key=lambda each: phone_forms(each)[1])
    body = translate.SAYS[action.kind]({**values, "phones": phones, "reference": action.reference})
    client.enroll(cadence, token=call.secret("cadences", cadence, "token"), body=body)
    try:
        if before is None:
            return _created(_find(client, action), action)
        return _taken(before, client.runs(their_id(before)), action)
    except PartnerError as error:
        # It was accepted: whatever goes wrong from here on, it may have happened.
        raise Unsure(error.words) from None


def prove(call: Call, action: Action) -> Receipt | None:
    """The lead that carries our reference proves it; a lead with the e-mail alone does not (M32)."""
    client = Client(call)
    row = _find(client, action)
    if row is None or row.get("external_reference") != action.reference:
        return None
    runs = client.runs(their_id(row))
    made = _made(runs[-2]) if len(runs) > 1 else "created"
    return _receipt(row, run=runs[-1] if runs else {}, made=made, values=action.values)


def _find(client: Client, action: Action) -> Row | None:
    """The lead by its e-mail, else by our reference among those made since the action was first spoken."""
    if action.values["email"]:
        return client.lead_by_email(action.values["email"])
    if action.since is None:
        return None
    return client.lead_by_reference(action.reference, created_after=translate.iso(action.since - LOOK_BACK))


def _created(row: Row | None, action: Action) -> Receipt:
    """The e-mail was free: the lead is ours unless somebody was quicker."""
    if row is None:
        raise Unsure(_("The lead was accepted and cannot be found there."))
    made = "created" if row.get("external_reference") == action.reference else "left"
    run = {"id": row.get("current_prospection_id")}
    return _receipt(row, run=run, made=made, values=action.values)


def _taken(before: Row, runs: Sequence[Row], action: Action) -> Receipt:
    """The e-mail was known (M32): no run more than before → left; the run of before says the rest."""
    known = str(before.get("current_prospection_id") or "")
    newest = runs[-1] if runs else {}
    if not runs or their_id(newest) == known:
        return _receipt(before, run=newest, made="left", values=action.values)
    former = next((run for run in runs if their_id(run) == known), {})
    return _receipt(before, run=newest, made=_made(former), values=action.values)


def _made(former: Row) -> str:
    """What a new run made of the lead, read off the run before it (section 5, status enum)."""
    return "updated" if former.get("status") == "SWITCHED_CADENCE" else "reopened"


def _receipt(row: Row, *, run: Row, made: str, values: Mapping[str, Any]) -> Receipt:
    return Receipt(
        id=their_id(row),
        facts={
            "made": made,
            "run": str(run.get("id") or ""),
            "url": str(row.get("public_url") or ""),
            "agreed": {key: value for key, value in values.items() if key not in SENT_ONCE},
            "theirs": lead_values(row),
            "as_of": str(row.get("lead_updated_date") or ""),
        },
    )
