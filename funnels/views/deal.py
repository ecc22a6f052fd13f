"""The card page, its edit form, and the form for a new card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import customs, queries, services, timeline
from funnels.forms import DealForm, LoseForm, NewDealForm, RecordForm, RelatedContactForm, TaskForm
from funnels.models import Deal, Funnel, Stage
from funnels.panels import card_panels
from funnels.views.answers import changed_by_someone, number_in, screen, show
from funnels.views.choosing import company_of, email_taken, person_of


def deal_of(request: PortalRequest, deal_id: int) -> Deal:
    """The account's living deal, else 404."""
    rows = queries.living_deals(request.account)
    rows = rows.select_related(
        "funnel", "stage", "owner", "person", "person__company", "company", "loss_reason"
    )
    found: Deal = get_object_or_404(rows, pk=deal_id)
    return found


@screen("GET", "POST")
def deal(request: PortalRequest, deal_id: int) -> HttpResponse:
    """The card; ?edit=1 opens its form, a post saves it; ?entries=n shows more of the stream."""
    row = deal_of(request, deal_id)
    fields = customs.fields_of(request.account, "deal")
    form = custom = None
    if request.method == "POST":
        form = DealForm(request.POST, account=request.account, initial=DealForm.initial_of(row))
        custom = customs.CustomForm(request.POST, account=request.account, fields=fields, custom=row.custom)
        if form.is_valid() and custom.is_valid() and _save(request, row, form, custom):
            messages.success(request, _("Card saved."))
            return redirect("portal:deal", row.pk)
    elif request.GET.get("edit"):
        form = DealForm(account=request.account, initial=DealForm.initial_of(row))
        custom = customs.CustomForm(account=request.account, fields=fields, custom=row.custom)
    context = {**page_of(request, row, fields), "form": form, "custom_form": custom}
    return show(request, "funnels/deal.html", context, status=422 if request.method == "POST" else 200)


def _save(request: PortalRequest, row: Deal, form: DealForm, custom: customs.CustomForm) -> bool:
    """Saves all of it or nothing; what the services refuse becomes errors of the form."""
    try:
        with transaction.atomic():
            company = company_of(request, form)
            values: dict[str, Any] = {
                "title": form.cleaned_data["title"],
                "amount": form.cleaned_data["amount"],
                "owner": form.cleaned_data["owner"],
                "company": company,
                "person": person_of(request, form, company=company),
            }
            if custom.fields:
                values["custom"] = custom.values()
            services.update_deal(
                deal=row, origin=origin(request), version=form.cleaned_data["version"], **values
            )
    except SomeoneElseChangedThis:
        # What was typed stays; the next try is made against the card as it stands now.
        version = Deal.objects.of(request.account).values_list("version", flat=True).get(pk=row.pk)
        form.data = {**request.POST.dict(), "version": str(version)}
        form.add_error(None, changed_by_someone())
        current = DealForm.initial_of(row)
        for name in ("title", "amount", "person_name", "company_name"):
            if name in form.changed_data:
                shown = form.fields[name].prepare_value(current[name]) or "—"
                form.add_error(name, _("It is “%(value)s” now.") % {"value": shown})
    except services.EmailTaken as taken:
        form.add_error("person_email", email_taken(taken))
    except services.NotAllowed as refused:
        form.add_error(None, refused.words)
    else:
        return True
    return False


def page_of(request: PortalRequest, row: Deal, fields: list[customs.CustomField]) -> dict[str, Any]:
    """Everything the card page shows, in a number of queries that no row count changes."""
    members = list(queries.members(request.account))
    names = {member.pk: member.name for member in members}
    wanted = number_in(request.GET.get("entries", "")) or timeline.PAGE
    limit = max(timeline.PAGE, min(wanted, timeline.MOST))
    entries, older = timeline.stream(row, limit=limit)
    done = set(row.checklist_marks.values_list("item_id", flat=True))
    return {
        "title": row.title,
        "deal": row,
        "stages": list(row.funnel.stages.all()),
        "custom_rows": customs.rows(fields, row.custom, names),
        "main_phones": list(row.person.phones.all()) if row.person else [],
        "related": queries.related_contacts(row),
        "checklist": [(item, item.pk in done) for item in row.stage.checklist.all()],
        "tasks": list(row.tasks.select_related("assignee").order_by("done_at", "due_at", "id")[:50]),
        "panels": [(panel, context) for panel in card_panels if (context := panel.context(request, row))],
        "entries": entries,
        "older": min(limit + timeline.PAGE, timeline.MOST) if older and limit < timeline.MOST else 0,
        "lose_form": LoseForm(deal=row),
        "contact_form": RelatedContactForm(account=request.account),
        "record_form": RecordForm(),
        "task_form": TaskForm(account=request.account, initial={"assignee": request.user.pk}),
        "now": timezone.now(),
    }


@screen("GET", "POST")
def deal_new(request: PortalRequest) -> HttpResponse:
    """A new card; ?stage=, ?person= and ?company= fill the form in."""
    if not Stage.objects.of(request.account).exists():
        return redirect("portal:home")
    if request.method == "POST":
        form = NewDealForm(request.POST, account=request.account)
        if form.is_valid():
            made = _create(request, form)
            if made is not None:
                words = _("Card #%(number)s created.") % {"number": made.number}
                messages.success(request, words)
                return redirect("portal:deal", made.pk)
    else:
        form = NewDealForm(account=request.account, initial=_asked(request))
    context = {"title": _("New card"), "form": form, "related": _chosen_related(request, form)}
    return show(request, "funnels/deal_new.html", context, status=422 if form.is_bound else 200)


def _create(request: PortalRequest, form: NewDealForm) -> Deal | None:
    given = form.cleaned_data
    try:
        with transaction.atomic():
            company = company_of(request, form)
            person = person_of(request, form, company=company)
            return services.create_deal(
                account=request.account,
                title=given["title"],
                stage=given["stage"],
                person=person,
                company=company or (person.company if person else None),
                related=list(given["related"]),
                owner=given["owner"],
                amount=given["amount"],
                origin=origin(request),
            )
    except services.EmailTaken as taken:
        form.add_error("person_email", email_taken(taken))
    except services.NotAllowed as refused:
        form.add_error(None, refused.words)
    return None


def _asked(request: PortalRequest) -> dict[str, Any]:
    """What the address fills in; rows of other accounts count as not asked."""
    account = request.account
    asked = {name: number_in(request.GET.get(name, "")) for name in ("stage", "funnel", "person", "company")}
    initial: dict[str, Any] = {"owner": request.user.pk, "stage": asked["stage"]}
    if not asked["stage"]:
        funnel = Funnel.objects.of(account).filter(pk=asked["funnel"]).first() if asked["funnel"] else None
        first = Stage.objects.of(account).order_by("funnel__position", "funnel_id", "position", "id")
        initial["stage"] = (
            (first.filter(funnel=funnel) if funnel else first).values_list("pk", flat=True).first()
        )
    person = queries.contacts(account).filter(pk=asked["person"] or 0).select_related("company").first()
    company = queries.living_companies(account).filter(pk=asked["company"] or 0).first()
    if person is not None:
        initial |= {"person": person.pk, "person_name": person.name}
        company = company or person.company
    if company is not None:
        initial |= {"company": company.pk, "company_name": company.name}
    return initial


def _chosen_related(request: PortalRequest, form: NewDealForm) -> list[Any]:
    """The related contacts of a form that comes back with errors, to be shown again."""
    if not form.is_bound:
        return []
    ids = [pk for text in request.POST.getlist("related") if (pk := number_in(text))]
    return list(queries.contacts(form.account).filter(pk__in=ids))
