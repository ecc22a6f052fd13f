"""Meetime's card in the catalogue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeetimeConfig(AppConfig):
    """Prospecting by cadences."""

    name = "integrations.partners.meetime"
    label = "meetime"
    verbose_name = "Meetime"

    def ready(self) -> None:
        from accounts import audit_values, audit_words
        from integrations.activation.sections import register_screens
        from integrations.contract import register
        from integrations.partners.meetime.models import WinAction
        from integrations.partners.meetime.pages import SCREENS
        from integrations.partners.meetime.partner import Meetime

        register(Meetime())
        register_screens(slug=Meetime.slug, screens=SCREENS)
        audit_values.add_choices(lambda: {"action": dict(WinAction.Action.choices)})
        audit_words.add(
            {
                "meetime.funnels": _("Meetime: funnels that may send changed"),
                "meetime.profile": _("Meetime: profile of new users changed"),
                "meetime.win_action.remove": _("Meetime: action for won leads removed"),
                "meetime.win_action.set": _("Meetime: action for won leads set"),
                "meetime.won_stage": _("Meetime: stage for won leads changed"),
            }
        )
