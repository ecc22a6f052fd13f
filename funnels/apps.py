"""Django's entry for this app: its menu, its search, and the number that live pages ask for."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FunnelsConfig(AppConfig):
    """The CRM."""

    name = "funnels"
    verbose_name = _("CRM")

    def ready(self) -> None:
        """Registers with the portal; models are only importable from here on."""
        from accounts import (
            audit_details,
            audit_values,
            audit_words,
            live,
            modules,
            navigation,
            nouns,
            search,
        )
        from accounts.module_settings.counters import Counter, counters
        from funnels import finders, stopping, told, trail
        from funnels.services import numbering

        section = _("CRM")
        navigation.add(section, _("Deals"), nouns.icon, "funnels", order=10, module="deals")
        navigation.add(section, _("Persons"), "group", "persons", order=20)
        navigation.add(section, _("Companies"), "apartment", "companies", order=30)
        navigation.add(section, _("Products"), "inventory_2", "products", order=35, module="products")
        navigation.add(section, _("Tasks"), "task_alt", "tasks", order=40)
        navigation.add(_("Administration"), _("Fields"), "tune", "fields", administrator=True, order=80)
        audit_words.add(trail.action_words())
        audit_details.add(lambda: trail.DETAILS)
        audit_values.add_choices(told.choices)
        audit_values.add_rows("funnel", told.funnels)
        audit_values.add_rows("stage", told.stages)
        audit_values.add_rows("person", told.persons, subjects="person.")
        live.counters.append(finders.latest_change)
        search.finders.extend(finders.FINDERS)
        modules.stops.append(stopping.stopping)
        counters["deals.next_number"] = Counter(read=numbering.next_number, write=numbering.set_next_number)
