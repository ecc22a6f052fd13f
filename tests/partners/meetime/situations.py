"""Situations built by hand: a card of Joana's at Padaria Sol, one cadence, one seller, one automation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract import (
    AutomationView,
    ChangeView,
    CompanyView,
    DealView,
    EnrollmentView,
    LeadView,
    PersonView,
    Record,
    Situation,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CONNECTION, FUNNEL, ENTRY, SENDING, PROPOSAL = 7, 70, 700, 701, 702
CARLA, DIEGO, NOBODY = 301, 302, 399
JOANA = PersonView(id=1, name="Joana Prado", email="joana@padariasol.example", phones=("(48) 99911-2233",))
RUI = PersonView(id=2, name="Rui Lima", email="rui@padariasol.example")
LIA = PersonView(id=3, name="Lia", email="")
SOL = CompanyView(id=9, name="Padaria Sol", phones=("(48) 3333-4444",))
USERS = {CARLA: "31", DIEGO: "32"}
CATALOG: dict[str, dict[str, dict[str, Any]]] = {
    "cadences": {
        "77": {"name": "Cadência de Prospecção", "priority": "MEDIUM"},
        "78": {"name": "Inbound quente", "priority": "VERY_HIGH"},
    },
    "users": {
        "31": {"name": "Carla Mendes", "email": "carla@exemplo.example", "active": True},
        "32": {"name": "Diego Ferreira", "email": "diego@exemplo.example", "active": True},
    },
    "custom_fields": {},
    "lost_reasons": {},
    "funnels": {},
    "leads": {},
    "activities": {},
    "moves": {},
    "prospections": {},
    "won": {},
}
STAGES = {ENTRY: "Entrada", SENDING: "Prospecção", PROPOSAL: "Proposta"}


def automation(**other: Any) -> AutomationView:
    values: dict[str, Any] = {
        "id": 50,
        "order": 0,
        "description": "Enviar",
        "trigger": "entered",
        "stage_id": SENDING,
        "action": "meetime.send_lead",
        "connection_id": CONNECTION,
        "parameters": {"cadence": "77", "start": "now"},
        "matches": True,
        "filters_saw": (),
        "enabled": True,
    }
    return AutomationView(**{**values, **other})


def deal(**other: Any) -> DealView:
    values: dict[str, Any] = {
        "id": 15,
        "title": "Padaria Sol",
        "status": "open",
        "funnel_id": FUNNEL,
        "stage_id": SENDING,
        "owner_id": CARLA,
        "fields": {},
        "main": JOANA,
        "related": (),
        "company": SOL,
    }
    return DealView(**{**values, **other})


def situation(**other: Any) -> Situation:
    card = other.pop("deal", None) or deal()
    values: dict[str, Any] = {
        "connection_id": CONNECTION,
        "connection_state": "active",
        "now": NOW,
        "deal": card,
        "enrollment": None,
        "automations": (automation(),),
        "users": USERS,
        "catalog": CATALOG,
        "settings": {"funnels": [FUNNEL], "win_actions": {}, "profile": 1, "takes_funnels": True},
        "flow": "centralisation",
        "people": {person.id: person for person in (JOANA, RUI, LIA)},
        "stages": STAGES,
    }
    return Situation(**{**values, **other})


def change(kind: str = "moved", **other: Any) -> ChangeView:
    values: dict[str, Any] = {
        "id": 1,
        "entity": "deal",
        "kind": kind,
        "fields": {"stage": [ENTRY, SENDING]},
        "origin": "user:5",
        "at": NOW,
    }
    return ChangeView(**{**values, **other})


def lead(
    person: PersonView = JOANA, *, state: str = "executing", main: bool | None = None, **other: Any
) -> LeadView:
    """Lead 100 + person's id here, "90<id>" there; in its first run there."""
    values: dict[str, Any] = {
        "id": 100 + person.id,
        "person_id": person.id,
        "their_id": f"90{person.id}",
        "state": state,
        "is_main": person is JOANA if main is None else main,
        "closed_at": NOW if state in ("won", "lost") else None,
        "their_run": "1",
    }
    return LeadView(**{**values, **other})


def run(*leads: LeadView, ended_at: datetime | None = None, **other: Any) -> EnrollmentView:
    values: dict[str, Any] = {
        "id": 500,
        "number": 1,
        "state": "ended" if ended_at else "active",
        "ended_at": ended_at,
        "leads": leads or (lead(),),
        "parameters": {"cadence": "77", "start": "now"},
    }
    return EnrollmentView(**{**values, **other})


def told(event: str, person: PersonView = JOANA, *, after: float = 0, **fields: Any) -> Record:
    """A won or lost lead, or an activity done, `after` seconds from NOW."""
    when = NOW + timedelta(seconds=after)
    if event == "done":
        fields = {"type": "CALL", "name": "", "network": "", "text": "", **fields}
        return Record(
            kind="activity",
            id="9102",
            event=event,
            when=when,
            by="Carla",
            about={"lead": f"90{person.id}"},
            fields=fields,
        )
    fields = {"cadence_id": "77", "cadence": "Cadência de Prospecção", **fields}
    return Record(
        kind="lead",
        id=f"90{person.id}",
        event=event,
        when=when,
        by="Carla",
        about={"run": "1"},
        fields=fields,
    )


def read(person: PersonView = JOANA, *, after: float = 0, run: str = "1", **fields: Any) -> Record:
    """A lead as it reads over there `after` seconds from NOW: a snapshot, no fact."""
    known = {
        "values": {"name": person.name, "email": person.email, "company": "Padaria Sol", "phones": []},
        "state": "executing",
        "cadence_id": "77",
        "cadence": "Cadência de Prospecção",
        "owner_id": "31",
        "url": f"https://x.example/{person.id}",
    }
    return Record(
        kind="lead",
        id=f"90{person.id}",
        when=NOW + timedelta(seconds=after),
        about={"run": run},
        fields={**known, **fields},
    )
