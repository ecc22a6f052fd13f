"""Check-in and check-out on tasks and interaction records, and where clients are (S3, Tarefas)."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.module_settings import settings_of
from accounts.origin import Origin
from funnels.models import Change, CheckIn, Company, InteractionRecord, Person, Task
from funnels.services.journal import NotAllowed, assign, locked, note, same_member, save, tell

EARTH = 6_371_008.8  # metres, the mean radius
FINEST = Decimal("0.000001")  # degrees: about eleven centimetres
Subject = Task | InteractionRecord
Place = tuple[Decimal, Decimal]


def distance(one: Place, other: Place) -> int:
    """Metres between two places in degrees, over the sphere (haversine)."""
    (lat1, lon1), (lat2, lon2) = (
        tuple(math.radians(float(each)) for each in place) for place in (one, other)
    )
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH * math.asin(min(1.0, math.sqrt(half))))


def client_of(subject: Subject) -> Company | Person | None:
    """Whose place counts: the company of the record, its card or its person, else the person."""
    deal = subject.deal
    person = subject.person or (deal.person if deal else None)
    company = getattr(subject, "company", None) or (deal.company if deal else None)
    found = [company or (person.company if person else None), person]
    living = [each for each in found if each is not None and each.deleted_at is None]
    # Where only the person's place is known, it is the client's.
    return next((each for each in living if place_of(each) is not None), living[0] if living else None)


def place_of(client: Company | Person | None) -> Place | None:
    """Latitude and longitude, where they are known."""
    if client is None or client.latitude is None or client.longitude is None:
        return None
    return client.latitude, client.longitude


def check_in(
    *,
    subject: Subject,
    kind: str,
    user: User,
    latitude: Decimal,
    longitude: Decimal,
    origin: Origin,
    now: datetime,
    accuracy: int | None = None,
    use_as_place: bool = False,
) -> CheckIn:
    """Keeps that `user` arrived or left there, with the distance to the client, marked beyond the radius.

    `use_as_place`: a client whose place is unknown has it here from now on. Raises NotAllowed while the
    setting is off, for a second one of its kind, a check-out without check-in, a place that is none, and for
    somebody who is no member (S3, Tarefas).
    """
    settings = settings_of(subject.account_id)["tasks"]
    if not settings["check_out"]:
        raise NotAllowed(_("Check-in and check-out are off in this account: see the module “Tasks”."))
    same_member(subject.account_id, user)
    here = (_degrees(latitude, most=90), _degrees(longitude, most=180))
    with transaction.atomic():
        row = locked(subject)
        owner = {"task": row} if isinstance(row, Task) else {"record": row}
        done = set(
            CheckIn.objects.of(row.account_id).filter(**owner, user=user).values_list("kind", flat=True)
        )
        if kind in done:
            raise NotAllowed(_("You did this already: a check-in or check-out is kept once."))
        if kind == CheckIn.Kind.OUT and CheckIn.Kind.IN not in done:
            raise NotAllowed(_("Check in first."))
        client = client_of(row)
        if use_as_place and client is not None and place_of(client) is None:
            set_place(client=client, place=here, origin=origin)
            there: Place | None = here
        else:
            there = place_of(client)
        away = None if there is None else distance(here, there)
        made = CheckIn.unscoped.create(
            account_id=row.account_id,
            **owner,
            kind=kind,
            user=user,
            at=now,
            latitude=here[0],
            longitude=here[1],
            accuracy=accuracy,
            distance=away,
            outside=away is not None and away > settings["radius"],
        )
        save(row, [])
        told = {
            "check_in": [None, {"kind": kind, "user": user.pk, "distance": away, "outside": made.outside}]
        }
        line = note(row=row, kind=Change.Kind.UPDATED, fields=told, origin=origin, deal=row.deal)
        tell([line], origin=origin)
    return made


def set_place(*, client: Company | Person, place: Place | None, origin: Origin) -> None:
    """Where the client is; None forgets it. Earlier check-ins keep their distances."""
    latitude, longitude = place or (None, None)
    with transaction.atomic():
        row = locked(client)
        differences = assign(row, {"latitude": latitude, "longitude": longitude})
        if differences:
            save(row, list(differences))
            tell([note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin)


def _degrees(value: Decimal, *, most: int) -> Decimal:
    if not value.is_finite() or abs(value) > most:
        raise NotAllowed(_("This is not a place on earth: send latitude and longitude in degrees."))
    return value.quantize(FINEST)
