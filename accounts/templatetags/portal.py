"""What portal templates need of the request: the account's hidden field and the live page's number."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import live

register = template.Library()


@register.simple_tag(takes_context=True)
def account_field(context: dict[str, Any]) -> SafeString | str:
    """The hidden input that every form of the portal carries (house.md, "Scoping")."""
    account = getattr(context["request"], "account", None)
    return format_html('<input type="hidden" name="account" value="{}">', account.pk) if account else ""


@register.simple_tag(takes_context=True)
def live_now(context: dict[str, Any]) -> int:
    """The account's live number while the page is made: <div data-live="{% live_now %}">."""
    return live.now(context["request"].account)
