"""What the CRM's own actions do to one card, through the CRM's services; each says what it did (S7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import notices
from accounts.models import Account, Membership, Team, User
from accounts.origin import Origin
from funnels import queries, services
from funnels.models import Deal, Stage
from funnels.services import NotAllowed
from integrations.models import Automation, WorkflowRun
from integrations.workflow import checking, fillable, placeholders

DEALT = "dealt"  # in what a run saw: whose turn it was


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One run at work on its card."""

    run: WorkflowRun
    automation: Automation
    deal: Deal
    account: Account
    now: datetime

    @property
    def origin(self) -> Origin:
        """Who makes the changes: the automation, by this run."""
        return Origin.automation(run_id=self.run.pk, label=self.automation.description)

    def value(self, name: str) -> str:
        """A parameter as text."""
        return str(self.automation.parameters.get(name, ""))

    def text(self, name: str) -> str:
        """A parameter with the card's values in its {placeholders}."""
        return placeholders.filled(self.value(name), deal=self.deal, account=self.account)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done: a message id, filled by what it saw."""

    words: str
    saw: Mapping[str, Any]


def do(doing: Doing) -> Done:
    """Does the automation's action; raises NotAllowed with the words of what forbids it."""
    return _DOERS[doing.automation.action](doing)


def _move(doing: Doing) -> Done:
    stage = (
        Stage.objects.of(doing.account).select_related("funnel").filter(pk=doing.value("stage") or 0).first()
    )
    if stage is None:
        raise NotAllowed(_("The stage that the card is to be moved to does not exist any more."))
    services.move_deal(deal=doing.deal, stage=stage, origin=doing.origin)
    return Done(
        words=gettext_noop("Moved to “%(stage)s”."), saw={"stage": f"{stage.funnel.name} · {stage.name}"}
    )


def _change_owner(doing: Doing) -> Done:
    user = _one(doing, "owner")
    services.update_deal(deal=doing.deal, origin=doing.origin, owner=user)
    return Done(words=gettext_noop("The owner is %(user)s."), saw={"user": str(user), DEALT: user.pk})


def _create_task(doing: Doing) -> Done:
    user = _one(doing, "assignee")
    zone = ZoneInfo(doing.account.time_zone)
    day = doing.now.astimezone(zone).date() + timedelta(days=int(doing.value("days") or 0))
    task = services.create_task(
        account=doing.account,
        title=doing.text("title"),
        text=doing.text("text"),
        deal=doing.deal,
        person=doing.deal.person,
        assignee=user,
        due_at=datetime.combine(day, time(23, 59), tzinfo=zone),
        origin=doing.origin,
        source=task_source(doing.run),
    )
    return Done(
        words=gettext_noop("Created the task “%(task)s” for %(user)s."),
        saw={"task": task.title, "user": str(user), DEALT: user.pk},
    )


def task_source(run: WorkflowRun) -> str:
    """What a task that this run creates is known by."""
    return f"workflow:{run.pk}"


def _remind(doing: Doing) -> Done:
    users = _several(doing, "to")
    told = notices.tell(
        account=doing.account,
        kind="task",
        words=gettext_noop("%(card)s: %(text)s"),
        values={"card": doing.deal.title, "text": doing.text("text")},
        link=f"/deals/{doing.deal.pk}/",
        source=f"workflow:run:{doing.run.pk}",
        to=users,
        now=doing.now,
    )
    names = ", ".join(str(user) for user in users[:5])
    return Done(words=gettext_noop("Reminded %(users)s."), saw={"users": names, "told": told})


def _fill_field(doing: Doing) -> Done:
    key = doing.value("field")
    field = checking.Book(doing.account).field(key)
    if field is None:
        raise NotAllowed(_("The field that was to be filled in does not exist any more."))
    text = doing.value("value")
    if field.takes_placeholders and placeholders.has_any(text):
        text = doing.text("value").strip()
    try:
        text = field.read(doing.account, text)
    except fillable.Unreadable as unreadable:
        raise NotAllowed(f"{field.label}: {unreadable.words}") from unreadable
    fillable.fill(deal=doing.deal, field=field, text=text, origin=doing.origin)
    shown = dict(field.choices).get(text, text)
    return Done(
        words=gettext_noop("Filled in “%(field)s” with “%(text)s”."),
        saw={"field": f"{field.group} · {field.label}", "text": shown[:250]},
    )


_DOERS: Mapping[str, Callable[[Doing], Done]] = {
    "crm.move": _move,
    "crm.change_owner": _change_owner,
    "crm.create_task": _create_task,
    "crm.remind": _remind,
    "crm.fill_field": _fill_field,
}


def _one(doing: Doing, name: str) -> User:
    """The user that the parameter names; a team's members take turns."""
    kind, _colon, number = doing.value(name).partition(":")
    if kind == "team":
        return _turn(doing, int(number))
    if kind == "owner":
        if doing.deal.owner is None:
            raise NotAllowed(_("The card has no owner."))
        return doing.deal.owner
    user = queries.members(doing.account).filter(pk=number or 0).first()
    if user is None:
        raise NotAllowed(_("The person that the automation names is not an active member any more."))
    return user


def _several(doing: Doing, name: str) -> list[User]:
    """Everybody that the parameter names."""
    kind, _colon, number = doing.value(name).partition(":")
    if kind == "administrators":
        return list(administrators(doing.account))
    if kind == "team":
        return _team(doing.account, int(number))
    return [_one(doing, name)]


def administrators(account: Account) -> list[User]:
    """The account's active administrators."""
    rows = Membership.objects.of(account).filter(
        is_active=True, user__is_active=True, profile__is_administrator=True
    )
    return [row.user for row in rows.select_related("user").order_by("user_id")]


def _team(account: Account, team_id: int) -> list[User]:
    """The team's active members in a fixed order, the team locked so that two runs take two turns."""
    team = Team.objects.of(account).select_for_update().filter(pk=team_id).first()
    if team is None:
        raise NotAllowed(_("The team that the automation names does not exist any more."))
    users = list(queries.members(account).filter(memberships__teams__team=team).distinct().order_by("pk"))
    if not users:
        raise NotAllowed(_("The team “%(team)s” has no active members.") % {"team": team.name})
    return users


def _turn(doing: Doing, team_id: int) -> User:
    """Whose turn it is: the one after the last whom this automation dealt a card to."""
    users = _team(doing.account, team_id)
    last = (
        WorkflowRun.objects.of(doing.account)
        .filter(automation=doing.automation, state=WorkflowRun.State.DONE)
        .exclude(pk=doing.run.pk)
        .order_by("-done_at", "-id")
        .values_list("tried", flat=True)
        .first()
    )
    before = next((rule["saw"][DEALT] for rule in last or () if DEALT in rule["saw"]), 0)
    return next((user for user in users if user.pk > before), users[0])
