"""Deals: created, edited, moved, won, lost, reopened, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.origin import Origin
from funnels.fields import search_key
from funnels.models import (
    Change,
    Company,
    Deal,
    LossReason,
    Person,
    RelatedContact,
    Stage,
)
from funnels.services.checklist import refuse_pending, refuse_unfilled
from funnels.services.journal import (
    NotAllowed,
    assign,
    locked,
    merge_custom,
    note,
    refuse_other_names,
    refuse_system_fields,
    same_account,
    same_member,
    save,
    tell,
)
from funnels.services.numbering import take_number
from funnels.services.products import Line, as_journal, refuse_lines, write_lines

EDITABLE = frozenset(
    {"title", "amount", "owner", "person", "company", "custom"}
)  # the rest has its own verbs


def create_deal(
    *,
    account: Account,
    title: str,
    stage: Stage,
    origin: Origin,
    person: Person | None = None,
    company: Company | None = None,
    related: Sequence[Person] = (),
    owner: User | None = None,
    amount: Decimal | None = None,
    custom: Mapping[str, str] | None = None,
    products: Sequence[Line] = (),
) -> Deal:
    """A new open card in a stage; its number is the account's next.

    Raises NotAllowed for rows of another account, for an owner who is not an active member, and for
    products that no card can have (set_deal_products); ChecklistPending where stages before this one ask
    for fields that are not given (S8). A partner's card is never refused: who makes it looks where it may
    stand (`earliest`).
    """
    same_account(account.pk, stage, person, company, *related)
    same_member(account.pk, owner)
    refuse_lines(account.pk, products)
    with transaction.atomic():
        refuse_system_fields(account.pk, Deal, custom or {}, origin)
        deal = Deal.unscoped.create(
            account=account,
            number=take_number(account),
            title=title.strip(),
            title_key=search_key(title),
            funnel_id=stage.funnel_id,
            stage=stage,
            entered_stage_at=timezone.now(),
            person=person,
            company=company,
            owner=owner,
            amount=amount,
            custom=dict(custom or {}),
        )
        _write_related(deal, related)
        fields = {
            "stage": [None, stage.pk],
            "funnel": [None, stage.funnel_id],
            "title": [None, deal.title],
            "related": [[], [contact.pk for contact in related]],
        }
        if products:
            write_lines(deal, products)
            fields["products"] = [[], [as_journal(line) for line in products]]
        if origin.kind != "connection":
            refuse_unfilled(deal)
        tell(
            [note(row=deal, kind=Change.Kind.CREATED, fields=fields, origin=origin, deal=deal)], origin=origin
        )
    return deal


def update_deal(*, deal: Deal, origin: Origin, version: int | None = None, **values: Any) -> Deal:
    """Changes title, amount, owner, person, company or custom (merged key by key); TypeError for others.

    Raises NotAllowed for a field that only integrations write and for a new owner who is not an active
    member, SomeoneElseChangedThis for an old version.
    """
    refuse_other_names(values, EDITABLE)
    with transaction.atomic():
        row = locked(deal, version=version)
        same_account(row.account_id, values.get("person"), values.get("company"))
        owner = values.get("owner")
        if owner is not None and owner.pk != row.owner_id:  # an owner who has left may stay
            same_member(row.account_id, owner)
        if "custom" in values:
            values["custom"] = merge_custom(row, values["custom"], origin)
        if "title" in values:
            values["title"] = values["title"].strip()
            row.title_key = search_key(values["title"])
        differences = assign(row, values)
        if differences:
            save(row, [*differences, "title_key"])
            _tell(row, Change.Kind.UPDATED, differences, origin)
    return row


def set_system_fields(*, deal: Deal, values: Mapping[str, str], once: set[str], origin: Origin) -> Deal:
    """Writes custom fields that integrations own; those in `once` only while they are blank (M17, M19)."""
    with transaction.atomic():
        row = locked(deal)
        written = {
            key: value
            for key, value in values.items()
            if row.custom.get(key, "") != value and not (key in once and row.custom.get(key))
        }
        if written:
            differences = assign(row, {"custom": {**row.custom, **written}})
            save(row, ["custom"])
            _tell(row, Change.Kind.UPDATED, differences, origin)
    return row


def set_related_contacts(
    *, deal: Deal, persons: Sequence[Person], origin: Origin, version: int | None = None
) -> Deal:
    """Replaces the related contacts; the main contact and repeats are left out."""
    with transaction.atomic():
        row = locked(deal, version=version)
        same_account(row.account_id, *persons)
        before = list(row.related_contacts.order_by("id").values_list("person_id", flat=True))
        wanted = list(dict.fromkeys(p.pk for p in persons if p.pk != row.person_id))
        if set(before) != set(wanted):
            row.related_contacts.exclude(person_id__in=wanted).delete()
            _write_related(row, [p for p in persons if p.pk in wanted and p.pk not in before])
            save(row, [])
            _tell(row, Change.Kind.UPDATED, {"related": [before, wanted]}, origin)
    return row


def move_deal(*, deal: Deal, stage: Stage, origin: Origin, version: int | None = None) -> Deal:
    """Moves an open card to a stage; what is pending on the way raises ChecklistPending (S8)."""
    with transaction.atomic():
        row = locked(deal, version=version)
        same_account(row.account_id, stage)
        if row.stage_id == stage.pk:
            return row
        if row.status != Deal.Status.OPEN:
            raise NotAllowed(_("Reopen the card before moving it."))
        if _is_forward(row, stage):
            refuse_pending(row, to=stage)
        differences = assign(
            row, {"stage": stage, "funnel": stage.funnel, "entered_stage_at": timezone.now()}
        )
        save(row, list(differences))
        _tell(row, Change.Kind.MOVED, differences, origin)
    return row


def win_deal(*, deal: Deal, origin: Origin, version: int | None = None) -> Deal:
    """open → won; won already is left as it is; a pending mandatory checklist raises ChecklistPending."""
    with transaction.atomic():
        row = locked(deal, version=version)
        if row.status == Deal.Status.WON:
            return row
        if row.status == Deal.Status.LOST:
            raise NotAllowed(_("Reopen the card before winning it."))
        refuse_pending(row)
        row.win()
        _close(row, Change.Kind.WON, {"status": [Deal.Status.OPEN.value, row.status]}, origin)
    return row


def lose_deal(
    *,
    deal: Deal,
    origin: Origin,
    reason: LossReason | None = None,
    note_text: str = "",
    version: int | None = None,
) -> Deal:
    """open → lost with a reason of the deal's own funnel; lost already is left as it is."""
    with transaction.atomic():
        row = locked(deal, version=version)
        if row.status == Deal.Status.LOST:
            return row
        if row.status == Deal.Status.WON:
            raise NotAllowed(_("Reopen the card before losing it."))
        if reason is not None and (reason.funnel_id != row.funnel_id or reason.deleted_at is not None):
            raise NotAllowed(_("Choose a loss reason of this card's funnel."))
        row.lose()
        fields = {
            "status": [Deal.Status.OPEN.value, row.status],
            **assign(row, {"loss_reason": reason, "loss_note": note_text[:500]}),
        }
        _close(row, Change.Kind.LOST, fields, origin)
    return row


