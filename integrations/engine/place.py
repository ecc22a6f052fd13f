"""Where effects land, and the line that each may leave on the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

from accounts import nouns
from accounts.origin import Origin
from funnels.models import Deal
from integrations import contract
from integrations.models import Connection, Enrollment, Lane, SyncEvent

COMPLETE = _("Complete what is missing on “%(title)s”")
FINISH = _("Do at the partner what is left to do for “%(title)s”")
LONGEST_TITLE = 200  # Task.title


@dataclass(frozen=True, kw_only=True)
class Place:
    """The connection, the deal, the lane and the run in hand."""

    connection: Connection
    deal: Deal
    lane: Lane
    run: Enrollment | None
    now: datetime

    @property
    def origin(self) -> Origin:
        """Who writes: the connection."""
        return origin_of(self.connection)


def origin_of(connection: Connection) -> Origin:
    """The connection as the hand behind a change."""
    label = str(contract.partner(connection.partner).label)
    return Origin.connection(connection_id=connection.pk, label=label)


def tell(place: Place, words: str, saw: Mapping[str, Any] | None = None, *, severity: str = "info") -> None:
    """A line in the card's timeline."""
    SyncEvent.unscoped.create(
        account_id=place.connection.account_id,
        connection=place.connection,
        deal=place.deal,
        at=place.now,
        words=words,
        saw=dict(saw or {}),
        severity=severity,
    )


def source_of(connection: Connection, name: str) -> str:
    """A record's own name at this counterpart: the same again is the same record."""
    return f"{connection.partner}:{connection.counterpart_id}:{name}"


def title_of(words: str, deal: Deal) -> str:
    """A task's title: what to do, and on which card; in the language of the account's screens by default."""
    with translation.override("pt-br"), nouns.of(deal.account_id):
        return str(translate(words) % {"title": deal})[:LONGEST_TITLE]
