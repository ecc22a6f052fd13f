"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    """Everything that speaks to a partner."""

    name = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from accounts import navigation
        from integrations.engine import listen  # noqa: F401  # hears `changed`
        from integrations.sync import card

        navigation.add(_("CRM"), _("Sync"), "sync", "sync", order=60)
        navigation.add(
            _("Administration"),
            _("Plug-and-play integrations"),
            "power",
            "integrations",
            administrator=True,
            order=110,
        )
        card.register()
