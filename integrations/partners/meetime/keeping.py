"""What is said of a lead after it was sent: its fields, its end, its card's place; and what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.contract import Action, Call, Receipt, Refused, Unsupported
from integrations.partners.meetime import translate
from integrations.partners.meetime.client import Client, Row, their_id
from integrations.partners.meetime.rows import CLOSED, lead_values

MISSING = (404, 405, 501)  # their interface has no such call


def _(sentence: str) -> str:
    """Marks a sentence for translation where it is shown."""
    return sentence


def update(call: Call, action: Action) -> Receipt:
    """The fields that differ (M37); an e-mail that another lead has is left out and told (M38).

    The lead is read first: a field that was changed there since both sides agreed is left out too, and where
    anything was, what the lead reads is handed over for the merge.
    """
    client = Client(call)
    before = _lead(client, action)
    there = lead_values(before)
    values = {key: value for key, value in action.values.items() if not _apart(key, value, there, action)}
    taken = ""
    if values.get("email"):
        other = client.lead_by_email(str(values["email"]))
        if other is not None and their_id(other) != action.their_id:
            taken = str(values.pop("email"))
    row = before
    if values:
        client.amend(action.their_id, translate.SAYS[action.kind](values))
        row = _lead(client, action)
    after = lead_values(row)
    facts = {"said": values, "theirs": {key: after.get(key, "") for key in values}, "taken": taken}
    facts["as_of"] = str(row.get("lead_updated_date") or "")
    if any(there.get(key, "") != agreed for key, agreed in action.agreed.items() if key in there):
        facts |= {"there": there, "when": str(before.get("lead_updated_date") or "")}
    return Receipt(id=action.their_id, facts=facts)


def _lead(client: Client, action: Action) -> Row:
    row = client.lead(action.their_id)
    if row is None:
        raise Refused(_("The lead was deleted there."))
    return row


def _apart(key: str, value: object, there: Mapping[str, Any], action: Action) -> bool:
    """Whether it was changed over there since, to something else than what we say."""
    return key in action.agreed and there.get(key, "") not in (action.agreed[key], value)


def close(call: Call, action: Action) -> Receipt:
    """Won or lost there as the card was here (M47); a lead that is another card's by now is left alone (M32).

    `made`: closed · closed_before · passed · no_call · declined. Two requests; a third when another run
    followed ours: their people may have changed the cadence, or another card has sent the lead.
    """
    client, result = Client(call), str(action.values["result"])
    runs = client.runs(action.their_id)
    if not runs or str(runs[-1].get("status")) in CLOSED:
        return Receipt(id=action.their_id, facts={"made": "closed_before", "result": result})
    if their_id(runs[-1]) != action.values.get("run") and _is_anothers(client.lead(action.their_id), action):
        return Receipt(id=action.their_id, facts={"made": "passed", "result": result})
    try:
        client.close(their_id(runs[-1]), translate.SAYS[action.kind](action.values))
    except Refused as refused:
        made = "no_call" if refused.status in MISSING else "declined"
        return Receipt(id=action.their_id, facts={"made": made, "words": refused.words, "result": result})
    return Receipt(id=action.their_id, facts={"made": "closed", "result": result, "run": their_id(runs[-1])})


def _is_anothers(row: Row | None, action: Action) -> bool:
    """Whether the lead refers to a newer lead of ours: `<deal>.<lead>`, numbered as they come."""
    told = str((row or {}).get("external_reference") or "").split(".")
    ours = action.reference.partition(":")[0].split(".")
    return len(told) == len(ours) == 2 and told[1].isdecimal() and int(told[1]) > int(ours[1])


def collect(call: Call, action: Action) -> Receipt:
    """How the lead reads now: its fields and the annotations that its seller left (M42)."""
    row = Client(call).lead(action.their_id)
    if row is None:
        return Receipt(id=action.their_id, facts={"annotations": "", "values": {}})
    facts = {
        "annotations": str(row.get("lead_annotations") or ""),
        "values": lead_values(row),
        "run": str(row.get("current_prospection_id") or ""),
    }
    return Receipt(id=action.their_id, facts=facts)


def place(call: Call, action: Action) -> Receipt:
    """Where the card stands, and why a move was declined (M36); an account without it takes none."""
    try:
        Client(call).place(str(action.values["deal"]), translate.SAYS[action.kind](action.values))
    except Refused as refused:
        if refused.status in MISSING:
            return Receipt(id=action.their_id, facts={"made": "no_call"})
        raise
    return Receipt(id=action.their_id, facts={"made": "placed"})


def publish(call: Call, rows: Sequence[Mapping[str, Any]]) -> None:
    """Our funnels with stages and loss reasons; those told before and no longer allowed go (M36, M41)."""
    client = Client(call)
    try:
        told = {str(row.get("id")) for row in client.funnels()}
        for row in rows:
            client.tell_funnel(str(row["id"]), translate.SAYS["funnels"](row))
        for funnel in sorted(told - {str(row["id"]) for row in rows}):
            client.forget_funnel(funnel)
    except Refused as refused:
        if refused.status in MISSING:
            raise Unsupported(
                _("This Meetime account does not take funnels, stages and loss reasons.")
            ) from None
        raise
