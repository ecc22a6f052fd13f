"""The only writers of Meetime's settings: allowed funnels, win actions, the default profile of sellers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Profile
from accounts.origin import Origin
from accounts.services import audit
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from funnels.services.journal import locked, same_account, save
from integrations.models import CatalogItem, CatalogShelf, Connection
from integrations.partners.meetime.models import AllowedFunnel, MeetimeSettings, WinAction

CADENCES = "cadences"


def allowed_funnel_ids(*, connection: Connection) -> set[int]:
    """The funnels that may send leads (M7)."""
    return set(AllowedFunnel.unscoped.filter(connection=connection).values_list("funnel_id", flat=True))


def allow_funnels(*, connection: Connection, funnels: Sequence[Funnel], origin: Origin) -> None:
    """Makes these the allowed funnels, no others; nothing is sent by it (M7), removed ones stop (M9).

    Win actions of a removed funnel stay: leads already sent go on to their end.
    """
    same_account(connection.account_id, *funnels)
    wanted = {funnel.pk for funnel in funnels}
    with transaction.atomic():
        row = locked(connection)
        have = allowed_funnel_ids(connection=connection)
        AllowedFunnel.unscoped.filter(connection=connection, funnel_id__in=have - wanted).delete()
        AllowedFunnel.unscoped.bulk_create(
            AllowedFunnel(account_id=connection.account_id, connection=connection, funnel_id=funnel_id)
            for funnel_id in sorted(wanted - have)
        )
        if wanted != have:
            # What is allowed is what Meetime lists (M36, M41): it is told anew.
            CatalogShelf.unscoped.filter(connection=connection, kind="funnels").update(
                wanted_at=timezone.now()
            )
            save(row, [])
            _audit(connection, "meetime.funnels", origin, {"before": sorted(have), "after": sorted(wanted)})


def free_cadences(
    *, connection: Connection, funnel: Funnel | None, keep: WinAction | None = None
) -> list[CatalogItem]:
    """Cadences that have no win action in this funnel yet, by name; `keep`'s own stays in the list (M8)."""
    if funnel is None:
        return []
    taken = WinAction.unscoped.filter(connection=connection, funnel=funnel)
    if keep is not None:
        taken = taken.exclude(pk=keep.pk)
    return list(
        CatalogItem.unscoped.filter(connection=connection, kind=CADENCES, gone_at=None)
        .exclude(their_id__in=taken.values("cadence_id"))
        .order_by("name", "id")
    )


def set_win_action(
    *,
    connection: Connection,
    funnel: Funnel,
    cadence_id: str,
    action: str,
    stage: Stage | None,
    origin: Origin,
    win_action: WinAction | None = None,
) -> WinAction:
    """A win action of (funnel, cadence), new or `win_action` changed; raises NotAllowed with words (M8)."""
    same_account(connection.account_id, funnel, stage, win_action)
    with transaction.atomic():
        row = (
            locked(win_action)
            if win_action
            else WinAction(account_id=connection.account_id, connection=connection)
        )
        _check_pair(connection, row, funnel, cadence_id)
        _check_action(funnel, action, stage)
        row.funnel, row.cadence_id, row.action = funnel, cadence_id, action
        row.stage = stage if action == WinAction.Action.MOVE else None
        _save_once(row)
        data = {"funnel": funnel.pk, "cadence": cadence_id, "action": action, "stage": row.stage_id}
        _audit(connection, "meetime.win_action.set", origin, data)
    return row


def remove_win_action(*, win_action: WinAction, origin: Origin) -> None:
    """Takes a win action away: leads won in that cadence keep their stage (M8)."""
    with transaction.atomic():
        data = {"funnel": win_action.funnel_id, "cadence": win_action.cadence_id}
        _audit(win_action.connection, "meetime.win_action.remove", origin, data)
        win_action.delete()


def default_profile(*, connection: Connection) -> Profile | None:
    """The profile that new users from Meetime get, or None while it is not chosen (M21)."""
    row = MeetimeSettings.unscoped.select_related("default_profile").filter(connection=connection).first()
    return row.default_profile if row else None


def set_default_profile(*, connection: Connection, profile: Profile, origin: Origin) -> None:
    """The profile of users created from Meetime's from now on; NotAllowed for administrators' (M21)."""
    same_account(connection.account_id, profile)
    if profile.is_administrator:
        words = _("Users that come from a partner never become administrators. Choose another profile.")
        raise NotAllowed(words)
    with transaction.atomic():
        row, _created = MeetimeSettings.unscoped.get_or_create(
            connection=connection, defaults={"account_id": connection.account_id}
        )
        if row.default_profile_id != profile.pk:
            before, row.default_profile = row.default_profile_id, profile
            save(row, ["default_profile"])
            save(locked(connection), [])
            _audit(connection, "meetime.profile", origin, {"before": before, "after": profile.pk})


def won_stage(*, connection: Connection) -> Stage | None:
    """Where deals of won leads arrive in the flow that only receives (M45), None while it is not chosen."""
    rows = MeetimeSettings.unscoped.select_related("won_stage__funnel").filter(connection=connection)
    row = rows.first()
    return row.won_stage if row else None


def set_won_stage(*, connection: Connection, stage: Stage, origin: Origin) -> None:
    """The funnel and the stage of deals made from won leads from now on (M45)."""
    same_account(connection.account_id, stage)
    with transaction.atomic():
        row, _created = MeetimeSettings.unscoped.get_or_create(
            connection=connection, defaults={"account_id": connection.account_id}
        )
        if row.won_stage_id != stage.pk:
            before, row.won_stage = row.won_stage_id, stage
            save(row, ["won_stage"])
            save(locked(connection), [])
            _audit(connection, "meetime.won_stage", origin, {"before": before, "after": stage.pk})


def _check_pair(connection: Connection, row: WinAction, funnel: Funnel, cadence_id: str) -> None:
    if funnel.pk != row.funnel_id and funnel.pk not in allowed_funnel_ids(connection=connection):
        raise NotAllowed(_("Allow the funnel “%(funnel)s” to send leads first.") % {"funnel": funnel.name})
    known = CatalogItem.unscoped.filter(
        connection=connection, kind=CADENCES, their_id=cadence_id, gone_at=None
    ).exists()
    if not known and cadence_id != row.cadence_id:
        raise NotAllowed(_("Choose a cadence from the list: this one does not exist at Meetime any more."))


def _check_action(funnel: Funnel, action: str, stage: Stage | None) -> None:
    if action not in WinAction.Action.values:
        raise NotAllowed(_("Choose what happens to the deal when the lead is won."))
    if action == WinAction.Action.MOVE and stage is None:
        raise NotAllowed(_("Choose the stage that the deal moves to."))
    if action == WinAction.Action.MOVE and stage is not None and stage.funnel_id != funnel.pk:
        raise NotAllowed(
            _("The stage belongs to another funnel. Choose one of “%(funnel)s”.") % {"funnel": funnel}
        )


def _save_once(row: WinAction) -> None:
    try:
        with transaction.atomic():
            if row.pk is None:
                row.save()
            else:
                save(row, ["funnel", "cadence_id", "action", "stage"])
    except IntegrityError as broken:
        raise NotAllowed(
            _("This funnel already has an action for this cadence. Change that one instead.")
        ) from broken


def _audit(connection: Connection, action: str, origin: Origin, data: Mapping[str, Any]) -> None:
    audit(account=connection.account, origin=origin, action=action, subject=str(connection), data=data)
