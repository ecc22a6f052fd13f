"""Meetime's declaration and verbs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from integrations.contract import (
    AccountView,
    Action,
    ActionSpec,
    AutomationAction,
    Call,
    ChangeView,
    CredentialField,
    Delivered,
    FieldSpec,
    FlowSpec,
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
from integrations.partners.meetime import (
    keeping,
    matrix,
    pulling,
    receipts,
    received,
    rows,
    rules,
    saying,
    seeing,
    sending,
    translate,
)
from integrations.partners.meetime.client import Client, their_id

BASE_URL = "https://api.meetime.com.br/v2"
EVENTS = list(translate.HEARS)
CENTRAL, WON_LEADS = "centralisation", "won_leads"


class Meetime(Partner):
    """Prospecting by cadences."""

    slug = "meetime"
    label = "Meetime"
    summary = _("Prospecting by cadences: cards become leads, activities and results come back.")
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
        "funnels": KindSpec(
            label=_("Funnels, stages and loss reasons shown there"),
            every=3600,
            catalog=True,
            published=True,
            flows=(CENTRAL,),
        ),
        # In this order: what a lead says is read before the result that ends its following.
        "leads": KindSpec(label=_("Lead changes"), every=60, flows=(CENTRAL,)),
        "moves": KindSpec(label=_("Stage moves"), every=60, flows=(CENTRAL,)),
        # Results before activities: one that was done after the end is known to be (M43).
        "prospections": KindSpec(label=_("Results"), every=60, flows=(CENTRAL,)),
        "activities": KindSpec(label=_("Activities"), every=60, flows=(CENTRAL,)),
        "won": KindSpec(label=_("Won leads"), every=60, flows=(WON_LEADS,)),
    }
    actions = {
        "send_lead": ActionSpec(label=_("Send lead"), repeat=Repeat.EVIDENCE, cost=3),
        "update_lead": ActionSpec(
            label=_("Update lead"), repeat=Repeat.SAFE, cost=4, differences=True, holder_only=True
        ),
        "close_lead": ActionSpec(
            label=_("Close lead"), repeat=Repeat.SAFE, cost=3, after_end=True, holder_only=True
        ),
        "collect": ActionSpec(label=_("Collect annotations"), repeat=Repeat.SAFE, after_end=True),
        "place_deal": ActionSpec(label=_("Tell the card's stage"), repeat=Repeat.SAFE, after_publish=True),
    }
    mappable = matrix.MAPPABLE
    flows = {CENTRAL: FlowSpec(sends=True, modules=("workflow",)), WON_LEADS: FlowSpec(sends=False)}
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
        FieldSpec(
            key=seeing.LATEST_OWNER,
            label=_("Latest owner (Meetime)"),
            type="user",
            writer="people",
            sellers=True,
        ),
        FieldSpec(key=seeing.INITIAL_OWNER, label=_("Initial owner (Meetime)"), type="user", writer="once"),
        FieldSpec(
            key=seeing.LATEST_CADENCE, label=_("Latest cadence (Meetime)"), type="text", writer="system"
        ),
        FieldSpec(
            key=seeing.INITIAL_CADENCE, label=_("Initial cadence (Meetime)"), type="text", writer="once"
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
        found = pulling.records(kind, Client(call).every(PATHS[kind]))
        return [*rows.native_fields(), *found] if kind == "custom_fields" else found

    def pull(self, call: Call, kind: str, cursor: str, *, now: datetime) -> Page:
        """pulling.pull."""
        return pulling.pull(call, kind, cursor, now=now)

    def publish(self, call: Call, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ARG002
        """keeping.publish: funnels are the one kind."""
        keeping.publish(call, rows)

    def push(self, call: Call, action: Action) -> Receipt:
        """One function an action."""
        return PUSHES[action.kind](call, action)

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

    def on_receipt(self, action: str, receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
        """receipts.RECEIPTS."""
        return receipts.RECEIPTS[action](receipt, lead, situation)

    def receive(self, record: Record, account: AccountView) -> Outcome | None:
        """received.receive."""
        return received.receive(record, account)

    def explain(self, situation: Situation) -> Sequence[Tried]:
        """rules.explain."""
        return rules.explain(situation)

    def values(
        self, action: str, situation: Situation, lead: LeadView, asked: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """saying.SAYS."""
        return saying.SAYS[action](situation, lead, asked)

    def offers(self, connection_id: int, funnel_ids: Collection[int]) -> Collection[int]:
        """Only on funnels that may send (M24), and only in the flow that sends (M45)."""
        from integrations.partners.meetime.models import AllowedFunnel

        rows = AllowedFunnel.unscoped.filter(connection_id=connection_id, funnel_id__in=funnel_ids)
        return set(rows.exclude(connection__flow=WON_LEADS).values_list("funnel_id", flat=True))

    def settings(self, connection_id: int) -> Mapping[str, Any]:
        """{"funnels": ids that may send, "win_actions": "funnel:cadence" → action, "profile",

        "won_stage": id or None, "takes_funnels": whether this account took our funnels (assumed call)}.
        """
        from integrations.models import CatalogShelf
        from integrations.partners.meetime.models import AllowedFunnel, MeetimeSettings, WinAction

        told = CatalogShelf.unscoped.filter(connection_id=connection_id, kind="funnels", unsupported=False)
        row = (
            MeetimeSettings.unscoped.select_related("default_profile")
            .filter(connection_id=connection_id)
            .first()
        )
        profile = row.default_profile if row else None
        if profile is not None and profile.is_administrator:
            profile = None  # chosen before it was refused: nobody is made an administrator by it
        return {
            "funnels": list(
                AllowedFunnel.unscoped.filter(connection_id=connection_id).values_list("funnel_id", flat=True)
            ),
            "win_actions": {
                f"{each.funnel_id}:{each.cadence_id}": {"action": each.action, "stage": each.stage_id}
                for each in WinAction.unscoped.filter(connection_id=connection_id)
            },
            "profile": profile.pk if profile else None,
            "won_stage": row.won_stage_id if row else None,
            "takes_funnels": told.exclude(read_at=None).exists(),
        }

    def missing(self, connection_id: int) -> Sequence[str]:
        """A funnel, or the stage of received deals, and a profile are needed before activation (M5, M45)."""
        from integrations.models import Connection

        flow = Connection.unscoped.values_list("flow", flat=True).get(pk=connection_id)
        chosen = self.settings(connection_id)
        return [str(words) for name, words in NEEDED.get(flow, NEEDED[CENTRAL]) if not chosen[name]]


PROFILE = ("profile", _("Choose the default profile for created users."))
NEEDED = {
    CENTRAL: (("funnels", _("Choose at least one funnel that may send leads.")), PROFILE),
    WON_LEADS: (("won_stage", _("Choose the funnel and the stage where won leads arrive.")), PROFILE),
}
PUSHES: Mapping[str, Callable[[Call, Action], Receipt]] = {
    "send_lead": sending.send,
    "update_lead": keeping.update,
    "close_lead": keeping.close,
    "collect": keeping.collect,
    "place_deal": keeping.place,
}
PATHS: Mapping[str, str] = {
    "cadences": "/cadences",
    "users": "/users",
    "custom_fields": "/leads/custom-fields",
    "lost_reasons": "/prospections/lost-reasons",
}
