"""The screens of X8: a person's data to take away or to erase, and how long raw payloads stay."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.account_settings import LONGEST_DAYS, SHORTEST_DAYS, keep_payloads
from accounts.erasure import forgotten
from accounts.models import Account, AuditEntry
from accounts.portal import PortalRequest, origin, page, render_page
from accounts.refusals import Refusal
from accounts.scoping import SomeoneElseChangedThis
from funnels import queries, seen
from funnels.models import Person
from funnels.services import NotAllowed
from integrations.privacy.erase import erase, is_erased
from integrations.privacy.export import export
from integrations.privacy.known import known_by
from integrations.privacy.raw import Raw
from integrations.privacy.traces import TRACES

SHOWN = 30


@page(administrator=True)
@require_http_methods(["GET", "POST"])
def privacy(request: PortalRequest) -> HttpResponse:
    """How long raw payloads stay, and who was exported or erased by whom."""
    account, refused = request.account, ""
    if request.method == "POST":
        typed = request.POST.get("payload_days", "")
        days = int(typed[:9]) if typed.isdecimal() else 0
        try:
            keep_payloads(account=account, days=days, origin=origin(request))
        except Refusal as refusal:
            refused = refusal.words
        else:
            messages.success(request, _("Saved."))
            return redirect("portal:privacy")
    asked = request.GET.get("q", "").strip()[:100]
    entries = AuditEntry.objects.of(account).filter(action__in=("person.erased", "person.exported"))
    context = {
        "title": _("Privacy"),
        "days": request.POST.get("payload_days") if refused else account.payload_days,
        "refused": refused,
        "least": SHORTEST_DAYS,
        "most": LONGEST_DAYS,
        "entries": entries.order_by("-pk")[:SHOWN],
        "q": asked,
        "deleted": _deleted(account, asked),
    }
    return render_page(request, "integrations/privacy.html", context, status=422 if refused else 200)


@page(administrator=True)
@require_http_methods(["GET", "POST"])
def person_privacy(request: PortalRequest, person_id: int) -> HttpResponse:
    """What is kept of a person, counted, and the way to erase it: her name has to be typed."""
    row = _person(request, person_id)
    refused = ""
    if request.method == "POST":
        refused = _erase(request, row)
        if not refused:
            messages.success(request, _("The person was erased. Polls of partners will not bring them back."))
            return redirect("portal:privacy")
    seen.persons([row.pk], account=request.account, origin=origin(request))
    known = known_by(row)
    context: dict[str, Any] = {
        "title": _("Data of %(name)s") % {"name": row.name},
        "person": row,
        "kept": [
            (trace.label, trace.rows(known, Raw()).count()) for trace in TRACES.values() if not trace.raw
        ],
        "open_leads": known.their_ids,
        "refused": refused,
    }
    return render_page(request, "integrations/privacy_person.html", context, status=422 if refused else 200)


@page(administrator=True)
@require_POST
def person_export(request: PortalRequest, person_id: int) -> HttpResponse:
    """The document as a file."""
    row = _person(request, person_id)
    answer = JsonResponse(
        export(person=row, origin=origin(request), now=timezone.now()),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )
    answer["Content-Disposition"] = f'attachment; filename="person-{row.pk}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _erase(request: PortalRequest, row: Person) -> str:
    """Why it was refused, "" when she is erased."""
    version = request.POST.get("version", "")
    if request.POST.get("name", "").strip().casefold() != row.name.strip().casefold():
        return _("Type the person's name as it stands above, so that nobody is erased by accident.")
    try:
        erase(
            person=row,
            origin=origin(request),
            now=timezone.now(),
            version=int(version) if version.isdecimal() else None,
        )
    except NotAllowed as wrong:
        return wrong.words
    except SomeoneElseChangedThis:
        return _("Someone else changed this person. Look again before you go on.")
    return ""


def _person(request: PortalRequest, person_id: int) -> Person:
    """Deleted persons too: their data is still kept. Who was erased is nobody any more."""
    found: Person = get_object_or_404(
        Person.objects.of(request.account).prefetch_related("phones"), pk=person_id
    )
    if is_erased(found):
        raise Http404
    return found


def _deleted(account: Account, text: str) -> list[Person]:
    """Deleted persons whose data is still kept, the latest first; by name, e-mail or phone."""
    rows = Person.objects.of(account).filter(deleted_at__isnull=False)
    rows = queries.find_persons(account, rows, text).order_by("-deleted_at", "-pk")[:SHOWN]
    found = {("person", str(row.pk)): row for row in rows}
    gone = forgotten(account_id=account.pk, marks=found)
    return [row for mark, row in found.items() if mark not in gone]
