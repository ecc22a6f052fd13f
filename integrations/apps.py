"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    """Everything that speaks to a partner."""

    name = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from accounts import audit_details, audit_values, modules, navigation
        from integrations.activation import matrices, told
        from integrations.configuration import waiting
        from integrations.endpoints import keeping, stopping
        from integrations.endpoints import listen as events  # noqa: F401  # hears `changed` and states
        from integrations.engine import demands, jobs, listen  # noqa: F401  # hears `changed`
        from integrations.privacy import panel
        from integrations.privacy.traces import TRACES
        from integrations.sync import card
        from integrations.workflow import card as workflow_card
        from integrations.workflow import listen as workflow  # noqa: F401  # hears `changed` and switches
        from integrations.workflow.stops import stops

        navigation.add(_("CRM"), _("Sync"), "sync", "sync", order=60, permission="cards.all", module="deals")
        navigation.add(
            _("Administration"),
            _("Plug-and-play integrations"),
            "power",
            "integrations",
            administrator=True,
            order=110,
        )
        navigation.add(
            _("Administration"),
            _("Webhooks"),
            "webhook",
            "webhooks",
            administrator=True,
            order=125,
            module="api",
        )
        navigation.add(_("Administration"), _("Privacy"), "policy", "privacy", administrator=True, order=96)
        navigation.add(
            _("Administration"),
            _("Configuration"),
            "data_object",
            "configuration",
            administrator=True,
            order=130,
        )
        audit_details.add(lambda: {f"rows.{name}": trace.label for name, trace in TRACES.items()})
        audit_values.add_choices(told.choices)
        audit_values.add_rows("cadence", told.cadences)
        waiting.register()
        jobs.sweepers.extend((keeping.forget_old, demands.settle_all))
        matrices.register()
        card.register()
        panel.register()
        workflow_card.register()
        modules.stops.extend((stops, demands.stopping, stopping.stopping))
