"""Administração → Segurança: whether every member needs a second factor, and who has none yet."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.portal import PortalRequest, origin, page, render_page

SHOWN = 100  # names; the number counts everybody


@page(administrator=True)
@require_http_methods(["GET", "POST"])
def security(request: PortalRequest) -> HttpResponse:
    """Administrators switch the demand on and off; both are in the audit trail."""
    if request.method == "POST":
        on = request.POST.get("demanded") == "on"
        if second_factor.demand(account=request.account, on=on, origin=origin(request)):
            messages.success(
                request,
                _("From now on every member signs in with a second factor.")
                if on
                else _("The second factor is each member's own choice again."),
            )
        return redirect("portal:security")
    without = second_factor.members_without(request.account)
    rows = list(without[: SHOWN + 1])
    context = {
        "title": _("Security"),
        "rows": rows[:SHOWN],
        "missing": without.count() if len(rows) > SHOWN else len(rows),
        "mine": any(row.user_id == request.user.pk for row in rows)
        and not second_factor.enrolled(request.user),
    }
    return render_page(request, "accounts/security.html", context)
