"""The menu of the staff admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from accounts.staff import StaffAdmin


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's menu: what the person may see, by section and rank, as the registered admins declare it."""
    home = [
        {"title": gettext_lazy("Overview"), "icon": "monitoring", "link": reverse("admin:index")},
        {"title": gettext_lazy("Open an account"), "icon": "folder_open", "link": reverse("admin:support")},
    ]
    sections: dict[str, list[dict[str, Any]]] = {}
    shown = [each for each in admin.site._registry.values() if isinstance(each, StaffAdmin)]  # noqa: SLF001 - meant for subclasses
    for each in sorted(shown, key=lambda each: each.rank):
        if each.has_view_permission(request):
            link = each._address("changelist")  # noqa: SLF001 - meant for subclasses
            title = capfirst(each.plural or each.opts.verbose_name_plural)
            item = {"title": title, "icon": each.icon, "link": link, "active": request.path.startswith(link)}
            sections.setdefault(str(each.section), []).append(item)
    groups = [{"title": title, "items": items, "collapsible": True} for title, items in sections.items()]
    return [{"title": "", "items": home}, *groups]
