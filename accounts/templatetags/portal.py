"""What portal templates need of the request: the account's hidden field and the live page's number."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import live, permissions, white_label
from accounts.models import Notice
from accounts.modules import modules_on

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


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> int:
    """How many notices the signed-in person has not read, 99 at most; one query."""
    request = context["request"]
    if getattr(request, "membership", None) is None:
        return 0
    rows = Notice.objects.of(request.account).filter(user_id=request.user.pk, read_at=None)
    return len(rows.values_list("pk", flat=True)[:99])


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], slug: str) -> bool:
    """Whether the signed-in member's profile allows it: {% may "records.write" as can_write %}."""
    membership = getattr(context["request"], "membership", None)
    return membership is not None and permissions.may(membership, slug)


@register.simple_tag(takes_context=True)
def module_on(context: dict[str, Any], slug: str) -> bool:
    """Whether the module is on in the request's account (S4): {% module_on "deals" as with_deals %}."""
    return slug in modules_on(context["request"])


@register.simple_tag(takes_context=True)
def brand(context: dict[str, Any]) -> white_label.Brand:
    """The look of the request's account (S4): {% brand as look %}."""
    return white_label.brand_of(context["request"])


@register.filter
def in_code(text: str) -> SafeString:
    """Names between backticks as code: {{ words|in_code }}."""
    parts = str(text).split("`")
    shapes = ("{}", "<code>{}</code>")
    return format_html_join("", "{}", ((format_html(shapes[at % 2], part),) for at, part in enumerate(parts)))
