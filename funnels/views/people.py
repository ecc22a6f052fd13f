"""Persons and companies: lists with search, pages, and forms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.permissions import may
from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import customs, queries, seen, services, timeline
from funnels.forms import CompanyForm, PersonForm
from funnels.models import Company, InteractionRecord, Person
from funnels.panels import person_panels
from funnels.views.answers import act, number_in, screen, show
from funnels.views.checks import positioned
from funnels.views.choosing import company_of, email_taken
from funnels.visibility import visible_deals, visible_records

SHOWN = 30  # deals and records on a page of a person or company


def paged(request: PortalRequest, rows: QuerySet[Any]) -> dict[str, Any]:
    """One page of rows and its neighbours' numbers (0: none); asks for one row more, never for a count."""
    number = min(max(number_in(request.GET.get("page", "")) or 1, 1), 1000)
    start = (number - 1) * queries.PAGE
    found = list(rows[start : start + queries.PAGE + 1])
    return {
        "rows": found[: queries.PAGE],
        "number": number,
        "previous": number - 1,
        "next": number + 1 if len(found) > queries.PAGE else 0,
    }


@screen()
def persons(request: PortalRequest) -> HttpResponse:
    """?q= name, e-mail or phone · ?ghosts=1 shows ghosts too (M31) · ?page=."""
    text, ghosts = request.GET.get("q", "").strip()[:100], bool(request.GET.get("ghosts"))
    rows = queries.living_persons(request.account) if ghosts else queries.contacts(request.account)
    rows = queries.find_persons(request.account, rows, text)
    rows = rows.select_related("company").prefetch_related("phones").order_by("name_key", "id")
    seen.list_of_persons(account=request.account, origin=origin(request))
    context = {"title": _("Persons"), "page": paged(request, rows), "q": text, "ghosts": ghosts}
    return show(request, "funnels/persons.html", context)


@screen()
def companies(request: PortalRequest) -> HttpResponse:
    """?q= name, CNPJ or phone · ?page=."""
    text = request.GET.get("q", "").strip()[:100]
    rows = queries.find_companies(request.account, queries.living_companies(request.account), text)
    rows = rows.prefetch_related("phones").order_by("name_key", "id")
    context = {"title": _("Companies"), "page": paged(request, rows), "q": text}
    return show(request, "funnels/companies.html", context)


@screen("GET", "POST", permission="records.write")
def person_new(request: PortalRequest) -> HttpResponse:
    """A new person."""
    form = PersonForm(request.POST or None, account=request.account)
    ask_again = False
    if request.method == "POST" and form.is_valid():
        administrator = request.membership.profile.is_administrator
        try:
            with transaction.atomic():
                made = services.create_person(
                    account=request.account,
                    name=form.cleaned_data["name"],
                    email=form.cleaned_data["email"],
                    phones=form.cleaned_data["phones"],
                    company=company_of(request, form),
                    again=administrator and form.cleaned_data["again"],
                    origin=origin(request),
                )
        except services.EmailTaken as taken:
            form.add_error("email", email_taken(taken))
        except services.ErasedBefore as refused:
            ask_again = administrator
            form.add_error(None, _erased_before(refused) if administrator else refused.words)
        else:
            messages.success(request, _("%(name)s was created.") % {"name": made.name})
            return redirect("portal:person", made.pk)
    back = reverse("portal:persons")
    context = {"title": _("New person"), "form": form, "back": back, "ask_again": ask_again}
    return show(request, "funnels/person_form.html", context, status=422 if form.is_bound else 200)


def _erased_before(refused: services.ErasedBefore) -> str:
    """The same for an administrator, who has the tick for it on the form."""
    words = _(
        "A person with this e-mail or phone was erased on %(date)s, at her request. "
        "Does she want to be known here again? Tick it below and save."
    )
    return words % {"date": date_format(timezone.localtime(refused.at), "SHORT_DATE_FORMAT")}


@screen("GET", "POST", changes="records.write")
def person(request: PortalRequest, person_id: int) -> HttpResponse:
    """A person's page; a post saves the form on it."""
    rows = queries.living_persons(request.account).select_related("company", "ghost_of")
    row = get_object_or_404(rows.prefetch_related("phones"), pk=person_id)
    fields = customs.fields_of(request.account, "person")
    post, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = PersonForm(post, account=request.account, standing=row, initial=PersonForm.initial_of(row))
    custom = customs.CustomForm(post, files, account=request.account, fields=fields, custom=row.custom)
    if (
        post is not None
        and form.is_valid()
        and custom.is_valid()
        and _save_person(request, row, form, custom)
    ):
        messages.success(request, _("Saved."))
        return redirect("portal:person", row.pk)
    seen.persons([row.pk], account=request.account, origin=origin(request))
    shown = customs.rows(request.account, fields, row.custom)
    deals = visible_deals(request.membership).filter(person=row)
    related = visible_deals(request.membership).filter(related_contacts__person=row)
    context = {
        "title": row.name,
        "person": row,
        "form": form,
        "custom_form": custom,
        "all_rows": shown,
        "custom_rows": [each for each in shown if each.why],
        "deals": _deals(deals),
        "related_deals": _deals(related),
        "entries": _records(visible_records(request.membership).filter(person=row)),
        "ghost_seen": row.is_ghost
        and visible_deals(request.membership).filter(pk=row.ghost_of_id or 0).exists(),
        "panels": [(panel, held) for panel in person_panels if (held := panel.context(request, row))],
        "edit": form.is_bound or _edits(request),
    }
    answer = show(request, "funnels/person.html", context, status=422 if form.is_bound else 200)
    return positioned(request, answer)


