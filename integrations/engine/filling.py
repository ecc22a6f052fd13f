"""Back-fill of a newly associated field: what it would do, asked for, and how far it is (M14, X14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from accounts.origin import Origin
from accounts.services import audit
from funnels.models import Deal, Person
from funnels.services.journal import locked, save
from integrations.engine import clock, listen, situation
from integrations.engine.following import Following, followings, say
from integrations.engine.names import AccountNames
from integrations.models import Connection, Enrollment, Lead
from mapping.models import FieldMap, Link

SAME, HERE, THERE, APART, UNREADABLE = "same", "here", "there", "apart", "unreadable"
AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class FillRow:
    """One lead of a running card; `what`: same · here (is blank here) · there · apart · unreadable."""

    deal_id: int
    deal: str
    lead: str
    ours: str
    theirs: str
    what: str


@dataclass(frozen=True, kw_only=True)
class FillPreview:
    """How many leads are in prospection, what the field holds on both sides, and the first rows."""

    total: int
    same: int
    there: int
    here: int
    apart: int
    unreadable: int
    rows: Sequence[FillRow]


def running_leads(connection: Connection) -> QuerySet[Lead]:
    """The open leads of running cards: those whose fields follow."""
    return (
        Lead.unscoped.filter(
            enrollment__connection=connection,
            enrollment__state=Enrollment.State.ACTIVE,
            state__in=[state for state in Lead.OPEN if state != Lead.State.NEW],
        )
        .select_related("person", "company", "enrollment__deal__company")
        .order_by("pk")
    )


def preview(*, connection: Connection, field_map: FieldMap, most: int = 50) -> FillPreview:
    """What both sides hold of this field, lead by lead; writes nothing."""
    pair = next((each for each in followings(connection) if each.map.pk == field_map.pk), None)
    counts = dict.fromkeys((SAME, HERE, THERE, APART, UNREADABLE), 0)
    rows: list[FillRow] = []
    leads = list(running_leads(connection)) if pair is not None else []
    faces = dict(
        Link.unscoped.filter(
            counterpart=connection.counterpart_id,
            kind="lead",
            entity="lead",
            our_id__in=[x.pk for x in leads],
        ).values_list("our_id", "theirs")
    )
    names = AccountNames(connection.account_id)
    for lead in leads:
        assert pair is not None
        theirs = str(faces.get(lead.pk, {}).get(pair.key) or "")
        row = _row(pair, lead, theirs, names)
        counts[row.what] += 1
        if len(rows) < most and row.what != SAME:
            rows.append(row)
    return FillPreview(
        total=len(leads),
        same=counts[SAME],
        there=counts[THERE],
        here=counts[HERE],
        apart=counts[APART],
        unreadable=counts[UNREADABLE],
        rows=rows,
    )


def ask(*, connection: Connection, field_map: FieldMap, fill: str, origin: Origin) -> int:
    """Has every running lead's field filled as chosen; returns how many cards are due for it."""
    if fill not in FieldMap.Fill.values:
        raise ValueError(fill)
    with transaction.atomic():
        row = locked(field_map)
        row.fill, row.fill_asked_at = fill, clock.now()
        save(row, ["fill", "fill_asked_at"])
        audit(
            account=connection.account,
            origin=origin,
            action="mapping.fill",
            subject=str(row),
            data={"fill": fill},
        )
    if not fill:
        return 0
    deals = list(running_leads(connection).order_by().values_list("enrollment__deal", flat=True).distinct())
    for start in range(0, len(deals), AT_ONCE):
        with transaction.atomic():
            part = deals[start : start + AT_ONCE]
            listen.mark(connection=connection, keys={f"deal:{deal}": None for deal in part})
    return len(deals)


def progress(*, connection: Connection, field_map: FieldMap) -> tuple[int, int]:
    """(leads whose field is agreed on, leads in prospection)."""
    ids = list(running_leads(connection).values_list("pk", flat=True))
    done = Link.unscoped.filter(
        counterpart=connection.counterpart_id,
        kind="lead",
        entity="lead",
        our_id__in=ids,
        ours__has_key=field_map.their_key,
    ).count()
    return done, len(ids)


def _row(pair: Following, lead: Lead, theirs: str, names: AccountNames) -> FillRow:
    deal: Deal = lead.enrollment.deal
    person: Person = lead.person
    rows = {"person": person, "company": situation.company_of(lead, deal), "deal": deal}
    said, problems = say([pair], rows=rows, names=names)
    ours = said.get(pair.key, "")
    if problems:
        what = UNREADABLE
    elif ours == theirs:
        what = SAME
    elif not theirs:
        what = THERE
    else:
        what = APART if ours else HERE
    return FillRow(
        deal_id=deal.pk,
        deal=str(deal),
        lead=str(person),
        ours=ours or str(problems.get(pair.key, {}).get("value", "")),
        theirs=theirs,
        what=what,
    )
