"""What a line of the audit trail tells beside its action: names in words, "before → after" for changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.audit_values import Values, values_of
from accounts.models import AuditEntry
from accounts.module_settings import DECLARED

Words = str | Promise

# Actions whose values are [before, after]; "changed" among them is a plain list of names.
PAIRED = (
    "member.",
    "team.changed",
    "profile.changed",
    "mapping.change",
    "automation.update",
    "endpoint.updated",
)
PLAIN = ("changed",)
COUNTED = ("counts", "rows")  # their noughts are not told

_words: dict[str, Words] = {
    "action": gettext_lazy("Action"),
    "after": gettext_lazy("After"),
    "before": gettext_lazy("Before"),
    "cadence": gettext_lazy("Cadence"),
    "cannot": gettext_lazy("cannot be done"),
    "change": gettext_lazy("changed"),
    "changed": gettext_lazy("Changed"),
    "contracted": gettext_lazy("contracted"),
    "counts": gettext_lazy("Steps by kind"),
    "create": gettext_lazy("created"),
    "deliveries": gettext_lazy("Deliveries"),
    "description": gettext_lazy("Description"),
    "digest": gettext_lazy("Fingerprint of the file"),
    "empty": gettext_lazy("An empty value"),
    "enabled": gettext_lazy("switched on"),
    "events": gettext_lazy("Events"),
    "expires_at": gettext_lazy("Expires"),
    "fields": gettext_lazy("Fields"),
    "fill": gettext_lazy("How it is filled"),
    "filters": gettext_lazy("Filters"),
    "flow": gettext_lazy("Flow"),
    "funnel": gettext_lazy("Funnel"),
    "image": gettext_lazy("Image"),
    "is_active": gettext_lazy("Active"),
    "keep": gettext_lazy("kept as they are"),
    "kind": gettext_lazy("Kind"),
    "master": gettext_lazy("Who decides"),
    "members": gettext_lazy("Members"),
    "name": gettext_lazy("Name"),
    "order": gettext_lazy("Order"),
    "ours": gettext_lazy("Our field"),
    "overlap_hours": gettext_lazy("Hours that both secrets count"),
    "pair_id": gettext_lazy("Pair of types"),
    "parameters": gettext_lazy("Parameters"),
    "permissions": gettext_lazy("Permissions"),
    "profile": gettext_lazy("Profile"),
    "reason": gettext_lazy("Reason"),
    "remote": gettext_lazy("Account at the partner"),
    "remove": gettext_lazy("removed"),
    "rows": gettext_lazy("Rows"),
    "run": gettext_lazy("Number of the run"),
    "scopes": gettext_lazy("Scopes"),
    "since": gettext_lazy("Since"),
    "size": gettext_lazy("Size"),
    "stage": gettext_lazy("Stage"),
    "steps": gettext_lazy("Steps"),
    "successor": gettext_lazy("New key"),
    "teams": gettext_lazy("Teams"),
    "text": gettext_lazy("Text"),
    "their_name": gettext_lazy("Name of the partner's field"),
    "their_type": gettext_lazy("Type of the partner's field"),
    "theirs": gettext_lazy("The partner's field"),
    "trigger": gettext_lazy("Trigger"),
    "trigger_values": gettext_lazy("Values of the trigger"),
    "type": gettext_lazy("Type"),
    "until": gettext_lazy("Until"),
    "wait": gettext_lazy("waiting"),
}
_others: list[Callable[[], Mapping[str, Words]]] = []


def add(words: Callable[[], Mapping[str, Words]]) -> None:
    """Names that an app further up writes, "rows.deals" for one inside of "rows"; see AppConfig.ready."""
    _others.append(words)


def known() -> dict[str, str]:
    """Name → words in the reader's language."""
    settings = {each.key: each.label for each in DECLARED.values()}
    found = {**settings, **_words}
    for words in _others:
        found.update(words())
    return {name: str(words) for name, words in found.items()}


def details(
    entry: AuditEntry, names: Mapping[str, str], values: Values | None = None
) -> list[tuple[str, str]]:
    """(name in words, value in words) of what was written; what only programs need stays away.

    `names` is what `known` gave for the page, `values` what `audit_values.values_of` gave. A name or value
    without words stands as it was written.
    """
    hidden = {"access", "table", "id"} if entry.action.startswith("support.") else set()
    if not isinstance(entry.data, dict):
        return []
    teller = _Teller(names=names, values=values or values_of(entry.account_id, [entry]))
    paired = entry.action.startswith(PAIRED)
    return [
        (names.get(name, str(name)), teller.value(value, of=name, paired=paired and name not in PLAIN))
        for name, value in entry.data.items()
        if name not in hidden
    ]


@dataclass(frozen=True, kw_only=True)
class _Teller:
    names: Mapping[str, str]
    values: Values

    def value(self, value: Any, *, of: str = "", paired: bool = False) -> str:
        """One value for reading: lists by commas, of counts those that are not nought."""
        if isinstance(value, dict) and value.keys() == {"before", "after"}:
            return self._change(value["before"], value["after"], of)
        if isinstance(value, dict):
            told = {name: each for name, each in value.items() if each or of not in COUNTED}
            label = {name: self.names.get(f"{of}.{name}", self.names.get(name, name)) for name in told}
            return _joined(f"{label[name]}: {self.value(each, of=name)}" for name, each in told.items())
        if isinstance(value, list):
            if paired and len(value) == len(("before", "after")):
                return self._change(value[0], value[1], of)
            return _joined(
                self.names[each] if of in PLAIN and each in self.names else self.value(each, of=of)
                for each in value
            )
        return self.values.words(of, value)

    def _change(self, before: Any, after: Any, of: str) -> str:
        return f"{self.value(before, of=of)} → {self.value(after, of=of)}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "—"
