"""What all staff screens of the CRM share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.staff import StaffAdmin
from accounts.staff_forms import StaffForm
from funnels import choices, services
from funnels.models import CustomField


class Crm(StaffAdmin):
    """The menu's section, and what services refuse."""

    section = _("CRM")
    refusals: ClassVar[tuple[type[Exception], ...]] = (*StaffAdmin.refusals, services.NotAllowed)


class CustomValuesForm(StaffForm):
    """A row with its custom values as one JSON object; each is read as its field's type says."""

    def clean_custom(self) -> dict[str, str]:
        """All values, what was changed in canonical text; raises ValidationError with each field's words."""
        stored: dict[str, str] = self.instance.custom
        given: Any = self.cleaned_data["custom"] or {}
        if not isinstance(given, dict) or any(isinstance(value, dict | list) for value in given.values()):
            raise ValidationError(gettext("Write one JSON object: field key → text."))
        texts = {key: _text(value) for key, value in given.items()}
        changed = {key: text for key, text in texts.items() if text != stored.get(key, "")}
        gone = {key: "" for key in stored if key not in texts}
        entity = self.instance._meta.model_name
        rows = CustomField.objects.of(self.instance.account_id).filter(entity=entity, key__in=list(changed))
        known = {field.key: field for field in rows}
        good, bad = choices.checked_all(
            self.instance.account, [(known[key], text) for key, text in changed.items() if key in known]
        )
        words = [f"{known[key].label}: {unreadable.words}" for key, unreadable in bad.items()]
        unknown = gettext("There is no field “%(key)s” here.")
        words += [unknown % {"key": key} for key in changed if key not in known]
        if words:
            raise ValidationError(words)
        return {**stored, **good, **gone}


def _text(value: Any) -> str:
    """A JSON scalar as people would type it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
