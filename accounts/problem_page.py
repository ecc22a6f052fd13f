"""The page that explains the API's codes; a problem's `type` is its address and the code's anchor."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.problem_codes import CODES


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """Every code with its status, meaning and remedy; open to everybody, as the reference is."""
    shown = {"title": _("Codes of the API"), "codes": CODES}
    return render(request, "accounts/problem_codes.html", shown)
