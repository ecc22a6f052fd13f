"""Choosing persons and companies inside other forms: suggestions, and making those typed anew."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts import modules
from accounts.portal import PortalRequest, origin
from funnels import queries, services
from funnels.fields import search_key
from funnels.forms import ChosenContacts
from funnels.models import Company, Person
from funnels.views.answers import screen

KINDS = ("person", "company", "product", "client")


@screen()
def choose(request: PortalRequest, kind: str) -> HttpResponse:
    """?q=typed → {"results": [{"id", "name", "detail"}]}, the first eight."""
    if kind not in KINDS:
        raise Http404
    if kind == "product":
        modules.require(request, "products")
    typed = request.GET.get("q", "").strip()[:100]
    answer = JsonResponse({"results": queries.suggestions(request.account, kind, typed)})
    answer["Cache-Control"] = "no-store"
    return answer


def company_of(request: PortalRequest, form: ChosenContacts) -> Company | None:
    """The chosen company, else the one of that very name (M15), else a new one; none when left blank."""
    chosen: Company | None = form.cleaned_data.get("company")
    typed = form.cleaned_data.get("company_name", "").strip()
    if not typed:
        return None
    if chosen is not None and search_key(chosen.name) == search_key(typed):
        return chosen
    known = (
        queries.living_companies(request.account).filter(name_key=search_key(typed)).order_by("id").first()
    )
    if known is not None:
        return known
    return services.create_company(account=request.account, name=typed, origin=origin(request))


def person_of(
    request: PortalRequest, form: ChosenContacts, *, company: Company | None = None
) -> Person | None:
    """The chosen person, else a new one of that name; none when nothing was typed; raises EmailTaken."""
    chosen: Person | None = form.cleaned_data.get("person")
    typed = form.cleaned_data.get("person_name", "").strip()
    if not typed:
        return None
    if chosen is not None and search_key(chosen.name) == search_key(typed):
        return chosen
    return services.create_person(
        account=request.account,
        name=typed,
        email=form.cleaned_data.get("person_email", ""),
        phones=form.cleaned_data.get("person_phone") or (),
        company=company,
        origin=origin(request),
    )


def email_taken(taken: services.EmailTaken) -> str:
    """The field error for an e-mail that another person has, with a link to her."""
    return format_html(
        '{} <a href="{}">{}</a>',
        taken.words,
        reverse("portal:person", args=[taken.person.pk]),
        _("Open %(name)s") % {"name": taken.person.name},
    )
