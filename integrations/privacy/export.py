"""Everything that is kept about one person, as one document (X8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.origin import Origin
from accounts.services import audit
from funnels.models import CustomField, Person
from integrations.privacy import raw
from integrations.privacy.known import Known, known_by
from integrations.privacy.traces import TRACES, Trace

FORMAT = "tomada.person/1"
Row = dict[str, Any]
NAMES = {
    "stage__name": "stage",
    "loss_reason__name": "loss_reason",
    "enrollment__connection__partner": "partner",
    "automation__description": "automation",
    "deal_id": "deal",
    "person_id": "person",
    "task_id": "task",
    "record_id": "interaction_record",
}
"""Column of a trace → the field of an export, where it has another name."""
IDS = frozenset({"id", "deal", "person", "task", "interaction_record"})


def export(*, person: Person, origin: Origin, now: datetime) -> dict[str, Any]:
    """{"format", "exported_at", "person", "<kind of trace>": [rows]}; that it was asked for is audited."""
    known = known_by(person)
    seen = raw.look(known)
    labels = dict(CustomField.objects.of(person.account_id).values_list("key", "label"))
    held = {name: _rows(trace, known, seen, labels) for name, trace in TRACES.items() if trace.columns}
    audit(account=person.account, origin=origin, action="person.exported", subject=str(person.pk))
    return {
        "format": FORMAT,
        "exported_at": now,
        "person": {
            "id": str(person.pk),
            "name": person.name,
            "email": person.email,
            "phones": [phone.typed for phone in person.phones.all()],
            "company": person.company.name if person.company else "",
            "latitude": person.latitude,
            "longitude": person.longitude,
            "created_at": person.created_at,
            "deleted_at": person.deleted_at,
            "custom": _labelled(person.custom, labels),
        },
        **held,
    }


def _rows(trace: Trace, known: Known, seen: raw.Raw, labels: Mapping[str, str]) -> list[Row]:
    rows = list(trace.rows(known, seen).order_by("pk").values(*trace.columns))
    if trace.raw:
        return [{**row, "body": raw.told(known, row["source"], bytes(row["body"]))} for row in rows]
    more = MORE.get(trace.name, _nothing)
    return [_plain({**row, **more(row, labels)}) for row in rows]


def _plain(row: Row) -> Row:
    """Names and ids as the API has them; an id that is none stays None."""
    named = {NAMES.get(column, column): value for column, value in row.items()}
    return {name: str(v) if name in IDS and v is not None else v for name, v in named.items()}


def _nothing(_row: Row, _labels: Mapping[str, str]) -> Row:
    return {}


def _labelled(custom: Mapping[str, Any], labels: Mapping[str, str]) -> Row:
    """Custom values by the names that people gave their fields."""
    return {labels.get(key, key): value for key, value in custom.items() if value}


def _card(row: Row, labels: Mapping[str, str]) -> Row:
    return {"custom": _labelled(row["custom"], labels)}


def _file(row: Row, _labels: Mapping[str, str]) -> Row:
    """Its content is read behind this address, by whoever may sign in."""
    return {"link": settings.PUBLIC_URL + reverse("portal:file", args=[row["id"]])}


MORE: Mapping[str, Callable[[Row, Mapping[str, str]], Row]] = {
    "deals": _card,
    "files": _file,
}
