"""The bell: what needs the signed-in person, what she has read, and what she wants by e-mail."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.listing import paged
from accounts.models import Notice
from accounts.notices import KINDS, choose, read, said, unwanted
from accounts.portal import PortalRequest, page, render_page


@page()
@require_http_methods(["GET", "POST"])
def notices(request: PortalRequest) -> HttpResponse:
    """Newest first; a post keeps which kinds come by e-mail."""
    account, user = request.account, request.user
    if request.method == "POST":
        choose(
            account=account,
            user=user,
            mailed=[kind for kind in request.POST.getlist("mailed") if kind in KINDS],
        )
        messages.success(request, _("Saved."))
        return redirect("portal:notices")
    silent = unwanted(account=account, user=user)
    found = paged(request, Notice.objects.of(account).filter(user=user).order_by("-pk"))
    found["rows"] = [
        {"row": row, "text": said(row), "kind": KINDS[row.kind].label if row.kind in KINDS else row.kind}
        for row in found["rows"]
    ]
    context = {
        "title": _("Notices"),
        "page": found,
        "unread": any(each["row"].read_at is None for each in found["rows"]),
        "kinds": [(kind, kind.slug not in silent) for kind in KINDS.values() if kind.mailed],
    }
    return render_page(request, "accounts/notices.html", context)


@page()
@require_POST
def notice_open(request: PortalRequest, notice_id: int) -> HttpResponse:
    """Marks it as read and goes where it leads, which is always a path of ours."""
    rows = Notice.objects.of(request.account).filter(user=request.user)
    row = get_object_or_404(rows, pk=notice_id)
    read(account=request.account, user=request.user, now=timezone.now(), ids=[row.pk])
    inside = row.link.startswith("/") and not urlsplit(row.link).netloc
    return redirect(row.link if inside else "portal:notices")


@page()
@require_POST
def notices_read(request: PortalRequest) -> HttpResponse:
    """All of hers are read."""
    read(account=request.account, user=request.user, now=timezone.now())
    return redirect("portal:notices")
