"""Reads the CRM through its API and the partner from inside, and says field by field where two readings differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from integrations.models import LinkedUser

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]
"""Kind → a row's name → its fields; a row is named by what people know it by, never by an id."""

KINDS = ("persons", "companies", "deals", "leads", "interaction-records", "tasks")
# When a thing was taken in, how often its row was written, and where it is shown, differ by the road it came.
TAKEN_IN = {
    "id": KINDS,
    "version": KINDS,
    "created_at": KINDS,
    "updated_at": KINDS,
    "entered_stage_at": ("deals",),
    "closed_at": ("deals",),  # of a card: when its closing was written; of a lead: when it happened
    "sent_at": ("leads",),
    "enrollment": ("leads",),
    "connection": ("leads",),
    "number": ("deals",),
    "public_url": ("leads",),
    "due_at": ("tasks",),
}
COLLECTED = "Anotações da Meetime"
"""Records of annotations: they have no time over there, so they bear that of their collecting."""
USERS = ("owner", "assignee", "author_id")


class Reading:
    """One look at both sides. `get` answers a path below /api/v1/, `control` a control call of the sandbox."""

    def __init__(
        self,
        *,
        get: Callable[[str], Any],
        control: Callable[[str, str], Any],
        since: float,
        user_fields: tuple[str, ...],
    ) -> None:
        self._get, self._control, self._since, self._user_fields = get, control, since, user_fields
        self._users = {str(pk): email for pk, email in User.objects.values_list("pk", "email")}
        self._raw = {kind: list(self._pages(f"{kind}/?limit=100")) for kind in KINDS}
        self._raw["persons"] += self._pages("persons/?limit=100&is_ghost=true")
        self._names = {
            **{("person", row["id"]): row["email"] or row["name"] for row in self._raw["persons"]},
            **{("company", row["id"]): row["name"] for row in self._raw["companies"]},
            **{("deal", row["id"]): row["title"] for row in self._raw["deals"]},
        }
        for funnel in self._pages("funnels/?limit=100"):
            self._names["funnel", funnel["id"]] = funnel["name"]
            self._names |= {("stage", stage["id"]): stage["name"] for stage in funnel["stages"]}
        for reason in self._pages("loss-reasons/?limit=100"):
            self._names["loss_reason", reason["id"]] = reason["name"]
        self.rows: Rows = {kind: self._named(kind) for kind in KINDS}
        self.theirs = self._theirs()

    def _pages(self, path: str) -> Iterator[Row]:
        address: str | None = path
        while address:
            answer = self._get(address)
            assert answer.status_code == 200, answer.content.decode()
            page = answer.json()
            yield from page["results"]
            address = page["next"] and re.sub(r"^https?://[^/]+", "", page["next"])

    def _named(self, kind: str) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for raw in self._raw[kind]:
            row = {
                name: self._value(name, value)
                for name, value in raw.items()
                if kind not in TAKEN_IN.get(name, ())
            }
            if str(row.get("text", "")).startswith(COLLECTED):
                del row["occurred_at"]
            name = self._name_of(kind, row)
            again = sum(each == name or each.startswith(f"{name} ·") for each in found)
            found[f"{name} ·{again + 1}" if again else name] = row
        return found

    def _name_of(self, kind: str, row: Row) -> str:
        parts = {
            "persons": ("email", "name"),
            "companies": ("name",),
            "deals": ("title",),
            "leads": ("deal", "run", "person"),
            "interaction-records": ("deal", "person", "type", "occurred_at", "text"),
            "tasks": ("deal", "text"),
        }[kind]
        return " · ".join(str(row.get(part, "")).replace("\n", " ") for part in parts)

    def _value(self, name: str, value: Any) -> Any:
        """Ids as names, times as seconds of the story, the connection without its number."""
        if isinstance(value, str) and (name, value) in self._names:
            return self._names[name, value]
        if name in USERS and value is not None:
            return self._users.get(str(value), value)
        if name == "related":
            return sorted(self._names["person", each] for each in value)
        if name == "custom":
            return {
                key: self._users.get(text, text) if key in self._user_fields else text
                for key, text in sorted(value.items())
                if text
            }
        if name == "origin":
            return re.sub(r"\d+", "n", str(value))
        if name.endswith("_at") and isinstance(value, str):
            return round(datetime.fromisoformat(value).timestamp() - self._since, 3)
        return value

    def _theirs(self) -> dict[str, Row]:
        """Their leads by e-mail: fields, owner, cadence, status; only those that refer to a card."""
        state = self._control("GET", "meetime/state")
        cadences = {row["id"]: row["name"] for row in state["cadences"]}
        users = {
            theirs: self._users[str(ours)]
            for theirs, ours in LinkedUser.unscoped.values_list("their_id", "user_id")
        }
        found = {}
        for row in self._control("GET", "meetime/leads")["data"]:
            if row["deal"]:
                found[str(row["email"] or row["name"]).lower()] = {
                    "name": row["name"],
                    "email": row["email"],
                    "company": row["company"],
                    "phones": [each["phone"] for each in row["phones"]],
                    "custom": {key: text for key, text in row["customFields"].items() if text},
                    "owner": users.get(str(row["owner_id"])),
                    "cadence": cadences.get(str(row["cadence_id"])),
                    "status": row["status"],
                    "annotations": row["annotations"],
                    "deal": self._names.get(("deal", str(row["deal"])), row["deal"]),
                    "runs": len(row["prospections"]),
                    "reasons": [(each.get("lostReason") or {}).get("name") for each in row["prospections"]],
                }
        return found


