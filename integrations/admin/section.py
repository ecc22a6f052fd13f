"""What all staff screens of the engine's rows share: the menu's section, redaction, and the refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.staff import StaffAdmin
from accounts.staff_shown import pretty
from funnels.services import NotAllowed
from integrations.contract import PartnerError
from integrations.engine.life import WrongState
from integrations.redaction import redact, redact_body, redact_headers


class Engine(StaffAdmin):
    """The engine's rows: nobody edits them; every long text is blanked once more before it is shown."""

    section = _("Integrations")
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        *StaffAdmin.refusals,
        NotAllowed,
        WrongState,
        PartnerError,
    )

    def readable(self, name: str, value: Any) -> str:
        """JSON and bodies with everything under a secret's name blanked, at most 64 kB."""
        if isinstance(value, bytes | memoryview):
            return pretty(redact_body(bytes(value), ()))
        if name.endswith("headers") and isinstance(value, Mapping):
            value = redact_headers({str(key): str(each) for key, each in value.items()}, ())
        return redact(pretty(value), ())
