"""Meetime's part of the configuration file: funnels, profile, stage of won leads, win actions (X6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.origin import Origin
from funnels.models import Funnel
from integrations.contract.configuration import ConfigurationPart, Row, Rows, Setting
from integrations.models import Connection
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import WinAction

COLUMNS = (
    Setting(name="funnel", ref="funnel", required=True),
    Setting(name="cadence", ref="catalog", catalog=setup.CADENCES, required=True),
    Setting(name="action", ref="word", choices=WinAction.Action.values, required=True),
    Setting(name="stage", ref="stage"),
)


def read(connection: Connection) -> Mapping[str, Any]:
    """As SETTINGS names them."""
    chosen = setup.allowed_funnel_ids(connection=connection)
    return {
        "funnels": list(Funnel.objects.of(connection.account_id).filter(pk__in=chosen)),
        "default_profile": setup.default_profile(connection=connection),
        "won_stage": setup.won_stage(connection=connection),
    }


def write(connection: Connection, values: Mapping[str, Any], origin: Origin) -> None:
    """Only what is given and chosen."""
    if "funnels" in values:
        setup.allow_funnels(connection=connection, funnels=values["funnels"], origin=origin)
    if values.get("default_profile"):
        setup.set_default_profile(connection=connection, profile=values["default_profile"], origin=origin)
    if values.get("won_stage"):
        setup.set_won_stage(connection=connection, stage=values["won_stage"], origin=origin)


def win_actions(connection: Connection) -> Sequence[Row]:
    """In a lasting order."""
    rows = WinAction.objects.of(connection.account_id).filter(connection=connection)
    return [
        Row(
            handle=row,
            values={
                "funnel": row.funnel,
                "cadence": row.cadence_id,
                "action": row.action,
                "stage": row.stage,
            },
        )
        for row in rows.select_related("funnel", "stage__funnel").order_by("funnel__position", "funnel", "pk")
    ]


def set_win_action(
    connection: Connection, row: WinAction | None, values: Mapping[str, Any], origin: Origin
) -> None:
    """A win action, new or changed (M8)."""
    setup.set_win_action(
        connection=connection,
        funnel=values["funnel"],
        cadence_id=values["cadence"],
        action=values["action"],
        stage=values.get("stage"),
        origin=origin,
        win_action=row,
    )


def remove_win_action(row: WinAction, origin: Origin) -> None:
    """Leads won in that cadence keep their stage (M8)."""
    setup.remove_win_action(win_action=row, origin=origin)


PART = ConfigurationPart(
    settings=(
        Setting(name="funnels", ref="funnels"),
        Setting(name="default_profile", ref="profile"),
        Setting(name="won_stage", ref="stage"),
    ),
    read=read,
    write=write,
    rows=(
        Rows(
            name="win_actions",
            columns=COLUMNS,
            once=("funnel", "cadence"),
            read=win_actions,
            write=set_win_action,
            remove=remove_win_action,
        ),
    ),
)
