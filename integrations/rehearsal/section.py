"""The rehearsal's card on the partner's page, before "Activate" in the wizard (X2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.portal import PortalRequest
from integrations.activation.sections import Section
from integrations.engine.life import WrongState
from integrations.models import Connection
from integrations.rehearsal.run import refuse_unfit


def context(_request: PortalRequest, connection: Connection) -> Mapping[str, Any]:
    """Why there is nothing to rehearse, in words, or ""."""
    try:
        refuse_unfit(connection)
    except WrongState as refused:
        return {"refused": refused.words}
    return {"refused": ""}


SECTION = Section(
    slug="rehearsal",
    title=gettext_lazy("Rehearsal"),
    template="integrations/rehearsal_section.html",
    context=context,
)
