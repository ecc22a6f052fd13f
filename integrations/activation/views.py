"""The catalogue of integrations and the one page of each partner: wizard first, settings after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page, toast
from funnels.services import NotAllowed
from integrations.activation.guide import folder, guide_html
from integrations.activation.mapping.section import SECTION as FIELD_MAPPING
from integrations.activation.sections import Section, screens_of
from integrations.activation.shelves import shelf_context
from integrations.activation.steps import ALIVE, OPEN_SETTINGS, card_of, living, steps_of
from integrations.contract import Partner, PartnerError, partners
from integrations.engine import catalog, explain, jobs, life, needs
from integrations.engine.status import overview
from integrations.models import Connection
from integrations.rehearsal.section import SECTION as REHEARSAL
from integrations.rehearsal.world import can_rehearse


@page(administrator=True)
@require_GET
def catalogue(request: PortalRequest) -> HttpResponse:
    """Every partner with logo, summary and state (G1); administrators only (G2)."""
    found = Connection.objects.of(request.account).exclude(state=Connection.State.INACTIVE)
    connections = {connection.partner: connection for connection in found}
    cards = [
        card_of(account=request.account, partner=partner, connection=connections.get(slug))
        for slug, partner in partners().items()
    ]
    context = {"title": _("Plug-and-play integrations"), "cards": cards}
    return render_page(request, "integrations/catalogue.html", context)


@page(administrator=True)
@require_GET
def logo(_request: PortalRequest, slug: str) -> HttpResponse:
    """The partner's logo.svg from its own folder."""
    path = folder(_partner(slug)) / "logo.svg"
    if not path.exists():
        raise Http404
    answer = HttpResponse(path.read_bytes(), content_type="image/svg+xml")
    answer["Cache-Control"] = "private, max-age=86400"
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@page(administrator=True)
@require_GET
def activation(request: PortalRequest, slug: str) -> HttpResponse:
    """The partner's page: the step that is next, or the connection with its health and settings (M1–M5)."""
    return _whole(request, slug)


def _whole(request: PortalRequest, slug: str, *, status: int = 200) -> HttpResponse:
    partner = _partner(slug)
    connection = living(account=request.account, slug=slug)
    screens = screens_of(slug)
    settings_open = connection is not None and connection.state in OPEN_SETTINGS
    context: dict[str, Any] = {
        "title": partner.label,
        "partner": partner,
        "connection": connection,
        "card": card_of(account=request.account, partner=partner, connection=connection),
        "screens": screens,
        "steps": steps_of(partner=partner, connection=connection),
        "alive": connection is not None and connection.state in ALIVE,
        "guide": guide_html(partner),
        "changing": "token" in request.GET,
    }
    context["step"] = next((step for step in context["steps"] if step.place == "current"), None)
    if connection is not None and settings_open:
        context["sections"] = [
            {"section": section, "html": _rendered(request, partner, connection, section)}
            for section in _sections(partner)
        ]
        modules = needs.missing_words(request.account, slug, connection.flow)
        context["missing"] = [*modules, *partner.missing(connection.pk)]
    if connection is not None and context["alive"]:
        lines = {line.connection.pk: line for line in overview(request.account)}
        context["health"] = lines.get(connection.pk)
        context["last_error"] = explain.reason(connection.last_error)
    return render_page(request, "integrations/activation.html", context, status=status)


@page(administrator=True)
@require_POST
def choose_flow(request: PortalRequest, slug: str) -> HttpResponse:
    """M1, M2: the chosen flow makes the draft; one that is not available yet is refused with its note."""
    partner = _partner(slug)
    chosen = request.POST.get("flow", "")
    flow = next((flow for flow in screens_of(slug).flows if flow.slug == chosen), None)
    if flow is None:
        messages.error(request, _("Choose how you want to use %(partner)s.") % {"partner": partner.label})
    elif not flow.available:
        messages.error(request, str(flow.note))
    else:
        _speak(
            request,
            lambda: life.start(account=request.account, partner=slug, flow=flow.slug, origin=origin(request)),
        )
    return redirect("portal:activation", slug)


@page(administrator=True)
@require_POST
def validate(request: PortalRequest, slug: str) -> HttpResponse:
    """M3: asks the partner whether the credentials open the door; refused and unreachable are worded apart.

    What was typed is never sent back to the browser.
    """
    partner = _partner(slug)
    connection = living(account=request.account, slug=slug)
    typed = {field.name: request.POST.get(field.name, "").strip() for field in partner.credentials}
    for field in partner.credentials:
        if not typed[field.name] or len(typed[field.name]) > field.max_length:
            messages.error(request, _("Fill in “%(field)s”.") % {"field": field.label})
            return redirect("portal:activation", slug)

    def ask() -> str:
        row = connection or life.start(account=request.account, partner=slug, flow="", origin=origin(request))
        checked = life.validate(connection=row, credentials=typed, origin=origin(request))
        return _("%(partner)s accepted the credentials: “%(name)s”.") % {
            "partner": partner.label,
            "name": checked.remote_name or checked.remote_id,
        }

    _speak(request, ask)
    return redirect("portal:activation", slug)


