"""The check-ins of a task or an interaction record, and the buttons for one's own."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from accounts.module_settings import settings_for
from accounts.permissions import may
from funnels.models import CheckIn, InteractionRecord, Task
from funnels.services import client_of, place_of

register = template.Library()


@register.inclusion_tag("funnels/parts/checks.html", takes_context=True)
def check_ins(context: dict[str, Any], row: Task | InteractionRecord, back: str) -> dict[str, Any]:
    """{% check_ins task "deal" %}: lines for everybody's; buttons while the setting is on (S3).

    The row comes from queries.with_checks; `back` is the page that the answer leads to.
    """
    request = context["request"]
    made = sorted(row.check_ins.all(), key=lambda each: each.at)
    mine = {each.kind for each in made if each.user_id == request.user.pk}
    can = settings_for(request)["tasks"]["check_out"] and may(request.membership, "records.write")
    left = (
        next((kind for kind in (CheckIn.Kind.IN, CheckIn.Kind.OUT) if kind not in mine), None)
        if can
        else None
    )
    client = client_of(row) if left else None
    name = "task-check" if isinstance(row, Task) else "record-check"
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "made": made,
        "left": left,
        "back": back,
        "action": reverse(f"portal:{name}", args=[row.pk]),
        "id": f"{name}-{row.pk}",
        "client": client if client is not None and place_of(client) is None else None,
    }
