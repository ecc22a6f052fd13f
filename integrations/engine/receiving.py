"""A won lead of the flow that only receives: person and company by M15, its deal made or updated (M45)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

from accounts import nouns
from accounts.models import Membership, User
from accounts.origin import Origin
from funnels import services
from funnels.models import Company, Deal, InteractionRecord, Person, Requirement, Stage
from integrations.contract import Effect, ReceiveDeal
from integrations.engine import adopting, taking
from integrations.engine.following import followings
from integrations.engine.place import COMPLETE, Place, origin_of, source_of, tell, title_of
from integrations.models import Connection, Lane
from mapping.models import Link

RECEIVED = _("%(lead)s was won over there: this card was made.")
HELD_BACK = _("It was to come into “%(stage)s”. This comes first: %(items)s.")
UPDATED = _("%(lead)s was won over there again: this card was updated.")


@dataclass(frozen=True, kw_only=True)
class Reception:
    """Where news of no card land: the connection and the lane, no deal yet."""

    connection: Connection
    lane: Lane
    now: datetime

    @property
    def origin(self) -> Origin:
        """Who writes: the connection."""
        return origin_of(self.connection)


def receive_all(effects: Sequence[Effect], place: Reception) -> None:
    """Each received deal; other effects need a card and are of no use here."""
    for effect in effects:
        if isinstance(effect, ReceiveDeal):
            receive(effect, place)


def receive(effect: ReceiveDeal, place: Reception) -> None:
    """One deal a win: an open one of the same lead is updated, otherwise a new one is made."""
    account = place.connection.account
    source = source_of(place.connection, f"received:{effect.their_id}:{effect.run}")
    if InteractionRecord.objects.of(account).filter(source=source).exists():
        return
    stage = Stage.objects.of(account).select_related("funnel").get(pk=effect.stage_id)
    company = _company(effect, place)
    person = adopting.person_of(effect.values, account=account, origin=place.origin, company=company)
    open_deal = _open_deal(effect, place)
    lacking: Sequence[str] = ()
    if open_deal is None:
        at, lacking = _stage(effect, place, stage, person=person, company=company)
        deal = _deal(effect, place, at, person=person, company=company)
        _link(effect, deal, place)
    else:
        # A lead that tells no company leaves the deal's own (X14).
        given: dict[str, Any] = {"company": company} if company is not None else {}
        deal = services.update_deal(deal=open_deal, origin=place.origin, person=person, **given)
    there = _there(deal, place)
    _fields(effect, {"person": person, "company": company, "deal": deal}, there)
    tell(there, UPDATED if open_deal else RECEIVED, {"lead": person.name}, severity="success")
    if lacking:
        _held_back(lacking, stage, there)
    services.log_interaction(
        account=account,
        type="simple",
        text=effect.text,
        occurred_at=effect.when,
        origin=place.origin,
        person=person,
        deal=deal,
        author=effect.by,
        source=source,
    )


def _deal(
    effect: ReceiveDeal, place: Reception, stage: Stage, *, person: Person, company: Company | None
) -> Deal:
    return services.create_deal(
        account=place.connection.account,
        title=effect.title,
        stage=stage,
        person=person,
        company=company,
        owner=_owner(effect, place),
        origin=place.origin,
    )


def _there(deal: Deal, place: Reception) -> Place:
    return Place(connection=place.connection, deal=deal, lane=place.lane, run=None, now=place.now)


def _stage(
    effect: ReceiveDeal, place: Reception, wanted: Stage, *, person: Person, company: Company | None
) -> tuple[Stage, Sequence[str]]:
    """Where the card may stand, and the fields it lacks to stand where it was to (S8).

    The card is made with all that the lead tells, looked at and undone: nobody hears of a stage that it
    does not stay in.
    """
    on_the_way = services.before(wanted)
    if not Requirement.unscoped.filter(stage__in=on_the_way, enabled=True).exists():
        return wanted, []
    with transaction.atomic():
        deal = _deal(effect, place, wanted, person=person, company=company)
        _fields(effect, {"person": person, "company": company, "deal": deal}, _there(deal, place))
        seen = Deal.unscoped.select_related("person", "company", "stage").get(pk=deal.pk)
        lacking, at = services.unmet(seen, on_the_way), services.earliest(seen)
        transaction.set_rollback(True)
    return at, lacking


def _held_back(lacking: Sequence[str], wanted: Stage, place: Place) -> None:
    """As M36: told on the card, and a task for its owner, in the language of the account's screens."""
    saw = {"stage": wanted.name, "items": "; ".join(lacking)}
    tell(place, HELD_BACK, saw, severity="warning")
    with translation.override("pt-br"), nouns.of(place.connection.account_id):
        text = translate(HELD_BACK) % saw
    services.create_task(
        account=place.connection.account,
        title=title_of(COMPLETE, place.deal),
        text=text,
        origin=place.origin,
        deal=place.deal,
        assignee=place.deal.owner,
        source=f"{place.connection.pk}:received:{place.deal.pk}",
    )


def _company(effect: ReceiveDeal, place: Reception) -> Company | None:
    """By CNPJ when it is mapped, else by name, case and accents ignored (M15)."""
    name = str(effect.values.get("company") or "").strip()
    document = adopting.document_of(effect.values, place.connection)
    if not name and not document:
        return None
    return services.ensure_company(
        account=place.connection.account, name=name or document, document=document, origin=place.origin
    )


def _owner(effect: ReceiveDeal, place: Reception) -> User | None:
    members = Membership.objects.of(place.connection.account_id).filter(is_active=True, user__is_active=True)
    member = members.filter(user=effect.owner_id).select_related("user").first() if effect.owner_id else None
    return member.user if member else None


def _open_deal(effect: ReceiveDeal, place: Reception) -> Deal | None:
    ids = Link.unscoped.filter(
        counterpart=place.connection.counterpart_id, kind="lead", entity="deal", their_id=effect.their_id
    ).values_list("our_id", flat=True)
    rows = Deal.unscoped.filter(pk__in=list(ids), status=Deal.Status.OPEN, deleted_at=None)
    return rows.select_related("account").order_by("-pk").first()


def _link(effect: ReceiveDeal, deal: Deal, place: Reception) -> None:
    Link.unscoped.create(
        account_id=place.connection.account_id,
        counterpart=place.connection.counterpart,
        kind="lead",
        entity="deal",
        our_id=deal.pk,
        their_id=effect.their_id,
        theirs=dict(effect.values),
        agreed_at=place.now,
    )


def _fields(effect: ReceiveDeal, rows: dict[str, Person | Company | Deal | None], place: Place) -> None:
    """The mapped values into their rows; a value that does not fit is told on the card (M48)."""
    for pair in followings(place.connection):
        text, row = str(effect.values.get(pair.key) or ""), rows.get(pair.map.entity)
        if text and row is not None:
            rows[pair.map.entity] = taking.put(pair, text, row, place)
