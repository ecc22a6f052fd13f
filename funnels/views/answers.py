"""How a CRM screen is opened and how a change answers: a redirect with a toast, or JSON for the scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.portal import PortalRequest, page, render_page
from accounts.scoping import SomeoneElseChangedThis
from funnels.services import ChecklistPending, NotAllowed

View = Callable[..., HttpResponse]


def screen(
    *methods: str,
    administrator: bool = False,
    permission: str = "",
    changes: str = "",
    module: str | tuple[str, ...] = "",
) -> Callable[[View], View]:
    """A portal page of these methods (default GET); who may open and post to it as in portal.page."""

    def decorate(view: View) -> View:
        allowed = methods or ("GET",)
        guarded = page(administrator=administrator, permission=permission, changes=changes, module=module)
        return require_http_methods([*allowed, "HEAD"])(guarded(view))

    return decorate


def show(
    request: PortalRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page, or for the refreshing script (header X-Live) the same template in a bare frame."""
    live = "X-Live" in request.headers
    frame = "funnels/bare.html" if live else "portal/page.html"
    answer = render_page(request, template, {"frame": frame, **context}, status=status)
    answer["Vary"] = "X-Live, Cookie"
    return answer


def changed_by_someone() -> str:
    """The sentence for a version that is not the current one."""
    return _("Someone else changed this card. Look at it again before you go on.")


def act(request: PortalRequest, *, back: str, do: Callable[[], str]) -> HttpResponse:
    """Runs a change and says how it went; `do` returns the sentence for success.

    Scripts (Accept: application/json) get {"message"} with 200, or {"code", "message", "missing"} with
    412 for an old version and 422 for what the CRM's rules forbid; browsers go `back` with a toast.
    """
    body: dict[str, Any] = {}
    try:
        words, status = do(), 200
    except SomeoneElseChangedThis:
        words, status, body = changed_by_someone(), 412, {"code": "version_conflict"}
    except ChecklistPending as pending:
        words, status = pending.words, 422
        body = {"code": "checklist_pending", "missing": pending.missing}
    except NotAllowed as refused:
        words, status, body = refused.words, 422, {"code": "not_allowed"}
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({**body, "message": words}, status=status)
    (messages.success if status == 200 else messages.error)(request, words)
    return HttpResponseRedirect(back)


def first_error(form: Any) -> str:
    """The first thing that a small form got wrong, as one sentence with the field's label."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])


def version_of(request: PortalRequest) -> int | None:
    """The version that the editor saw, from the form; None when the form carries none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else None


def number_in(text: str) -> int | None:
    """A row's id as it came in an address or a form; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
