"""The portal's menu: apps add their entries when they start, each person sees what she may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from accounts.modules import modules_on
from accounts.permissions import may

Words = str | Promise


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `icon` is a Material Symbols name or tells it when shown, `url_name` a flat name
    of the portal."""

    section: Words
    title: Words
    icon: str | Callable[[], str]
    url_name: str
    administrator: bool = False
    order: int = 0
    module: str = ""
    permission: str = ""


_entries: list[Entry] = []


def add(
    section: Words,
    title: Words,
    icon: str | Callable[[], str],
    url_name: str,
    administrator: bool = False,
    order: int = 0,
    module: str = "",
    permission: str = "",
) -> None:
    """Adds a line; `administrator` hides it from other profiles (G2), `module` while that module is off (S4),
    `permission` from profiles that do not allow it.

    Called in AppConfig.ready; adding the same line again changes nothing.
    """
    entry = Entry(section, title, icon, url_name, administrator, order, module, permission)
    if all(known.url_name != url_name for known in _entries):
        _entries.append(entry)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's navigation: sections with items, the item of the current page marked as active."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return []
    shown = [
        (entry, link)
        for entry in sorted(_entries, key=lambda entry: entry.order)
        if (membership.profile.is_administrator or not entry.administrator)
        and (not entry.module or entry.module in modules_on(request))
        and (not entry.permission or may(membership, entry.permission))
        and (link := _link(entry))
    ]
    current = max((link for _entry, link in shown if _inside(link, request.path)), key=len, default="")
    sections: dict[str, list[dict[str, Any]]] = {}
    for entry, link in shown:
        icon = entry.icon if isinstance(entry.icon, str) else entry.icon()
        item = {"title": entry.title, "icon": icon, "link": link, "active": link == current}
        sections.setdefault(str(entry.section), []).append(item)
    return [{"title": title, "items": items} for title, items in sections.items()]


def _inside(link: str, path: str) -> bool:
    return path == link or (link != "/" and path.startswith(link))


def _link(entry: Entry) -> str:
    try:
        return reverse(f"portal:{entry.url_name}")
    except NoReverseMatch:
        return ""  # its app is not mounted in this installation: no dead link