_STEPS: dict[str, tuple[Callable[..., Connection], Any]] = {
    "enable": (life.enable, gettext_lazy("The integration is enabled. Now review the settings.")),
    "activate": (life.activate, gettext_lazy("The integration is active.")),
    "pause": (
        life.pause,
        gettext_lazy("The integration is paused. What happens meanwhile is kept and waits."),
    ),
    "resume": (life.resume, gettext_lazy("The integration runs again. What waited is being sent.")),
    "deactivate": (
        life.deactivate,
        gettext_lazy("The integration is deactivated. Nothing was deleted on either side."),
    ),
}


@page(administrator=True)
@require_POST
def step(request: PortalRequest, slug: str, step: str) -> HttpResponse:
    """Enable (M4), activate (M5), pause, resume; deactivate only with the box ticked (G6)."""
    _partner(slug)
    connection = living(account=request.account, slug=slug)
    if step not in _STEPS or connection is None:
        raise Http404
    act, done = _STEPS[step]
    if step == "deactivate" and request.POST.get("understood") != "yes":
        messages.error(request, _("Tick the box to confirm that you know what stops."))
        return redirect("portal:activation", slug)

    def run() -> str:
        act(connection=connection, origin=origin(request))
        return str(done)

    _speak(request, run)
    return redirect(
        "portal:integrations" if step == "deactivate" else "portal:activation", *_args(step, slug)
    )


@page(administrator=True)
@require_POST
def setting(request: PortalRequest, slug: str, section: str, action: str) -> HttpResponse:
    """One action of a partner's section; settings open with enabling and stay editable (M4).

    What is refused is answered with the page (422) where its form can show what was posted.
    """
    connection, found = _section(request, slug, section)
    if action not in found.actions:
        raise Http404
    if request.headers.get("HX-Request"):
        return _anew(request, connection, found, action)
    spoken = _speak(request, lambda: found.actions[action](request, connection))
    if not spoken and action in found.keeps:
        return _whole(request, slug, status=422)
    answer = redirect("portal:activation", slug)
    answer["Location"] += f"#{section}"
    return answer


@page(administrator=True)
@require_GET
def fragment(request: PortalRequest, slug: str, section: str, name: str) -> HttpResponse:
    """A piece of a section that htmx asks for anew."""
    connection, found = _section(request, slug, section)
    if name not in found.fragments:
        raise Http404
    piece = found.fragments[name]
    context = {"partner": _partner(slug), "connection": connection, **piece.context(request, connection)}
    return TemplateResponse(request, piece.template, context)


@page(administrator=True)
def shelf(request: PortalRequest, slug: str, kind: str) -> HttpResponse:
    """A catalog's age: POST asks the worker for a new reading, GET is polled until it is there."""
    partner = _partner(slug)
    connection = living(account=request.account, slug=slug)
    if connection is None or kind not in partner.kinds:
        raise Http404
    if request.method == "POST":
        catalog.want(connection, kind)
        jobs.nudge(connection.pk)
    context = {"partner": partner, **shelf_context(connection=connection, kind=kind), "asked": True}
    answer = TemplateResponse(request, "integrations/parts/shelf.html", context)
    if not (context["waiting"] or context["late"]):
        answer["HX-Trigger"] = "shelf-read"  # lists made from the catalog ask for themselves anew
    return answer


def _rendered(request: PortalRequest, partner: Partner, connection: Connection, section: Section) -> str:
    context = {"partner": partner, "connection": connection, **section.context(request, connection)}
    return render_to_string(section.template, context, request=request)


def _args(step: str, slug: str) -> list[str]:
    return [] if step == "deactivate" else [slug]


def _partner(slug: str) -> Partner:
    found = partners().get(slug)
    if found is None:
        raise Http404
    return found


def _sections(partner: Partner) -> Sequence[Section]:
    """The partner's own, then what every partner with fields has (M10), and the rehearsal (X2)."""
    fields = (FIELD_MAPPING,) if partner.mappable else ()
    rehearsal = (REHEARSAL,) if can_rehearse(partner) else ()
    return (*screens_of(partner.slug).sections, *fields, *rehearsal)


def _section(request: PortalRequest, slug: str, name: str) -> tuple[Connection, Section]:
    partner = _partner(slug)
    connection = living(account=request.account, slug=slug)
    section = next((section for section in _sections(partner) if section.slug == name), None)
    if section is None or connection is None or connection.state not in OPEN_SETTINGS:
        raise Http404
    return connection, section


def _anew(request: PortalRequest, connection: Connection, section: Section, action: str) -> HttpResponse:
    """htmx posted: the section as it stands now and a sentence, or only the sentence of what refused it."""
    try:
        words = section.actions[action](request, connection)
    except (NotAllowed, PartnerError) as refused:
        answer = HttpResponse()
        answer["HX-Reswap"] = "none"  # what was typed stays
        return toast(answer, refused.words, kind="danger")
    html = _rendered(request, _partner(connection.partner), connection, section)
    return toast(HttpResponse(html), words)


def _speak(request: PortalRequest, act: Callable[[], object]) -> bool:
    """Runs one act and shows its sentence, or the sentence of what refused it; False when it was refused."""
    try:
        words = act()
    except life.NotReady as refused:
        messages.error(request, " ".join(refused.missing))
    except (NotAllowed, PartnerError, life.FlowTaken, life.WrongState) as refused:
        messages.error(request, refused.words)
    else:
        if isinstance(words, str) and words:
            messages.success(request, words)
        return True
    return False
