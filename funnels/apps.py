"""Django's entry for this app: its menu, its search, and the number that live pages ask for."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FunnelsConfig(AppConfig):
    """The CRM."""

    name = "funnels"
    verbose_name = _("CRM")

    def ready(self) -> None:
        """Registers with the portal; models are only importable from here on."""
        from accounts import live, navigation, search
        from funnels import finders

        section = _("CRM")
        navigation.add(section, _("Funnels"), "view_kanban", "funnels", order=10)
        navigation.add(section, _("Persons"), "group", "persons", order=20)
        navigation.add(section, _("Companies"), "apartment", "companies", order=30)
        navigation.add(section, _("Tasks"), "task_alt", "tasks", order=40)
        live.counters.append(finders.latest_change)
        search.finders.extend(finders.FINDERS)
