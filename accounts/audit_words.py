"""What each action of the audit trail is called on screen."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry
from accounts.module_names import MODULES

Words = str | Promise

_words: dict[str, Words] = {
    "account.created": _("Account created"),
    "account.switched": _("Came in from another account"),
    "api_key.issued": _("API key made"),
    "api_key.rotated": _("API key rotated"),
    "api_key.revoked": _("API key revoked"),
    "account.time_zone": _("Time zone of the account changed"),
    "account.payload_days": _("Days that raw payloads are kept changed"),
    "person.allowed_again": _("Erased person allowed again"),
    "person.erased": _("Person erased"),
    "person.exported": _("Person's data exported"),
    "person.seen": _("Person's data seen"),
    "persons.listed": _("List of persons opened"),
    "automation.create": _("Automation created"),
    "automation.update": _("Automation changed"),
    "automation.delete": _("Automation deleted"),
    "automation.reorder": _("Automations put in another order"),
    "workflow.run_again": _("Refused automation run again"),
    "configuration.applied": _("Configuration applied from a file"),
    "configuration.refused": _("What waited of a configuration file was left out"),
    "connection.started": _("Integration: connecting begun"),
    "connection.validated": _("Integration: credentials checked"),
    "connection.enabled": _("Integration enabled"),
    "connection.activated": _("Integration activated"),
    "connection.active": _("Integration resumed"),
    "connection.paused": _("Integration paused"),
    "connection.deactivated": _("Integration deactivated"),
    "endpoint.created": _("Webhook endpoint created"),
    "endpoint.deleted": _("Webhook endpoint deleted"),
    "endpoint.replayed": _("Events sent again to a webhook endpoint"),
    "endpoint.secret_rotated": _("Secret of a webhook endpoint changed"),
    "endpoint.switched_off": _("Webhook endpoint switched off"),
    "endpoint.updated": _("Webhook endpoint changed"),
    "inbox.taken_again": _("News taken in again"),
    "invitation.sent": _("Invitation sent"),
    "invitation.sent_again": _("Invitation sent again"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "invitation.accepted": _("Invitation accepted"),
    "mapping.add": _("Field mapping added"),
    "mapping.change": _("Field mapping changed"),
    "mapping.remove": _("Field mapping removed"),
    "mapping.fill": _("Field filled in past records"),
    "member.added": _("Member added"),
    "member.changed": _("Profile or teams of a member changed"),
    "member.deactivated": _("Member deactivated"),
    "member.reactivated": _("Member reactivated"),
    "module.answered": _("Request for a module answered"),
    "module.asked": _("Module asked for"),
    "module.contracted": _("Contract of a module changed"),
    "module.image": _("Logo of the account changed"),
    "module.settings": _("Settings of a module changed"),
    "module.switched": _("Module switched on or off"),
    "outbox.cancelled": _("Sending given up"),
    "outbox.sent_again": _("Sent again"),
    "profile.created": _("Profile created"),
    "profile.changed": _("Profile changed"),
    "profile.deleted": _("Profile deleted"),
    "second_factor.demanded": _("Second factor asked of every member"),
    "second_factor.disabled": _("Second factor switched off"),
    "second_factor.enabled": _("Second factor switched on"),
    "second_factor.optional": _("Second factor left to each member"),
    "support.closed": _("Support closed the account's data"),
    "support.extended": _("Support prolonged its look at the account's data"),
    "support.listed": _("Support looked at a list"),
    "support.opened": _("Support opened the account's data"),
    "support.viewed": _("Support looked at a record"),
    "team.created": _("Team created"),
    "team.changed": _("Team changed"),
    "team.deleted": _("Team deleted"),
    "user.changed": _("User changed by support"),
    "user.password_changed": _("Password changed"),
    "user.password_link": _("Link to set a password made by support"),
    "user.password_set": _("Password set by a link"),
}


def add(words: Mapping[str, Words]) -> None:
    """Words of an app further up for its own actions; called in AppConfig.ready."""
    _words.update(words)


def known() -> dict[str, str]:
    """Action → words in the reader's language, in the order of the words."""
    said = {action: str(words) for action, words in _words.items()}
    return dict(sorted(said.items(), key=lambda each: each[1].casefold()))


def action_words(action: str) -> str:
    """The words of one action; the action itself where no table has it yet."""
    return str(_words.get(action, action))


def subject_words(entry: AuditEntry) -> str:
    """What the line is about: what support looked at is kept as table and number, never by name."""
    if entry.action.startswith("module.") and entry.subject in MODULES:
        return str(MODULES[entry.subject].label)
    table, number = entry.data.get("table"), entry.data.get("id")
    if entry.action not in ("support.viewed", "support.listed") or not table:
        return entry.subject
    meta = apps.get_model(table)._meta
    if entry.action == "support.listed":
        return str(capfirst(meta.verbose_name_plural))
    return f"{capfirst(meta.verbose_name)} {number}"
