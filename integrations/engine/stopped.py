"""Associations that stand still because their field over there is gone: administrators are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext_noop as _

from accounts import notices
from integrations import contract
from integrations.engine.following import followings
from integrations.models import Connection

STOPPED = _(
    "The field “%(field)s” of %(partner)s is gone or has another type: its association stands still, "
    "the others go on."
)


@contextmanager
def telling(connection: Connection, kind: str, *, now: datetime) -> Iterator[None]:
    """Tells of each association that was alive before the block and is not behind it (M14, pain 13).

    `kind` is the list that the block reads anew; only the one that holds the fields stops any.
    """
    partner = contract.partner(connection.partner)
    watched = partner.mappable is not None and partner.mappable.catalog == kind
    before = followings(connection) if watched else []
    yield
    alive = {pair.map.pk for pair in followings(connection)} if before else set()
    for pair in before:
        if pair.map.pk not in alive:
            notices.tell(
                account=connection.account,
                kind="connection",
                words=STOPPED,
                values={
                    "field": pair.map.their_name or pair.map.their_key,
                    "partner": str(partner.label),
                },
                link=f"/integrations/{partner.slug}/",
                source=f"field:{pair.map.pk}",
                now=now,
            )
