"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who uses the portal."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import (
            modules,
            navigation,
            nouns,
            openapi,  # noqa: F401  # drf-spectacular finds it by its being imported
            sittings,
            stopping,
            store,
        )

        nouns.install()
        sittings.listen()
        store.listen()
        section = _("Administration")
        navigation.add(section, _("Users"), "manage_accounts", "members", administrator=True, order=60)
        navigation.add(section, _("Profiles"), "badge", "profiles", administrator=True, order=62)
        navigation.add(section, _("Teams"), "groups", "teams", administrator=True, order=64)
        navigation.add(section, _("System modules"), "extension", "modules", administrator=True, order=70)
        modules.stops.append(stopping.stopping)
        navigation.add(
            section, _("Keys of the API"), "vpn_key", "api-keys", administrator=True, order=90, module="api"
        )
        navigation.add(section, _("Security"), "shield_lock", "security", administrator=True, order=92)
        navigation.add(section, _("Audit trail"), "history", "audit-trail", administrator=True, order=94)
