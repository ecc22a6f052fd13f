"""Where rows lie that tell of a person: by her id, by her cards and leads, or by her words (X8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Q

from funnels.models import Change, InteractionRecord, Task
from integrations.models import Arrival, Exchange, OutgoingEvent
from integrations.privacy.known import Known, Rows, mentions
from integrations.privacy.raw import Raw


def on_her_cards(model: Any, known: Known) -> Rows:
    """Hers, and what names nobody on her cards."""
    return known.of_account(model).filter(Q(person=known.person) | Q(person=None, deal__in=known.deals))


def journal(known: Known, _raw: Raw) -> Rows:
    """Lines of herself, of her records and of her tasks; those of her cards are rewritten with the cards."""
    ids = {
        model: list(model.unscoped.filter(person=known.person).values_list("pk", flat=True))
        for model in (InteractionRecord, Task)
    }
    hers = Q(entity="person", entity_id=known.person.pk)
    hers |= Q(entity="interactionrecord", entity_id__in=ids[InteractionRecord])
    hers |= Q(entity="task", entity_id__in=ids[Task])
    return known.of_account(Change).filter(hers)


def received(known: Known, raw: Raw) -> Rows:
    """News of her leads, and what was found by reading."""
    ids = known.their_ids
    of_lead = Q(kind="lead", their_id__in=ids) | Q(record__about__lead__in=ids)
    return known.of_account(Arrival).filter(of_lead | Q(pk__in=raw.arrivals))


def told(known: Known, _raw: Raw) -> Rows:
    """Events that integrators are sent: of her and her leads, of her cards, and what else names her."""
    ids = {
        "person": [known.person.pk],
        "lead": known.leads,
        "deal": known.deals,
        "task": on_her_cards(Task, known).values_list("pk", flat=True),
        "interaction_record": on_her_cards(InteractionRecord, known).values_list("pk", flat=True),
    }
    hers = mentions(replace(known.words, names=()), "data")
    for entity, each in ids.items():
        hers |= Q(kind__startswith=f"{entity}.", data__object__id__in=[str(id) for id in each])
    return known.of_account(OutgoingEvent).filter(hers)


def exchanges(known: Known, _raw: Raw) -> Rows:
    """Requests of her leads, and what else quotes her."""
    quoted = mentions(known.words, "url", "request_body", "response_body", "error")
    return known.of_account(Exchange).filter(Q(action__lead__in=known.leads) | quoted)


def quoting(model: Any, *columns: str) -> Callable[[Known, Raw], Rows]:
    """The account's rows whose columns hold a word that names her alone."""
    return lambda known, _raw: known.of_account(model).filter(mentions(known.words, *columns))


def on_cards(model: Any) -> Callable[[Known, Raw], Rows]:
    """Rows of her cards."""
    return lambda known, _raw: model.unscoped.filter(deal__in=known.deals)
