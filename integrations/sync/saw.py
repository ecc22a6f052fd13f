"""What rules saw, for people: names and slugs as words, filters as sentences, blanks as a dash (X1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit_values import moment_words
from accounts.models import Account, Membership
from funnels.condition_forms import value_words
from funnels.conditions import FilterField, fields_for
from funnels.models import Deal
from funnels.operators import OPERATORS
from integrations.engine.explain import Explanation, Line
from integrations.models import Automation, Connection

Pairs = list[tuple[str, str]]
# What rules call what they saw → its label; other names are translated as they are.
NAMES: Mapping[str, Any] = {
    "email": gettext_lazy("E-mail"),
    "number": gettext_lazy("run"),
    "id": gettext_lazy("code there"),
    "made": gettext_lazy("what became of it"),
    "url": gettext_lazy("address there"),
    "filters": gettext_lazy("filters"),
    "trigger": gettext_lazy("trigger"),
    "known": gettext_lazy("known here since"),
    "result": gettext_lazy("result"),
    "annotations": gettext_lazy("annotations"),
    "taken": gettext_lazy("e-mail that another lead has there"),
}
SLUGS: Mapping[str, Mapping[Any, Any]] = {  # name → value → its words
    "status": {**dict(Deal.Status.choices), "deleted": gettext_lazy("Deleted")},
    "state": dict(Connection.State.choices),
    "trigger": dict(Automation.Trigger.choices),
    "made": {
        "created": gettext_lazy("created"),
        "reopened": gettext_lazy("reopened"),
        "updated": gettext_lazy("updated"),
        "left": gettext_lazy("left as it was"),
        "added": gettext_lazy("added"),
        "placed": gettext_lazy("moved there"),
        "closed": gettext_lazy("ended there"),
        "closed_before": gettext_lazy("had ended there before"),
        "passed": gettext_lazy("had passed to another card"),
        "no_call": gettext_lazy("they offer no call for it"),
        "declined": gettext_lazy("declined there"),
    },
    "result": {"won": gettext_lazy("won"), "lost": gettext_lazy("lost")},
}
# What arrived: (kind, event) → its words; a kind without an event is how something reads now.
NEWS: Mapping[tuple[str, str], Any] = {
    ("lead", ""): gettext_lazy("Lead changed"),
    ("lead", "won"): gettext_lazy("Lead won"),
    ("lead", "lost"): gettext_lazy("Lead lost"),
    ("activity", "done"): gettext_lazy("Activity done"),
    ("move", "stage_moved"): gettext_lazy("Card moved there"),
}


def pairs(saw: Mapping[str, Any] | None, fields: Mapping[str, FilterField]) -> Pairs:
    """(name, value) of everything that was seen; `fields` names what filters ask about."""
    return [
        (
            str(NAMES.get(name) or _(str(name).replace("_", " "))),
            str(SLUGS.get(name, {}).get(value) or _plain(value, fields))
            if isinstance(value, str)
            else _plain(value, fields),
        )
        for name, value in (saw or {}).items()
    ]


def news_words(kind: str, event: str | None, label: str = "") -> str:
    """What arrived in words: “Lead won”; else the kind's `label` of its partner, else the kind itself."""
    return str(NEWS.get((kind, event or "")) or label or " ".join(filter(None, [kind, event])))


def owners(account: Account) -> dict[int, str]:
    """User id → name of everybody in the account: rules see an owner who sells nowhere as a number."""
    members = Membership.objects.of(account).values_list("user_id", "user__name", "user__email")
    return {pk: name or email for pk, name, email in members}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Rules as templates show them; `fields` names what filters ask about, `names` is what `owners` gave."""

    fields: Mapping[str, FilterField]
    names: Mapping[int, str]

    def lines(self, rules: Sequence[Line]) -> list[dict[str, Any]]:
        """Each rule with what it saw as (name, value)."""
        return [
            {"passed": line.passed, "text": line.text, "pairs": pairs(self._named(line.saw), self.fields)}
            for line in rules
        ]

    def explanation(self, told: Explanation) -> dict[str, Any]:
        """One connection's answer."""
        return {
            "headline": told.headline,
            "sent": told.sent,
            "tried": self.lines(told.tried),
            "then": self.lines(told.then),
        }

    def _named(self, saw: Mapping[str, Any]) -> dict[str, Any]:
        seen = dict(saw or {})
        return seen | {"owner": self.names.get(seen["owner"], seen["owner"])} if "owner" in seen else seen


def reader_of(account: Account) -> Reader:
    """The reader of one account's rules."""
    return Reader(
        fields={field.key: field for field in fields_for(account)},
        names=owners(account),
    )


def evidence(facts: Mapping[str, Any]) -> Pairs:
    """What an answer proved, without blanks and the fields agreed on: those stand among the lead's."""
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    return pairs({name: value for name, value in told.items() if not isinstance(value, Mapping)}, {})


def _plain(value: Any, fields: Mapping[str, FilterField]) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(_plain(each, fields) for each in value) or "—"
    if isinstance(value, Mapping) and "operator" in value:
        return _filter(value, fields)
    if isinstance(value, Mapping):
        return ", ".join(f"{_(str(name))}: {_plain(each, fields)}" for name, each in value.items()) or "—"
    return moment_words(str(value)) if value not in (None, "") else "—"


def _filter(entry: Mapping[str, Any], fields: Mapping[str, FilterField]) -> str:
    """One filter: “Company · Name contains “Bakery” (it is “Market”)”."""
    field = fields.get(str(entry.get("field")))
    operator = OPERATORS.get(str(entry.get("operator")))
    if field is None or operator is None:
        return _("a filter on a field that no longer exists")
    wanted = f" “{value_words(field, str(entry.get('value') or ''))}”" if operator.needs_value else ""
    saw = value_words(field, str(entry.get("saw") or ""))
    sentence = f"{field.group} · {field.label} {operator.label}{wanted}"
    return _("%(filter)s (it is “%(saw)s”)") % {"filter": sentence, "saw": saw or "—"}
