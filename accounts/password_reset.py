"""The forgotten password: a one-use link by e-mail, and the same answer for unknown e-mails."""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import mail
from accounts.forms import ForgottenForm
from accounts.lockout import address_of
from accounts.models import User, normal_email
from accounts.signin import password_link

WITHIN = 60 * 60  # seconds
FOR_ONE_EMAIL = 3  # links within that time; nobody's mailbox is flooded
FROM_ONE_ADDRESS = 30  # askings within that time


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Asks for the e-mail, then says that a link is on its way if somebody has it."""
    form = ForgottenForm(request.POST or None)
    context = {"title": _("Forgot the password?"), "form": form}
    if request.method == "POST" and form.is_valid():
        if not _may("address", address_of(request), FROM_ONE_ADDRESS):
            form.add_error(None, _("Too many requests from here. Wait an hour and try again."))
            return render(request, "accounts/forgotten.html", context, status=429)
        ask(email=form.cleaned_data["email"])
        return render(request, "accounts/forgotten.html", {**context, "sent": True})
    return render(request, "accounts/forgotten.html", context)


@transaction.atomic
def ask(*, email: str) -> None:
    """Sends the link to an active user of that e-mail; for anybody else the same work is done for nobody."""
    wanted = normal_email(email)
    known = User.objects.filter(email=wanted, is_active=True).first()
    free = _may("email", wanted, FOR_ONE_EMAIL)
    user = known or User(pk=0, email=wanted, name=wanted, password="!")  # noqa: S106 - nobody's
    mail.post(
        to=[user.email] if known and free else [],
        template="password_reset",
        context={"user": user, "link": password_link(user), "label": gettext_lazy("Set a new password")},
        language=user.language,
    )


def _may(kind: str, who: str, at_most: int) -> bool:
    """Counts one more; the cache holds digests, no e-mail (without Redis each process counts for itself)."""
    key = f"reset:{kind}:" + hashlib.sha256(who.encode()).hexdigest()
    cache.add(key, 0, timeout=WITHIN)
    return bool(cache.incr(key) <= at_most)
