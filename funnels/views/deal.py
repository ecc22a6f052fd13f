"""The card page, its edit form, and the form for a new card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.module_settings import settings_for
from accounts.permissions import may
from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import customs, deal_products, funnel_use, queries, seen, services, timeline
from funnels.forms import DealForm, LoseForm, NewDealForm, RecordForm, RelatedContactForm
from funnels.models import Deal, Funnel, Stage
from funnels.panels import card_panels
from funnels.services.requirements import custom_keys, unmet
from funnels.task_forms import TaskForm
from funnels.views.answers import changed_by_someone, number_in, screen, show
from funnels.views.checks import positioned
from funnels.views.choosing import company_of, email_taken, person_of
from funnels.visibility import tasks_are_restricted, visible_deals, visible_tasks


def deal_of(request: PortalRequest, deal_id: int) -> Deal:
    """The account's living deal that the member sees, else 404."""
    rows = visible_deals(request.membership)
    rows = rows.select_related(
        "funnel", "stage", "owner", "person", "person__company", "company", "loss_reason"
    )
    found: Deal = get_object_or_404(rows, pk=deal_id)
    return found


@screen("GET", "POST", module="deals", changes="records.write")
def deal(request: PortalRequest, deal_id: int) -> HttpResponse:
    """The card; ?edit=1 opens its form, a post saves it; ?entries=n shows more of the stream."""
    row = deal_of(request, deal_id)
    fields = customs.fields_of(request.account, "deal")
    form = custom = None
    if request.method == "POST":
        form = DealForm(request.POST, account=request.account, standing=row, initial=DealForm.initial_of(row))
        custom = customs.CustomForm(
            request.POST, request.FILES, account=request.account, fields=fields, custom=row.custom
        )
        if form.is_valid() and custom.is_valid() and _save(request, row, form, custom):
            messages.success(request, _("Card saved."))
            return _back_to(request, row)
    elif request.GET.get("edit") and may(request.membership, "records.write"):
        form = DealForm(account=request.account, standing=row, initial=DealForm.initial_of(row))
        custom = customs.CustomForm(account=request.account, fields=fields, custom=row.custom)
    held = page_of(request, row, fields)
    contacts = [row.person_id, *(each.person_id for each in held["related"])]
    seen.persons([id for id in contacts if id], account=request.account, origin=origin(request))
    context = {**held, "form": form, "custom_form": custom}
    answer = show(request, "funnels/deal.html", context, status=422 if request.method == "POST" else 200)
    return positioned(request, answer)


def _save(request: PortalRequest, row: Deal, form: DealForm, custom: customs.CustomForm) -> bool:
    """Saves all of it or nothing; what the services refuse becomes errors of the form."""
    try:
        with custom.saving():
            company = company_of(request, form)
            values: dict[str, Any] = {
                "title": form.cleaned_data["title"],
                "amount": form.cleaned_data["amount"],
                "owner": form.cleaned_data["owner"],
                "company": company,
                "person": person_of(request, form, company=company),
            }
            if custom.fields:
                values["custom"] = custom.values(origin=origin(request))
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
    wanted = number_in(request.GET.get("entries", "")) or timeline.PAGE
    limit = max(timeline.PAGE, min(wanted, timeline.MOST))
    tasks = visible_tasks(request.membership).filter(deal=row)
    restricted = tasks_are_restricted(request.membership)
    entries, older = timeline.stream(row, limit=limit, tasks=tasks if restricted else None)
    done = set(row.checklist_marks.values_list("item_id", flat=True))
    return {
        "title": row.title,
        "deal": row,
        "stages": list(row.funnel.stages.all()),
        "custom_rows": customs.rows(request.account, fields, row.custom),
        "main_phones": list(row.person.phones.all()) if row.person else [],
        "related": queries.related_contacts(row),
        "checklist": [(item, item.pk in done) for item in row.stage.checklist.all()],
        "unmet": unmet(row, [row.stage]) if row.status == Deal.Status.OPEN else [],
        "tasks": list(queries.with_people(tasks).order_by("done_at", "due_at", "id")[:50]),
        "panels": [(panel, context) for panel in card_panels if (context := panel.context(request, row))],
        "entries": entries,
        "older": min(limit + timeline.PAGE, timeline.MOST) if older and limit < timeline.MOST else 0,
        "lose_form": LoseForm(deal=row),
        "contact_form": RelatedContactForm(account=request.account),
        "record_form": RecordForm(),
        "task_form": TaskForm(
            account=request.account,
            initial={"assignee": request.user.pk},
            responsibles=settings_for(request)["tasks"]["responsibles"],
        ),
        "now": timezone.now(),
        **deal_products.section(request, row),
    }