def _save_person(request: PortalRequest, row: Person, form: PersonForm, custom: customs.CustomForm) -> bool:
    given = form.cleaned_data
    try:
        with custom.saving():
            values = {"custom": custom.values(origin=origin(request))} if custom.fields else {}
            services.update_person(
                person=row,
                name=given["name"],
                email=given["email"],
                phones=given["phones"],
                company=company_of(request, form),
                version=given["version"],
                origin=origin(request),
                **values,
            )
    except services.EmailTaken as taken:
        form.add_error("email", email_taken(taken))
    except SomeoneElseChangedThis:
        form.add_error(
            None, _("Someone else changed this person. Reload the page and make your change again.")
        )
    except services.NotAllowed as refused:
        form.add_error(None, refused.words)
    else:
        return True
    return False


@screen("POST", permission="records.delete")
def person_delete(request: PortalRequest, person_id: int) -> HttpResponse:
    """Deletes a person; her cards and records stay."""
    row = get_object_or_404(queries.living_persons(request.account), pk=person_id)

    def do() -> str:
        services.delete_person(person=row, origin=origin(request))
        return _("%(name)s was deleted.") % {"name": row.name}

    return act(request, back=reverse("portal:persons"), do=do)


@screen("POST", permission="records.write")
def person_contact(request: PortalRequest, person_id: int) -> HttpResponse:
    """A ghost becomes a contact like any other (M31)."""
    row = get_object_or_404(queries.living_persons(request.account), pk=person_id)

    def do() -> str:
        services.make_contact(person=row, origin=origin(request))
        return _("%(name)s is a contact now.") % {"name": row.name}

    return act(request, back=reverse("portal:person", args=[row.pk]), do=do)


@screen("GET", "POST", permission="records.write")
def company_new(request: PortalRequest) -> HttpResponse:
    """A new company; where one like it is there already, only on purpose (`anyway`)."""
    form, alike = CompanyForm(request.POST or None), []
    if request.method == "POST" and form.is_valid():
        name, document = form.cleaned_data["name"], form.cleaned_data["document"]
        alike = queries.companies_alike(request.account, name=name, document=document)
    if request.method == "POST" and form.is_valid() and (request.POST.get("anyway") or not alike):
        made = services.create_company(
            account=request.account,
            name=form.cleaned_data["name"],
            document=form.cleaned_data["document"],
            phones=form.cleaned_data["phones"],
            origin=origin(request),
        )
        messages.success(request, _("%(name)s was created.") % {"name": made.name})
        return redirect("portal:company", made.pk)
    context = {"title": _("New company"), "form": form, "back": reverse("portal:companies"), "alike": alike}
    return show(request, "funnels/person_form.html", context, status=422 if form.is_bound else 200)


@screen("GET", "POST", changes="records.write")
def company(request: PortalRequest, company_id: int) -> HttpResponse:
    """A company's page; a post saves the form on it."""
    rows = queries.living_companies(request.account).prefetch_related("phones")
    row = get_object_or_404(rows, pk=company_id)
    fields = customs.fields_of(request.account, "company")
    post, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CompanyForm(post, initial=CompanyForm.initial_of(row))
    custom = customs.CustomForm(post, files, account=request.account, fields=fields, custom=row.custom)
    if (
        post is not None
        and form.is_valid()
        and custom.is_valid()
        and _save_company(request, row, form, custom)
    ):
        messages.success(request, _("Saved."))
        return redirect("portal:company", row.pk)
    shown = customs.rows(request.account, fields, row.custom)
    persons_there = queries.contacts(request.account).filter(company=row)
    context = {
        "title": row.name,
        "company": row,
        "form": form,
        "custom_form": custom,
        "all_rows": shown,
        "custom_rows": [each for each in shown if each.why],
        "persons": list(persons_there.prefetch_related("phones").order_by("name_key", "id")[:SHOWN]),
        "deals": _deals(visible_deals(request.membership).filter(company=row)),
        "entries": _records(visible_records(request.membership).filter(company=row)),
        "edit": form.is_bound or _edits(request),
    }
    answer = show(request, "funnels/company.html", context, status=422 if form.is_bound else 200)
    return positioned(request, answer)


def _save_company(
    request: PortalRequest, row: Company, form: CompanyForm, custom: customs.CustomForm
) -> bool:
    given = form.cleaned_data
    try:
        with custom.saving():
            values = {"custom": custom.values(origin=origin(request))} if custom.fields else {}
            services.update_company(
                company=row,
                name=given["name"],
                document=given["document"],
                phones=given["phones"],
                version=given["version"],
                origin=origin(request),
                **values,
            )
    except SomeoneElseChangedThis:
        form.add_error(
            None, _("Someone else changed this company. Reload the page and make your change again.")
        )
    except services.NotAllowed as refused:
        form.add_error(None, refused.words)
    else:
        return True
    return False


def _edits(request: PortalRequest) -> bool:
    return bool(request.GET.get("edit")) and may(request.membership, "records.write")


def _deals(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.select_related("stage", "funnel", "owner").order_by("-updated_at", "-id")[:SHOWN])


def _records(rows: QuerySet[InteractionRecord]) -> list[Any]:
    newest = queries.with_checks(rows).select_related("company").order_by("-occurred_at", "-id")[:SHOWN]
    return [timeline.record_entry(row) for row in newest]
