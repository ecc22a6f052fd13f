"""Administração → Configuração: the file to take away, and a file to look at, plan and apply (X6)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page
from integrations.configuration import services, waiting, words
from integrations.configuration.grammar import SECTIONS
from integrations.configuration.kinds import NotReadable
from integrations.configuration.reading import MOST_BYTES
from integrations.configuration.run import Act, Step

SHOWN = 500  # steps on a page
TEMPLATE = "integrations/configuration.html"


@page(administrator=True)
@require_GET
def configuration(request: PortalRequest) -> HttpResponse:
    """Download, upload, and what still waits of a file."""
    return _show(request, {})


@page(administrator=True)
@require_GET
def download(request: PortalRequest) -> HttpResponse:
    """The file, without secrets."""
    now = timezone.now()
    answer = HttpResponse(
        services.export(request.account, now=now), content_type="application/yaml; charset=utf-8"
    )
    name = f"{slugify(request.account.name) or 'conta'}-{timezone.localtime(now):%Y-%m-%d}.yaml"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


@page(administrator=True)
@require_POST
def planned(request: PortalRequest) -> HttpResponse:
    """What the file would do; nothing is written."""
    raw = _given(request)
    try:
        document = services.read(raw)
    except NotReadable as unreadable:
        return _show(request, {"typed": _text(raw), "mistakes": unreadable.mistakes}, status=422)
    found = services.plan(account=request.account, document=document, origin=origin(request))
    return _show(request, {"typed": _text(raw), **_shown(found), "document": document})


@page(administrator=True)
@require_POST
def applied(request: PortalRequest) -> HttpResponse:
    """Does what was shown; shows the new plan where the account changed meanwhile."""
    raw = _given(request)
    try:
        document = services.read(raw)
    except NotReadable as unreadable:
        return _show(request, {"typed": _text(raw), "mistakes": unreadable.mistakes}, status=422)
    try:
        done = services.apply(
            account=request.account,
            document=document,
            digest=request.POST.get("digest", ""),
            origin=origin(request),
        )
    except services.PlanChanged as changed:
        found = services.plan(account=request.account, document=document, origin=origin(request))
        context = {"typed": _text(raw), **_shown(found), "document": document, "changed": changed.words}
        return _show(request, context, status=409)
    return _show(request, {**_shown(done), "document": document, "finished": True})


def _given(request: PortalRequest) -> bytes | str:
    """The uploaded file, else the pasted text; of a file no more than tells that it is too large."""
    file = request.FILES.get("file")
    if file is not None:
        return bytes(file.read(MOST_BYTES + 1))  # type: ignore[union-attr]  # one input, one file
    return request.POST.get("text", "")


def _text(raw: bytes | str) -> str:
    """As the form holds it again; what is no text is not sent back."""
    if isinstance(raw, str):
        return raw if len(raw) <= MOST_BYTES else ""
    try:
        return raw.decode("utf-8-sig") if len(raw) <= MOST_BYTES else ""
    except UnicodeDecodeError:
        return ""


def _shown(found: services.Plan) -> dict[str, Any]:
    """Tiles, differences and steps for the template."""
    told = found.differing
    kept = [step for step in found.steps if step.act == Act.KEEP]
    counts = found.counted()
    return {
        "plan": found,
        "differences": words.shown(told[:SHOWN]),
        "steps": [_line(step) for step in told[:SHOWN]],
        "kept": [_line(step) for step in kept[:SHOWN]],
        "more": max(0, len(found.steps) - SHOWN),
        "counts": [
            {"act": act, "count": counts[act], "tone": words.ACTS[act][1], "asked": words.COUNTED[act]}
            | {"done": words.DONE[act]}
            for act in Act
            if counts[act] or act in (Act.CREATE, Act.CHANGE)
        ],
    }


def _line(step: Step) -> dict[str, Any]:
    word, tone, icon = words.ACTS[step.act]
    return {
        "step": step,
        "name": words.name(step),
        "kind": words.kind(step.kind),
        "word": word,
        "tone": tone,
        "icon": icon,
    }


def _show(request: PortalRequest, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    left = waiting.waiting_of(request.account)
    sections = left.get("sections", {})
    held = sum(
        len(rows) for told in sections.get("connections", {}).values() for rows in told.values()
    )  # lists, and settings by name
    context = {
        "title": _("Configuration"),
        "sections": SECTIONS,
        "held": held + len(sections.get("automations", ())),
        "asleep": len(left.get("switch_on", ())),
        "refused": [
            {"kind": words.kind(each["kind"]), "name": " › ".join(each["path"]), "why": each["why"]}
            for each in waiting.refused_of(request.account)
        ],
        **more,
    }
    return render_page(request, TEMPLATE, context, status=status)
