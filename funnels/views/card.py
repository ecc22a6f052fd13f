"""What people do to a card with one press: move, win, lose, tick, add a contact, record or task."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.module_settings import settings_for
from accounts.portal import PortalRequest, origin
from funnels import queries, services
from funnels.forms import LoseForm, RecordForm, RelatedContactForm
from funnels.models import ChecklistItem, Stage
from funnels.task_forms import TaskForm
from funnels.views.answers import act, first_error, number_in, screen, version_of
from funnels.views.choosing import person_of
from funnels.views.deal import deal_of


def _card(deal_id: int, place: str = "") -> str:
    return reverse("portal:deal", args=[deal_id]) + place


@screen("POST", module="deals", permission="records.write")
def move(request: PortalRequest, deal_id: int) -> HttpResponse:
    """To the posted `stage`, which may be of another funnel; `next` = board leads back there."""
    row = deal_of(request, deal_id)
    stage = get_object_or_404(Stage.objects.of(request.account), pk=number_in(request.POST.get("stage", "")))
    board = reverse("portal:board", args=[row.funnel_id])

    def do() -> str:
        services.move_deal(deal=row, stage=stage, origin=origin(request), version=version_of(request))
        return _("“%(card)s” moved to %(stage)s.") % {"card": row.title, "stage": stage.name}

    return act(request, back=board if request.POST.get("next") == "board" else _card(row.pk), do=do)


@screen("POST", module="deals", permission="cards.close")
def win(request: PortalRequest, deal_id: int) -> HttpResponse:
    """open → won."""
    row = deal_of(request, deal_id)

    def do() -> str:
        services.win_deal(deal=row, origin=origin(request), version=version_of(request))
        return _("Card won. Congratulations!")

    return act(request, back=_card(row.pk), do=do)


@screen("POST", module="deals", permission="cards.close")
def lose(request: PortalRequest, deal_id: int) -> HttpResponse:
    """open → lost, with a reason of the funnel and a note."""
    row = deal_of(request, deal_id)
    form = LoseForm(request.POST, deal=row)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        services.lose_deal(
            deal=row,
            reason=form.cleaned_data["reason"],
            note_text=form.cleaned_data["note"],
            origin=origin(request),
            version=version_of(request),
        )
        return _("Card lost.")

    return act(request, back=_card(row.pk), do=do)


@screen("POST", module="deals", permission="cards.close")
def reopen(request: PortalRequest, deal_id: int) -> HttpResponse:
    """won or lost → open again, in its stage."""
    row = deal_of(request, deal_id)

    def do() -> str:
        services.reopen_deal(deal=row, origin=origin(request), version=version_of(request))
        return _("Card reopened.")

    return act(request, back=_card(row.pk), do=do)


@screen("POST", module="deals", permission="records.delete")
def delete(request: PortalRequest, deal_id: int) -> HttpResponse:
    """Takes the card off every list and goes to its board; refused, it stays on the card."""
    row = deal_of(request, deal_id)
    back = {"to": _card(row.pk)}

    def do() -> str:
        services.delete_deal(deal=row, origin=origin(request), version=version_of(request))
        back["to"] = reverse("portal:board", args=[row.funnel_id])
        return _("Card deleted.")

    answer = act(request, back=back["to"], do=do)
    if answer.status_code == 302:
        answer["Location"] = back["to"]
    return answer


@screen("POST", module="deals", permission="records.write")
def checklist(request: PortalRequest, deal_id: int, item_id: int) -> HttpResponse:
    """Ticks (`done`=on) or unticks an item of the card's stage."""
    row = deal_of(request, deal_id)
    item = get_object_or_404(
        ChecklistItem.objects.of(request.account), pk=item_id, stage__funnel=row.funnel_id
    )

    def do() -> str:
        done = request.POST.get("done") == "on"
        services.mark_checklist_item(deal=row, item=item, done=done, origin=origin(request))
        return _("Checklist saved.")

    return act(request, back=_card(row.pk, "#checklist"), do=do)


@screen("POST", module="deals", permission="records.write")
def contact_add(request: PortalRequest, deal_id: int) -> HttpResponse:
    """A related contact, chosen or made anew; those there stay."""
    row = deal_of(request, deal_id)
    form = RelatedContactForm(request.POST, account=request.account)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        with transaction.atomic():
            person = person_of(request, form, company=row.company)
            assert person is not None  # the form asks for one
            if person.pk == row.person_id:
                raise services.NotAllowed(_("This person is the main contact already."))
            kept = [contact.person for contact in queries.related_contacts(row)]
            services.set_related_contacts(deal=row, persons=[*kept, person], origin=origin(request))
        return _("%(name)s added to the card.") % {"name": person.name}

    return act(request, back=_card(row.pk, "#contacts"), do=do)


@screen("POST", module="deals", permission="records.write")
def contact_remove(request: PortalRequest, deal_id: int, person_id: int) -> HttpResponse:
    """Takes a person off the related contacts; the person stays."""
    row = deal_of(request, deal_id)

    def do() -> str:
        with transaction.atomic():
            kept = [
                contact.person for contact in queries.related_contacts(row) if contact.person_id != person_id
            ]
            services.set_related_contacts(deal=row, persons=kept, origin=origin(request))
        return _("Contact removed from the card.")

    return act(request, back=_card(row.pk, "#contacts"), do=do)


@screen("POST", module="deals", permission="records.write")
def record(request: PortalRequest, deal_id: int) -> HttpResponse:
    """An interaction record by hand, on the card, its main contact and its company."""
    row = deal_of(request, deal_id)
    form = RecordForm(request.POST)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        services.log_interaction(
            account=request.account,
            type=form.cleaned_data["type"],
            text=form.cleaned_data["text"],
            occurred_at=form.cleaned_data["occurred_at"] or timezone.now(),
            deal=row,
            person=row.person,
            company=row.company,
            author=request.user.name,
            origin=origin(request),
        )
        return _("Record saved.")

    return act(request, back=_card(row.pk, "#timeline"), do=do)


@screen("POST", module="deals", permission="records.write")
def task(request: PortalRequest, deal_id: int) -> HttpResponse:
    """A task for the card."""
    row = deal_of(request, deal_id)
    used = settings_for(request)["tasks"]["responsibles"]
    form = TaskForm(request.POST, account=request.account, responsibles=used)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        services.create_task(
            account=request.account,
            title=form.cleaned_data["title"],
            assignee=form.cleaned_data["assignee"],
            due_at=form.cleaned_data["due_at"],
            responsibles=list(form.cleaned_data.get("responsibles") or ()),
            deal=row,
            person=row.person,
            origin=origin(request),
        )
        return _("Task created.")

    return act(request, back=_card(row.pk, "#tasks"), do=do)