def differences(one: Rows, other: Rows) -> list[str]:
    """Each field that differs, with both values; a row that only one side has is named whole."""
    found = []
    for kind in sorted({*one, *other}):
        mine, theirs = one.get(kind, {}), other.get(kind, {})
        found += [
            f"{kind} “{name}”: only the first has it: {mine[name]}" for name in mine.keys() - theirs.keys()
        ]
        found += [
            f"{kind} “{name}”: only the second has it: {theirs[name]}" for name in theirs.keys() - mine.keys()
        ]
        for name in sorted(mine.keys() & theirs.keys()):
            found += [
                f"{kind} “{name}” {field}: {mine[name].get(field)!r} ≠ {theirs[name].get(field)!r}"
                for field in sorted({*mine[name], *theirs[name]})
                if mine[name].get(field) != theirs[name].get(field)
            ]
    return found


STATES = {
    "EXECUTING": "executing",
    "WAITING": "waiting",
    "ON_EXTRA_ACTIVITY": "executing",
    "WON": "won",
    "LOST": "lost",
}


def apart(reading: Reading, pairs: Mapping[str, tuple[str, str, Callable[[str], str]]]) -> list[str]:
    """CRM against partner, lead by lead: names, phones, e-mails, mapped fields, owner, cadence, status.

    `pairs`: their custom field → (our entity, our key, our text as they write it).
    """
    found, rows = [], reading.rows
    leads = [each for each in rows["leads"].values() if each["state"] != "left"]
    newest = {each["person"]: each for each in sorted(leads, key=lambda row: row["run"])}
    for email, lead in newest.items():
        there = reading.theirs.get(str(email).lower())
        if there is None:
            found.append(f"leads “{email}”: not there")
            continue
        person = next(row for row in rows["persons"].values() if email in (row["email"], row["name"]))
        deal = rows["deals"][lead["deal"]]
        company = rows["companies"].get(deal["company"] or "", {})
        said = {
            "name": (person["name"], there["name"]),
            "email": (person["email"].lower(), str(there["email"] or "").lower()),
            "company": (company.get("name", ""), there["company"] or ""),
            "phones": (
                sorted({*person["phones"], *company.get("phones", ())}),
                sorted(there["phones"]),
            ),
            "status": (lead["state"], STATES.get(there["status"], there["status"])),
            "deal": (lead["deal"], there["deal"]),
        }
        ours = {"person": person, "deal": deal, "company": company}
        for key, (entity, name, written) in pairs.items():
            text = ours[entity].get("custom", {}).get(name, "")
            said[key] = (written(text) if text else "", there["custom"].get(key, ""))
        if lead["is_main"]:
            said["owner"] = (deal["custom"].get("meetime_latest_owner", ""), there["owner"])
            said["cadence"] = (deal["custom"].get("meetime_latest_cadence", ""), there["cadence"])
        found += [
            f"lead “{email}” {field}: here {here!r} ≠ there {over!r}"
            for field, (here, over) in said.items()
            if here != over
        ]
    return found
