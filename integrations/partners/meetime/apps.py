"""Meetime's card in the catalogue."""

from django.apps import AppConfig


class MeetimeConfig(AppConfig):
    """Prospecting by cadences."""

    name = "integrations.partners.meetime"
    label = "meetime"
    verbose_name = "Meetime"

    def ready(self) -> None:
        from integrations.activation.sections import register_screens
        from integrations.contract import register
        from integrations.partners.meetime.pages import SCREENS
        from integrations.partners.meetime.partner import Meetime

        register(Meetime())
        register_screens(slug=Meetime.slug, screens=SCREENS)
