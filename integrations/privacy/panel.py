"""The way from a person's page to her data, for administrators (X8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from funnels import panels
from funnels.models import Person
from funnels.panels import PersonPanel


def register() -> None:
    """Adds the panel to the page; called once."""
    panels.person_panels.append(
        PersonPanel(
            name="privacy",
            title=_("Personal data"),  # type: ignore[arg-type]  # "may be lazy"
            template="integrations/panels/privacy.html",
            context=_context,
        )
    )


def _context(request: HttpRequest, person: Person) -> Mapping[str, Any]:
    """Nothing, which hides the panel, for everybody else and for ghosts."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.profile.is_administrator or person.is_ghost:
        return {}
    return {"person": person}
