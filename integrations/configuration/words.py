"""What kinds of things, steps and values of a plan are called on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.modules import MODULES
from funnels.models import CustomField
from integrations.configuration import references, spoken
from integrations.configuration.run import Act, Step

Words = str | Promise

KINDS: Mapping[str, Words] = {
    "module": gettext_lazy("Module"),
    "profile": gettext_lazy("Profile"),
    "team": gettext_lazy("Team"),
    "field": gettext_lazy("Custom field"),
    "funnel": gettext_lazy("Funnel"),
    "stage": gettext_lazy("Stage"),
    "checklist": gettext_lazy("Checklist item"),
    "requirement": gettext_lazy("Requirement"),
    "reason": gettext_lazy("Loss reason"),
    "order": gettext_lazy("Order"),
    "connection": gettext_lazy("Integration"),
    "setting": gettext_lazy("Setting of an integration"),
    "field_map": gettext_lazy("Associated field"),
    "automation": gettext_lazy("Automation"),
    "endpoint": gettext_lazy("Webhook endpoint"),
    "account_setting": gettext_lazy("Setting of the account"),
    "waiting": gettext_lazy("What waits of an earlier file"),
}
ACTS: Mapping[str, tuple[Words, str, str]] = {  # word, tone, icon
    Act.CREATE: (gettext_lazy("Create"), "ok", "add_circle"),
    Act.CHANGE: (gettext_lazy("Change"), "info", "edit"),
    Act.REMOVE: (gettext_lazy("Remove"), "danger", "delete"),
    Act.WAIT: (gettext_lazy("Waits"), "warn", "schedule"),
    Act.CANNOT: (gettext_lazy("Cannot"), "danger", "block"),
    Act.KEEP: (gettext_lazy("Stays"), "", "lock"),
}
COUNTED: Mapping[str, Words] = {
    Act.CREATE: gettext_lazy("to create"),
    Act.CHANGE: gettext_lazy("to change"),
    Act.REMOVE: gettext_lazy("to remove"),
    Act.WAIT: gettext_lazy("waiting"),
    Act.CANNOT: gettext_lazy("not possible"),
    Act.KEEP: gettext_lazy("only here, staying"),
}
DONE: Mapping[str, Words] = {
    Act.CREATE: gettext_lazy("created"),
    Act.CHANGE: gettext_lazy("changed"),
    Act.REMOVE: gettext_lazy("removed"),
    Act.WAIT: gettext_lazy("waiting"),
    Act.CANNOT: gettext_lazy("not possible"),
    Act.KEEP: gettext_lazy("only here, staying"),
}


def kind(slug: str) -> str:
    """A kind in words; a partner's own lists are called as in the file."""
    return str(KINDS.get(slug, slug))


def name(step: Step) -> str:
    """A step's path in one line."""
    first, *rest = step.path
    if step.kind == "module":
        first = str(MODULES[first].label)
    elif step.kind == "field":
        first = str(CustomField.Entity(first).label)
    return " › ".join([first, *rest])


def shown(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """`differences` for a screen: keys and values as people call them."""
    told, name_of, value_of = list(steps), spoken.namer(), spoken.valuer()
    found = differences(told)
    for step, each in zip(told, found, strict=True):
        for line, change in zip(each["lines"], step.changes, strict=True):
            line["what"] = line["what"] and name_of(step, change.what)
            line["now"] = value(value_of(step, change.what, change.now))
            line["file"] = value(value_of(step, change.what, change.file))
    return found


def differences(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Thing by thing, line by line: what, here now, in the file."""
    return [
        {
            "kind": kind(step.kind),
            "name": name(step),
            "act": step.act,
            "lines": [
                {
                    "what": "" if each.what == step.path[-1] else each.what,
                    "now": value(each.now),
                    "file": value(each.file),
                }
                for each in step.changes
            ],
        }
        for step in steps
    ]


def value(told: Any) -> str:
    """A value in words."""
    if isinstance(told, bool):
        return _("yes") if told else _("no")
    return references.words(told)
