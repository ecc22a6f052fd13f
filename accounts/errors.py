"""Error pages in words: in the frame for members, bare for others, problem details for integrators."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import problems
from accounts.portal import PortalRequest, render_page


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400."""
    return _answer(request, 400, "bad_request", _("We did not understand that"), _("Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: what the view said, in words (G2)."""
    text = str(exception or "") or _("Your profile does not open this page.")
    return _answer(request, 403, "forbidden", _("You cannot open this page"), text)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of a form that is too old or not ours; `reason` is for the log only."""
    text = _("This form was open for too long. Reload the page and send it again.")
    return _answer(request, 403, "csrf", _("Reload the page"), text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: also for rows of other accounts, so nothing tells whether they exist."""
    text = _("It may have been removed, or the address is not complete.")
    return _answer(request, 404, "not_found", _("There is nothing here"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: asks neither database nor session, which may be what broke."""
    title, text = (
        _("Something went wrong on our side"),
        _("What you did may not be saved. Try again in a moment."),
    )
    if request.path.startswith("/api/"):
        return problems.response(status=500, code="server_error", title=title, detail=text)
    context = {"title": title, "detail": text, "status": 500}
    return HttpResponse(render_to_string("portal/error_bare.html", context), status=500)


def refusal(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The page of an exception that services registered in `problems`; None for every other."""
    known = problems.known(exception)
    if known is None or request.path.startswith("/api/"):
        return None
    return _answer(request, known.status, known.code, _("This cannot be done"), known.detail(exception))


def _answer(request: HttpRequest, status: int, code: str, title: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.response(status=status, code=code, title=title, detail=detail)
    if request.headers.get("HX-Request"):
        return HttpResponse(
            detail, status=status, content_type="text/plain; charset=utf-8"
        )  # shown as a toast
    context = {"title": title, "detail": detail, "status": status}
    if getattr(request, "membership", None) is not None:
        return render_page(cast(PortalRequest, request), "portal/error.html", context, status=status)
    return render(request, "portal/error_bare.html", context, status=status)
