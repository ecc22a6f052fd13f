"""What the CRM's own automations offer: triggers and actions, each with the parameters that it takes (S7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import Automation

Words = str | Promise
Trigger = Automation.Trigger
MOST_DAYS = 3650


class Kind(StrEnum):
    """What a parameter holds: an id as text, a word from a list, a text, a whole number or yes and no."""

    STAGE = "stage"  # the id of a stage of any funnel
    WHO = "who"  # "owner" · "administrators" · "user:12" · "team:3", as far as `offers` has them
    FIELD = "field"  # a field that people may fill, such as "deal.custom.priority"
    WATCHED = "watched"  # a field whose change is noticed
    DATE = "date"  # "task", or a date field such as "deal.custom.renewal"
    VALUE = "value"  # canonical text for the field in `of`; {placeholders} where it is text
    TEXT = "text"
    LONG_TEXT = "long_text"
    DAYS = "days"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; `most` is a text's length or a number's limit, `offers` what WHO may name."""

    name: str
    label: Words
    kind: Kind
    required: bool = True
    help: Words = ""
    least: int = 0
    most: int = 0
    default: str | int | bool = ""
    offers: Sequence[str] = ()
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class CrmAction:
    """Something the CRM does by itself; partners' actions stand in their own declarations."""

    slug: str
    label: Words
    icon: str
    parameters: Sequence[Parameter]
    triggers: Sequence[str] = tuple(Trigger.values)


PLACEHOLDERS = _(
    "You can write {deal.title}, {person.name}, {company.name}, {deal.owner} or any other field."
)
_EXISTING = Parameter(
    name="existing",
    label=_("Also the cards of which this is true already"),
    kind=Kind.FLAG,
    required=False,
    default=False,
    help=_("Otherwise only those of which it becomes true from now on."),
)
_DAYS = Parameter(
    name="days",
    label=_("After how many days"),
    kind=Kind.DAYS,
    least=1,
    most=MOST_DAYS,
    default=7,
    help=_("Whole days in the account's time zone."),
)

TRIGGER_VALUES: Mapping[str, Sequence[Parameter]] = {
    Trigger.CHANGED: (Parameter(name="field", label=_("Which field"), kind=Kind.WATCHED),),
    Trigger.IDLE: (_DAYS, _EXISTING),
    Trigger.DEADLINE: (Parameter(name="date", label=_("Which deadline"), kind=Kind.DATE), _EXISTING),
    Trigger.CLIENT_IDLE: (_DAYS, _EXISTING),
}
"""Trigger → what it needs to know; the others need nothing but the stage."""

CLOSING = (Trigger.WON, Trigger.LOST)  # the card is closed then: nothing can move it
TIMED = (Trigger.IDLE, Trigger.DEADLINE, Trigger.CLIENT_IDLE)

ACTIONS: Mapping[str, CrmAction] = {
    action.slug: action
    for action in (
        CrmAction(
            slug="crm.move",
            label=_("Move the card"),
            icon="arrow_forward",
            parameters=(Parameter(name="stage", label=_("To the stage"), kind=Kind.STAGE),),
            triggers=tuple(each for each in Trigger.values if each not in CLOSING),
        ),
        CrmAction(
            slug="crm.change_owner",
            label=_("Change the owner"),
            icon="person",
            parameters=(
                Parameter(
                    name="owner",
                    label=_("New owner"),
                    kind=Kind.WHO,
                    offers=("users", "teams"),
                    help=_("A team's members take turns."),
                ),
            ),
        ),
        CrmAction(
            slug="crm.create_task",
            label=_("Create a task"),
            icon="task_alt",
            parameters=(
                Parameter(
                    name="title", label=_("Title of the task"), kind=Kind.TEXT, most=200, help=PLACEHOLDERS
                ),
                Parameter(name="text", label=_("Text"), kind=Kind.LONG_TEXT, most=2000, required=False),
                Parameter(
                    name="days",
                    label=_("Due in how many days"),
                    kind=Kind.DAYS,
                    most=MOST_DAYS,
                    default=1,
                    help=_("0 is due today; the task is due at the end of that day."),
                ),
                Parameter(
                    name="assignee",
                    label=_("Who does it"),
                    kind=Kind.WHO,
                    offers=("owner", "users", "teams"),
                    default="owner",
                ),
            ),
        ),
        CrmAction(
            slug="crm.remind",
            label=_("Remind"),
            icon="notifications",
            parameters=(
                Parameter(
                    name="to",
                    label=_("Whom"),
                    kind=Kind.WHO,
                    offers=("owner", "administrators", "users", "teams"),
                    default="owner",
                    help=_("Everybody in the team is reminded."),
                ),
                Parameter(name="text", label=_("Text"), kind=Kind.LONG_TEXT, most=250, help=PLACEHOLDERS),
            ),
        ),
        CrmAction(
            slug="crm.fill_field",
            label=_("Fill in a field"),
            icon="edit",
            parameters=(
                Parameter(name="field", label=_("Which field"), kind=Kind.FIELD),
                Parameter(name="value", label=_("With what"), kind=Kind.VALUE, most=2000, of="field"),
            ),
        ),
    )
}
