"""The search of the portal's header: apps add finders, each looks in what the member who asks may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.portal import PortalRequest, page, render_page

PER_FINDER = 6
SHORTEST = 2  # characters


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found; `icon` is a Material Symbols name, `link` an address in the portal."""

    title: str
    description: str | Promise
    link: str
    icon: str = "search"


Finder = Callable[[Membership, str, int], list[Hit]]
finders: list[Finder] = []  # (who asks, words, how many at most) -> hits; one query each


@page()
def search(request: PortalRequest) -> HttpResponse:
    """?s=words: the list for htmx, a page otherwise. Nothing is cached: rights and rows change."""
    words = request.GET.get("s", "").strip()[:100]
    hits = (
        [hit for find in finders for hit in find(request.membership, words, PER_FINDER)]
        if len(words) >= SHORTEST
        else []
    )
    context = {
        "title": _("Search"),
        "words": words,
        "hits": hits,
        "too_short": len(words) < SHORTEST,
        "extended": "extended" in request.GET,  # unfold's Ctrl-K box, which staff sees
    }
    if request.headers.get("HX-Request"):
        return render(request, "portal/search_hits.html", context)
    return render_page(request, "portal/search.html", context)
