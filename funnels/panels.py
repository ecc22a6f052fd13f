"""The places of cards, persons and boards that other apps fill: panels, timeline entries and badges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.models import Account
from funnels.models import Deal, Person


@dataclass(frozen=True, kw_only=True)
class CardPanel:
    """A section of the card page; its template gets `context` as `panel`, an empty one hides it."""

    name: str  # unique; becomes the section's id, "panel-<name>"
    title: str  # may be lazy
    template: str
    context: Callable[[HttpRequest, Deal], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class PersonPanel:
    """A section of a person's page, made like a CardPanel."""

    name: str
    title: str  # may be lazy
    template: str
    context: Callable[[HttpRequest, Person], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of a card's stream; `icon` is a Material Symbols name, `tone` ok · warn · danger or blank."""

    at: datetime
    icon: str
    title: str
    text: str = ""
    author: str = ""
    tone: str = ""
    url: str = ""
    record: Any = None  # the interaction record, which people check in on


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A small mark on a card of the board; `title` is the sentence behind it."""

    text: str
    tone: str = ""
    icon: str = ""
    title: str = ""


# Filled in AppConfig.ready of the apps above; funnels itself never asks who they are.
card_panels: list[CardPanel] = []
person_panels: list[PersonPanel] = []
# (deal, how many at most) → its newest entries, newest first.
timeline_sources: list[Callable[[Deal, int], Sequence[TimelineEntry]]] = []
# (account, deal ids) → deal id → badges, with one query however many ids.
board_badges: list[Callable[[Account, list[int]], Mapping[int, Sequence[Badge]]]] = []


def badges_for(account: Account, deal_ids: list[int]) -> dict[int, list[Badge]]:
    """All badges of these deals, in the order in which the sources registered."""
    found: dict[int, list[Badge]] = {}
    if not deal_ids:
        return found
    for source in board_badges:
        for deal_id, badges in source(account, deal_ids).items():
            found.setdefault(deal_id, []).extend(badges)
    return found
