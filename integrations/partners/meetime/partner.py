"""Meetime's declaration and verbs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from integrations.contract import (
    Action,
    ActionSpec,
    AutomationAction,
    Call,
    ChangeView,
    CredentialField,
    Delivered,
    FieldSpec,
    Identity,
    KindSpec,
    LeadView,
    Malformed,
    Outcome,
    Page,
    Partner,
    Receipt,
    Record,
    Repeat,
    Situation,
    Tried,
    Window,
)
from integrations.partners.meetime import rules, sending, translate
from integrations.partners.meetime.client import Client, Row, their_id
from integrations.partners.meetime.sending import LOOK_BACK

BASE_URL = "https://api.meetime.com.br/v2"
EVENTS = list(translate.HEARS)


class Meetime(Partner):
    """Prospecting by cadences."""

    slug = "meetime"
    label = "Meetime"
    summary = _("Prospecting by cadences: cards become leads, activities and results come back.")
    modules = ("workflow",)
    credentials = (
        CredentialField(
            name="token",
            label=_("API token"),
            help=_("At Meetime: main menu (right) → Integrações → API. One token for the whole account."),
        ),
    )
    kinds = {
        "cadences": KindSpec(label=_("Cadences"), every=600, catalog=True),
        "users": KindSpec(label=_("Sellers"), every=300, catalog=True),
        "custom_fields": KindSpec(label=_("Lead fields"), every=3600, catalog=True),
        "lost_reasons": KindSpec(label=_("Loss reasons"), every=3600, catalog=True),
        "activities": KindSpec(label=_("Activities"), every=60),
        "prospections": KindSpec(label=_("Results"), every=60),
    }
    actions = {"send_lead": ActionSpec(label=_("Send lead"), repeat=Repeat.EVIDENCE, cost=3)}
    automation_actions = (
        AutomationAction(
            slug="meetime.send_lead",
            label=_("Send lead to Meetime"),
            triggers=("entered", "reopened"),
            parameters={
                "cadence": (_("Cadence"), "catalog:cadences"),
                "start": (
                    _("Start"),
                    (("now", _("Immediate start")), ("wait", _("Wait to start"))),
                ),
            },
        ),
    )
    fields = (
        FieldSpec(key=rules.LATEST_OWNER, label=_("Latest owner (Meetime)"), type="user", writer="people"),
        FieldSpec(key=rules.INITIAL_OWNER, label=_("Initial owner (Meetime)"), type="user", writer="once"),
        FieldSpec(
            key=rules.LATEST_CADENCE, label=_("Latest cadence (Meetime)"), type="text", writer="system"
        ),
        FieldSpec(
            key=rules.INITIAL_CADENCE, label=_("Initial cadence (Meetime)"), type="text", writer="once"
        ),
    )
    pace = (Window(seconds=1.0, rate=1.0, burst=5),)
    delivery_id_header = "X-Meetime-Delivery"
    signs = True

    def base_url(self, credentials: Mapping[str, str], configured: str) -> str:  # noqa: ARG002
        """The one public address; an installation may name another (a sandbox)."""
        return configured or BASE_URL

    def check(self, call: Call) -> Identity:
        """The token opens the list of users; the oldest user's id names the account (assumed)."""
        user = Client(call).oldest_user()
        if user is None or user.get("id") is None:
            raise Malformed(gettext_noop("The account has no users."))
        return Identity(id=str(user["id"]), name=str(user.get("email") or user.get("name") or "Meetime"))

    def describe(self, call: Call, kind: str) -> Sequence[Record]:
        """Cadences, users, lead fields or lost reasons, complete but for rows that cannot be read."""
        return _records(kind, Client(call).every(PATHS[kind]))

    def pull(self, call: Call, kind: str, cursor: str, *, now: datetime) -> Page:
        """Activities by `updated_after`, results by `end_after` (sections 5, 6), oldest first.

        The cursor is {"since", "start", "top"}: pages of one window by offset, then the next window begins
        at the newest time seen less a look-back, or where this one did when it was empty.
        """
        parameter, stamp = POLLS[kind]
        place: dict[str, Any] = (
            json.loads(cursor) if cursor else {"since": translate.iso(now - LOOK_BACK), "start": 0}
        )
        rows, following, more = Client(call).page(
            PATHS[kind], start=int(place["start"]), filters={parameter: str(place["since"])}
        )
        stamps = [translate.readable(lambda each: translate.moment(each.get(stamp)), row) for row in rows]
        top = translate.moment(place.get("top"))
        newest = max((at for at in (*stamps, top) if at is not None), default=None)
        if more:
            known = {"top": translate.iso(newest)} if newest else {}
            place = {"since": place["since"], "start": following, **known}
        else:
            since = translate.iso(min(newest, now) - LOOK_BACK) if newest else place["since"]
            place = {"since": since, "start": 0}
        return Page(records=_records(kind, rows), cursor=json.dumps(place), more=more)

    def push(self, call: Call, action: Action) -> Receipt:
        """sending.send."""
        return sending.send(call, action)

    def evidence(self, call: Call, action: Action) -> Receipt | None:
        """sending.prove."""
        return sending.prove(call, action)

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivered:  # noqa: ARG002
        """A webhook's JSON through HEARS."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise Malformed(gettext_noop("The body is not JSON.")) from None
        return Delivered(records=translate.hear(told))

    def verify(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool | None:
        """HMAC-SHA256 over the raw body in URL-safe Base64, with or without padding (section 10.1)."""
        given = headers.get("x-meetime-signature", "").strip().rstrip("=")
        try:
            signature = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(signature, hmac.new(secret.encode(), body, hashlib.sha256).digest())

    def subscribe(self, call: Call, *, target_url: str, secret: str) -> str:
        """One webhook for our events; one left over with the same address is replaced."""
        client = Client(call)
        for row in client.webhooks():
            if row.get("target_url") == target_url:
                client.unsubscribe(their_id(row))
        return client.subscribe(target_url=target_url, events=EVENTS, secret=secret)

    def unsubscribe(self, call: Call, webhook_id: str) -> None:
        """Takes our webhook away (G6)."""
        Client(call).unsubscribe(webhook_id)

    def on_record(self, record: Record, situation: Situation) -> Outcome:
        """rules.on_record."""
        return rules.on_record(record, situation)

    def on_change(self, change: ChangeView, situation: Situation) -> Outcome:
        """rules.on_change."""
        return rules.on_change(change, situation)

    def on_receipt(  # one action so far, so `action` says nothing
        self,
        action: str,  # noqa: ARG002
        receipt: Receipt,
        lead: LeadView,
        situation: Situation,
    ) -> Outcome:
        """rules.on_receipt."""
        return rules.on_receipt(receipt, lead, situation, _parameters(situation))

    def explain(self, situation: Situation) -> Sequence[Tried]:
        """rules.explain."""
        return rules.explain(situation)

    def values(self, action: str, situation: Situation, lead: LeadView) -> Mapping[str, Any]:  # noqa: ARG002
        """rules.values."""
        return rules.values(situation, lead, _parameters(situation))

    def offers(self, connection_id: int, funnel_id: int) -> bool:
        """Only on funnels that may send (M24)."""
        from integrations.partners.meetime.models import AllowedFunnel

        return AllowedFunnel.unscoped.filter(connection_id=connection_id, funnel_id=funnel_id).exists()

    def settings(self, connection_id: int) -> Mapping[str, Any]:
        """{"funnels": ids that may send, "win_actions": "funnel:cadence" → action, "profile": id or None}."""
        from integrations.partners.meetime.models import AllowedFunnel, MeetimeSettings, WinAction

        row = MeetimeSettings.unscoped.filter(connection_id=connection_id).first()
        return {
            "funnels": list(
                AllowedFunnel.unscoped.filter(connection_id=connection_id).values_list("funnel_id", flat=True)
            ),
            "win_actions": {
                f"{each.funnel_id}:{each.cadence_id}": {"action": each.action, "stage": each.stage_id}
                for each in WinAction.unscoped.filter(connection_id=connection_id)
            },
            "profile": row.default_profile_id if row else None,
        }

    def missing(self, connection_id: int) -> Sequence[str]:
        """A funnel and a profile are needed before activation (M5)."""
        chosen = self.settings(connection_id)
        wanted = (
            ("funnels", _("Choose at least one funnel that may send leads.")),
            ("profile", _("Choose the default profile for created users.")),
        )
        return [str(words) for name, words in wanted if not chosen[name]]


PATHS: Mapping[str, str] = {
    "cadences": "/cadences",
    "users": "/users",
    "custom_fields": "/leads/custom-fields",
    "lost_reasons": "/prospections/lost-reasons",
    "activities": "/prospections/activities",
    "prospections": "/prospections",
}
POLLS: Mapping[str, tuple[str, str]] = {  # kind → (filter by time, the stamp it compares)
    "activities": ("updated_after", "updated"),
    "prospections": ("end_after", "end_date"),
}


def _records(kind: str, rows: Iterable[Row]) -> list[Record]:
    records = (translate.readable(translate.ROWS[kind], row) for row in rows)
    return [record for record in records if record is not None]


def _parameters(situation: Situation) -> Mapping[str, Any]:
    return situation.enrollment.parameters if situation.enrollment else {}
