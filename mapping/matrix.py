"""Which types of a partner's fields may stand beside which of ours (M13), as its declaration says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from django.db import transaction

from mapping.models import FieldMap, TypePair

logger = logging.getLogger(__name__)

Labels = Callable[[str], Mapping[str, object]]
"""A partner's slug → its types by slug → their labels."""

_sources: list[Labels] = []


def pair_id(partner: str, ours: str, theirs: str) -> str:
    """The line's primary key, which the database compares with an association's own types."""
    return f"{partner}:{ours}:{theirs}"


def declare(partner: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Writes a partner's matrix exactly as declared: (our type, their type); declared twice is the same.

    A line that vanished goes, but for one that an association still uses: that one stays and is logged.
    """
    wanted = {pair_id(partner, ours, theirs): (ours, theirs) for ours, theirs in pairs}
    with transaction.atomic():
        known = set(TypePair.objects.filter(partner=partner).values_list("pk", flat=True))
        TypePair.objects.bulk_create(
            [
                TypePair(id=id, partner=partner, ours=ours, theirs=theirs)
                for id, (ours, theirs) in wanted.items()
                if id not in known
            ],
            ignore_conflicts=True,
        )
        vanished = known - set(wanted)
        used = set(FieldMap.unscoped.filter(pair_id__in=vanished).values_list("pair_id", flat=True))
        TypePair.objects.filter(pk__in=vanished - used).delete()
    for id in sorted(used):
        logger.warning("matrix: %s is no longer declared and stays, because associated fields use it", id)


def pairs_of(partner: str) -> set[tuple[str, str]]:
    """Every permitted (our type, their type) of a partner, in one query."""
    return set(TypePair.objects.filter(partner=partner).values_list("ours", "theirs"))


def compatible(partner: str, our_type: str) -> set[str]:
    """Their types that may stand beside this type of ours; none for one that is not supported."""
    rows = TypePair.objects.filter(partner=partner, ours=our_type)
    return set(rows.values_list("theirs", flat=True))


def compatible_ours(partner: str, their_type: str) -> set[str]:
    """Our types that may stand beside this type of theirs."""
    rows = TypePair.objects.filter(partner=partner, theirs=their_type)
    return set(rows.values_list("ours", flat=True))


def labelled_by(source: Labels) -> None:
    """Where the labels of their types come from; called once by each room above that knows some."""
    if source not in _sources:
        _sources.append(source)


def label_of(partner: str, their_type: str) -> str:
    """Their type in words, or its slug where nobody above knows it."""
    for source in _sources:
        label = source(partner).get(their_type)
        if label is not None:
            return str(label)
    return their_type
