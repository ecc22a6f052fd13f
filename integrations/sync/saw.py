"""What rules saw, for people: names and slugs as words, filters as sentences, blanks as a dash (X1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Membership
from funnels.models import Deal
from integrations.engine.explain import Explanation, Line
from integrations.engine.filters import OPERATORS, FilterField
from integrations.models import Automation, Connection

Pairs = list[tuple[str, str]]
# What rules call what they saw → its label; other names are translated as they are.
NAMES: Mapping[str, Any] = {
    "email": gettext_lazy("E-mail"),
    "number": gettext_lazy("run"),
    "id": gettext_lazy("code there"),
}
SLUGS: Mapping[str, Mapping[Any, Any]] = {  # name → value → its words
    "status": {**dict(Deal.Status.choices), "deleted": gettext_lazy("Deleted")},
    "state": dict(Connection.State.choices),
    "trigger": dict(Automation.Trigger.choices),
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


def owners(account: Account) -> dict[int, str]:
    """User id → name of everybody in the account: rules see an owner who sells nowhere as a number."""
    members = Membership.objects.of(account).values_list("user_id", "user__name", "user__email")
    return {pk: name or email for pk, name, email in members}


def told(
    explanation: Explanation, fields: Mapping[str, FilterField], names: Mapping[int, str]
) -> dict[str, Any]:
    """An explanation as its template shows it; `names` is what `owners` gave."""

    def lines(rules: Sequence[Line]) -> list[dict[str, Any]]:
        return [
            {"passed": line.passed, "text": line.text, "pairs": pairs(named(line.saw), fields)}
            for line in rules
        ]

    def named(saw: Mapping[str, Any]) -> dict[str, Any]:
        seen = dict(saw or {})
        return seen | {"owner": names.get(seen["owner"], seen["owner"])} if "owner" in seen else seen

    return {
        "headline": explanation.headline,
        "sent": explanation.sent,
        "tried": lines(explanation.tried),
        "then": lines(explanation.then),
    }


def _plain(value: Any, fields: Mapping[str, FilterField]) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(_plain(each, fields) for each in value) or "—"
    if isinstance(value, Mapping) and "operator" in value:
        return _filter(value, fields)
    if isinstance(value, Mapping):
        return ", ".join(f"{_(str(name))}: {_plain(each, fields)}" for name, each in value.items()) or "—"
    return str(value) if value not in (None, "") else "—"


def _filter(entry: Mapping[str, Any], fields: Mapping[str, FilterField]) -> str:
    """One filter: “Company · Name contains “Bakery” (it is “Market”)”."""
    field = fields.get(str(entry.get("field")))
    operator = OPERATORS.get(str(entry.get("operator")))
    if field is None or operator is None:
        return _("a filter on a field that no longer exists")
    labels = dict(field.choices)
    wanted = (
        f" “{labels.get(entry.get('value', ''), entry.get('value', ''))}”" if operator.needs_value else ""
    )
    saw = entry.get("saw") or ""
    sentence = f"{field.group} · {field.label} {operator.label}{wanted}"
    return _("%(filter)s (it is “%(saw)s”)") % {"filter": sentence, "saw": labels.get(saw, saw) or "—"}
