"""Another account over there: what belongs to the former one sleeps and is never used with the new one."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from integrations.engine.runs import end_run
from integrations.models import (
    CatalogItem,
    CatalogShelf,
    Connection,
    Enrollment,
    LinkedUser,
    OutboxAction,
    PollCursor,
)

WORDS = _("The connection passed to another account over there.")


def set_aside(connection: Connection, *, now: datetime) -> None:
    """Ends the runs, stops what was to be sent, forgets lists, sellers and cursors; links stay.

    Call it inside the transaction that takes the new account.
    """
    for run in Enrollment.unscoped.filter(connection=connection).exclude(state=Enrollment.State.ENDED):
        end_run(run, when=now, words=WORDS, now=now)
    # What may have happened there is for a person to look at: the new account cannot be asked.
    OutboxAction.unscoped.filter(connection=connection, state=OutboxAction.State.UNSURE).become(
        OutboxAction.State.PERSON, reason=WORDS, due_at=None
    )
    for model in (CatalogItem, CatalogShelf, LinkedUser, PollCursor):
        model.unscoped.filter(connection=connection).delete()