@screen("GET", "POST", module="deals", permission="records.write")
def deal_new(request: PortalRequest) -> HttpResponse:
    """A new card; ?stage=, ?person= and ?company= fill the form in."""
    if not Stage.objects.of(request.account).exists():
        return redirect("portal:home")
    ask = funnel_use.preferred(request) is None
    if request.method == "POST":
        form = NewDealForm(request.POST, account=request.account, ask=ask)
        valid = form.is_valid()
        custom = _asked_for(request, form.cleaned_data.get("stage"), request.POST, request.FILES)
        if custom.is_valid() and valid:
            made = _create(request, form, custom)
            if made is not None:
                words = _("Card #%(number)s created.") % {"number": made.number}
                messages.success(request, words)
                return funnel_use.remember(request, _back_to(request, made), funnel=made.funnel_id)
    else:
        initial = _asked(request, ask=ask)
        form = NewDealForm(account=request.account, initial=initial, ask=ask and not initial["stage"])
        stage = Stage.objects.of(request.account).filter(pk=initial["stage"] or 0).first()
        custom = _asked_for(request, stage)
    context = {
        "title": _("New card"),
        "form": form,
        "custom_form": custom,
        "related": _chosen_related(request, form),
    }
    return show(request, "funnels/deal_new.html", context, status=422 if form.is_bound else 200)


def _back_to(request: PortalRequest, row: Deal) -> HttpResponse:
    """To the card, or to its board where it was given to somebody whose cards the member does not see."""
    if visible_deals(request.membership).filter(pk=row.pk).exists():
        return redirect("portal:deal", row.pk)
    return redirect("portal:board", row.funnel_id)


def _asked_for(request: PortalRequest, stage: Stage | None, *sent: Any) -> customs.CustomForm:
    """The card's own fields that stages before this one require, so that they can be given at once (S8)."""
    keys = custom_keys(services.before(stage)) if stage is not None else set()
    fields = [each for each in customs.fields_of(request.account, "deal") if each.key in keys] if keys else []
    return customs.CustomForm(*sent, account=request.account, fields=fields, custom={})


def _create(request: PortalRequest, form: NewDealForm, custom: customs.CustomForm) -> Deal | None:
    given = form.cleaned_data
    try:
        with custom.saving():
            typed = custom.values(origin=origin(request))
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
                custom={key: text for key, text in typed.items() if text},
                origin=origin(request),
            )
    except services.EmailTaken as taken:
        form.add_error("person_email", email_taken(taken))
    except services.NotAllowed as refused:
        form.add_error(None, refused.words)
    return None


def _asked(request: PortalRequest, *, ask: bool) -> dict[str, Any]:
    """What the address fills in; rows of other accounts count as not asked. `ask`: a stage only (S3)."""
    account = request.account
    asked = {name: number_in(request.GET.get(name, "")) for name in ("stage", "funnel", "person", "company")}
    initial: dict[str, Any] = {"owner": request.user.pk, "stage": asked["stage"]}
    if not asked["stage"] and not ask:
        funnel = Funnel.objects.of(account).filter(pk=asked["funnel"]).first() if asked["funnel"] else None
        funnel = funnel or funnel_use.preferred(request)
        first = Stage.objects.of(account).order_by("funnel__position", "funnel_id", "position", "id")
        mine = first.filter(funnel=funnel).values_list("pk", flat=True).first() if funnel else None
        initial["stage"] = mine or first.values_list("pk", flat=True).first()
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
