"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MappingConfig(AppConfig):
    """Whose field is whose."""

    name = "mapping"
    verbose_name = _("Mapping")