def reopen_deal(
    *, deal: Deal, origin: Origin, stage: Stage | None = None, version: int | None = None
) -> Deal:
    """won or lost → open, in its stage or another of the same account."""
    with transaction.atomic():
        row = locked(deal, version=version)
        if row.status == Deal.Status.OPEN:
            return row
        before = row.status
        same_account(row.account_id, stage)
        if stage is not None and _is_forward(row, stage):
            refuse_pending(row, to=stage)  # reopening must not be the way around the checklist (S8)
        row.reopen()
        there = stage or row.stage
        fields = {
            "status": [before, row.status],
            # Also where it stays the same: rules look at the stage that a card is opened in.
            "stage": [row.stage_id, there.pk],
            **assign(row, {"closed_at": None, "loss_reason": None, "loss_note": ""}),
            **assign(row, {"entered_stage_at": timezone.now(), "stage": there, "funnel": there.funnel}),
        }
        save(row, ["status", "closed_at", "loss_reason", "loss_note", "entered_stage_at", "stage", "funnel"])
        _tell(row, Change.Kind.REOPENED, fields, origin)
    return row


def delete_deal(*, deal: Deal, origin: Origin, version: int | None = None) -> None:
    """Takes a card off every list; history stays."""
    with transaction.atomic():
        row = locked(deal, version=version)
        if row.deleted_at is None:
            differences = assign(row, {"deleted_at": timezone.now()})
            save(row, list(differences))
            _tell(row, Change.Kind.DELETED, differences, origin)


def _is_forward(row: Deal, stage: Stage) -> bool:
    """Whether the way there leads past the deal's stage; stages of one position go by their ids."""
    if stage.funnel_id != row.funnel_id:
        return True
    return (stage.position, stage.pk) > (row.stage.position, row.stage_id)


def _close(row: Deal, kind: str, fields: dict[str, list[Any]], origin: Origin) -> None:
    differences = {**fields, **assign(row, {"closed_at": timezone.now()})}
    save(row, ["status", "closed_at", "loss_reason", "loss_note"])
    _tell(row, kind, differences, origin)


def _tell(row: Deal, kind: str, fields: Mapping[str, Any], origin: Origin) -> None:
    tell([note(row=row, kind=kind, fields=fields, origin=origin, deal=row)], origin=origin)


def _write_related(deal: Deal, persons: Sequence[Person]) -> None:
    RelatedContact.unscoped.bulk_create(
        RelatedContact(account_id=deal.account_id, deal=deal, person=person)
        for person in {p.pk: p for p in persons if p.pk != deal.person_id}.values()
    )
