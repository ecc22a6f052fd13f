"""The Partner that each folder subclasses, and the register of those that are installed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from integrations.contract.decisions import Action, Outcome, Tried
from integrations.contract.declaration import (
    ActionSpec,
    AutomationAction,
    CredentialField,
    Delivered,
    FieldSpec,
    FlowSpec,
    KindSpec,
    Mappable,
    Window,
    Words,
)
from integrations.contract.views import AccountView, ChangeView, LeadView, Situation
from integrations.contract.wire import Call, Identity, Page, Receipt, Record


class Partner:
    """An outside product that we speak to; subclass in `partners/<slug>/partner.py` and fill in.

    Verbs do I/O only through `call`. The engine is the only place that retries.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[Words]
    modules: ClassVar[Sequence[str]] = ()
    credentials: ClassVar[Sequence[CredentialField]]
    kinds: ClassVar[Mapping[str, KindSpec]]
    actions: ClassVar[Mapping[str, ActionSpec]]
    automation_actions: ClassVar[Sequence[AutomationAction]] = ()
    fields: ClassVar[Sequence[FieldSpec]] = ()
    pace: ClassVar[Sequence[Window]]
    time_zone: ClassVar[str] = "America/Sao_Paulo"
    mappable: ClassVar[Mappable | None] = None
    flows: ClassVar[Mapping[str, FlowSpec]] = {}
    delivery_id_header: ClassVar[str] = ""
    signs: ClassVar[bool] = False

    def demands(self, flow: str = "") -> list[str]:
        """The modules that have to be on in this flow; in any flow where none is chosen (G3)."""
        flows = [self.flows[flow]] if flow in self.flows else list(self.flows.values())
        return list(dict.fromkeys([*self.modules, *(slug for each in flows for slug in each.modules)]))

    def sends(self, flow: str) -> bool:
        """Whether cards are sent in this flow; a partner without flows always sends (M1, M45)."""
        return flow not in self.flows or self.flows[flow].sends

    def base_url(self, credentials: Mapping[str, str], configured: str) -> str:
        """Where this connection speaks to; `configured` is the installation's address for the partner."""
        return configured

    def check(self, call: Call) -> Identity:
        """Who we are over there; no side effect. Raises Denied for credentials that do not open the door."""
        raise NotImplementedError

    def describe(self, call: Call, kind: str) -> Sequence[Record]:
        """All rows of a catalog kind, complete, with stable ids."""
        raise NotImplementedError

    def pull(self, call: Call, kind: str, cursor: str, *, now: datetime) -> Page:
        """One page of a polled kind from `cursor` ("" at first); never skips a row not yet seen."""
        raise NotImplementedError

    def push(self, call: Call, action: Action) -> Receipt:
        """Does one action and says what became of it."""
        raise NotImplementedError

    def evidence(self, call: Call, action: Action) -> Receipt | None:
        """What proves that this very action happened, or None when it surely did not."""
        raise NotImplementedError

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivered:
        """A webhook's body as records; raises Unsupported or Malformed. No I/O."""
        raise NotImplementedError

    def verify(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool | None:
        """Whether the signature is theirs; None when the partner does not sign. No I/O."""
        return None

    def subscribe(self, call: Call, *, target_url: str, secret: str) -> str:
        """Registers our webhook, replacing an older one of ours; returns its id over there."""
        raise NotImplementedError

    def unsubscribe(self, call: Call, webhook_id: str) -> None:
        """Takes our webhook away (G6)."""
        raise NotImplementedError

    def on_record(self, record: Record, situation: Situation) -> Outcome:
        """What their news means in the CRM: pure."""
        raise NotImplementedError

    def on_change(self, change: ChangeView, situation: Situation) -> Outcome:
        """What a change of the CRM means to them: pure."""
        raise NotImplementedError

    def on_receipt(self, action: str, receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
        """What an action that was done means in the CRM: pure."""
        raise NotImplementedError

    def explain(self, situation: Situation) -> Sequence[Tried]:
        """Why this card was or was not sent (X1): the same rules as on_change, on the present."""
        raise NotImplementedError

    def values(
        self, action: str, situation: Situation, lead: LeadView, asked: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What an action would say now, in our neutral field names: pure; `asked` is what rules asked for."""
        raise NotImplementedError

    def receive(self, record: Record, account: AccountView) -> Outcome | None:
        """What news of a lead that belongs to no card means here (M45): pure; None when nothing."""
        return None

    def publish(self, call: Call, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Tells the partner our rows of a published kind, all of them; Unsupported where it takes none."""
        raise NotImplementedError

    def offers(self, connection_id: int, funnel_ids: Collection[int]) -> Collection[int]:
        """On which of these funnels the partner's automation actions may be used (M24)."""
        return funnel_ids

    def on_activated(self, connection_id: int) -> None:
        """The partner's own rows for a connection that goes active; called inside that transaction."""

    def settings(self, connection_id: int) -> Mapping[str, Any]:
        """The partner's own settings of a connection, as rules see them."""
        return {}

    def missing(self, connection_id: int) -> Sequence[str]:
        """What still has to be chosen before activation, as message ids (M5)."""
        return ()


_PARTNERS: dict[str, Partner] = {}


def register(partner: Partner) -> None:
    """Called once by each partner's AppConfig.ready; the same slug twice is a programming error."""
    known = _PARTNERS.get(partner.slug)
    if known is not None and type(known) is not type(partner):
        raise ValueError(f"two partners call themselves {partner.slug!r}")
    _PARTNERS[partner.slug] = partner


def partners() -> Mapping[str, Partner]:
    """Every registered partner by slug."""
    return _PARTNERS


def partner(slug: str) -> Partner:
    """The partner of that slug; KeyError when it is not installed."""
    return _PARTNERS[slug]
