"""An account with its own account at the sandbox and its cards; and both sides compared afterwards."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import Account
from funnels import services
from funnels.models import Deal, Funnel, InteractionRecord, Person
from integrations.engine import catalog, clock, life, polling, pump, subscription
from integrations.models import (
    Arrival,
    Automation,
    Connection,
    Delivery,
    Enrollment,
    Exchange,
    Lane,
    Lead,
    LinkedUser,
    OutboxAction,
)
from integrations.partners.meetime import setup
from integrations.sandbox.ledger import alias_of
from mapping.models import Link
from tests import factories
from tests.faults.site import Site, wait_for

WHO = ("email", "no_email", "open", "closed")
"""Whom the card's contact is over there: new with and without e-mail; known, open or closed (M32)."""

MADE = {"email": "created", "no_email": "created", "open": "left", "closed": "reopened"}

_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Story:
    """An account of ours, its token there, its funnel and its active connection."""

    site: Site
    token: str
    account: Account
    funnel: Funnel
    connection: Connection
    automation: Automation

    @property
    def alias(self) -> str:
        return alias_of(self.token)

    def order(self, path: str, **body: object) -> Any:
        return self.site.control("POST", f"meetime/{path}", {"token": self.token, **body})

    def ledger(self, kind: str = "lead.*", *, by: str = "api") -> list[dict[str, Any]]:
        rows = self.site.sandbox.ledger.since(account=self.alias, kind=kind)
        return [row for row in rows if not by or row.get("by") == by]

    def card(self, who: str) -> Deal:
        """A card in the first stage whose contact is `who` over there."""
        number = next(_numbers)
        email = "" if who == "no_email" else f"pessoa{number}@padaria.example"
        if who in ("open", "closed"):
            lead = self.order(
                "leads", name="Já lá", email=email, cadence_id=int(self.automation.parameters["cadence"])
            )
            if who == "closed":
                self.order(f"leads/{lead['id']}/lose", reason="Sem perfil")
        person = services.create_person(
            account=self.account, name=f"Pessoa {number}", email=email, origin=factories.SYSTEM
        )
        seller = LinkedUser.unscoped.filter(connection=self.connection).order_by("pk").first().user
        return factories.deal(funnel=self.funnel, title=f"Card {number}", person=person, owner=seller)

    def enter(self, deal: Deal) -> None:
        """The card enters the stage that sends."""
        stage = list(self.funnel.stages.all())[1]
        services.move_deal(deal=deal, stage=stage, origin=factories.SYSTEM)

    def listen(self) -> None:
        """Our webhook over there."""
        self.catch_breath()
        subscription.register_webhook(self.connection)
        self.connection.refresh_from_db()
        assert self.connection.webhook_id not in ("", "-")

    def heard(self) -> None:
        """All webhooks are out of the door."""
        assert self.site.sandbox.courier.settle(timeout=15), self.site.sandbox.courier.waiting()

    def poll(self) -> None:
        for kind in ("activities", "prospections"):
            self.catch_breath()
            polling.due_cursors(self.connection, now=clock.now())
            polling.poll(self.connection, kind)

    def drain(self) -> None:
        self.catch_breath()
        pump.drain(seconds=20)

    def exchanges(self) -> list[str]:
        """What was said to the partner so far, for a failure's message."""
        rows = Exchange.unscoped.filter(connection=self.connection).order_by("pk")
        return [f"{row.method} {row.url} → {row.status} {row.error}" for row in rows]

    def state_of(self, deal: Deal) -> str:
        """The state of the card's only action; why is told in a failure's captured output."""
        action = OutboxAction.unscoped.get(enrollment__deal=deal, kind="send_lead")
        print(action.state, action.reason, action.due_at, *self.exchanges(), sep="\n")
        return str(action.state)

    def their_id(self, deal: Deal) -> str:
        lead = Lead.unscoped.get(enrollment__deal=deal)
        found: str = Link.unscoped.get(our_id=lead.pk, entity="lead", kind="lead").their_id
        return found

    def open_work(self) -> list[str]:
        """What is not settled yet, in words; a lane that waits counts."""
        mine = {"connection": self.connection}
        rows: list[Any] = [
            *Delivery.unscoped.filter(**mine, state=Delivery.State.RECEIVED),
            *Arrival.unscoped.filter(**mine, state=Arrival.State.WAITING),
            *OutboxAction.unscoped.filter(**mine, state__in=OutboxAction.OPEN),
            *Lane.unscoped.filter(**mine, due_at__isnull=False),
            *Lane.unscoped.filter(**mine).exclude(token=""),
        ]
        more = ("state", "reason", "due_at", "lease_until", "step")
        return [
            " ".join([type(row).__name__, str(row), *(f"{name}={getattr(row, name, '')}" for name in more)])
            for row in rows
        ]

    def settle(self, *, seconds: float = 25.0) -> None:
        """Until nothing is open; a failure lists what is."""
        try:
            wait_for("everything settled", lambda: not self.open_work(), seconds=seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.open_work()}") from None

    def hurry(self) -> None:
        """Time passes: rests and due times of this connection are over."""
        now = clock.now()
        Connection.unscoped.filter(pk=self.connection.pk, clock_until__isnull=False).update(clock_until=now)
        OutboxAction.unscoped.filter(connection=self.connection, due_at__gt=now).update(due_at=now)
        Arrival.unscoped.filter(connection=self.connection, due_at__gt=now).update(due_at=now)
        Lane.unscoped.filter(connection=self.connection, due_at__gt=now).update(due_at=now)
        self.catch_breath()

    def catch_breath(self) -> None:
        """A minute without requests: our own pace of one a second holds nothing back."""
        self.connection.pace.update(counted_at=clock.now() - timedelta(minutes=1))

    def finish(self, *, rounds: int = 12) -> None:
        """Time passes and the pump works, until nothing is open."""
        for _round in range(rounds):
            self.hurry()
            self.drain()
            if not self.open_work():
                return
        raise AssertionError(f"after {rounds} rounds still open: {self.open_work()}")


def begin(site: Site, *, tail: str = "") -> Story:
    """A new account, connected and active, with one automation that sends; `tail` ends its token."""
    number = next(_numbers)
    token = f"token-of-story-{number:04d}-{id(site)}{tail}"
    site.control("POST", "meetime/accounts", {"token": token, "leads": 0})
    site.control("POST", "meetime/pace", {"token": token, "rate": 10_000, "burst": 10_000})
    account = factories.AccountFactory(name=f"Conta {number}")
    factories.profile(account=account, administrator=True)
    seller = factories.member(account=account, email=f"vendas{number}@{id(site)}.example")
    funnel = factories.funnel(account=account)
    for module in ("workflow", "deals", "api"):
        factories.module(account=account, slug=module)
    connection = life.start(
        account=account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    connection = life.validate(connection=connection, credentials={"token": token}, origin=factories.SYSTEM)
    connection = life.enable(connection=connection, origin=factories.SYSTEM)
    setup.allow_funnels(connection=connection, funnels=[funnel], origin=factories.SYSTEM)
    setup.set_default_profile(
        connection=connection, profile=seller.memberships.get().profile, origin=factories.SYSTEM
    )
    for kind in ("cadences", "users"):
        catalog.refresh(connection, kind, now=clock.now())
    connection = life.activate(connection=connection, origin=factories.SYSTEM)
    cadence = next(row for row in catalog.items(connection, "cadences") if row.data["priority"] == "MEDIUM")
    automation = Automation.unscoped.create(
        account=account,
        funnel=funnel,
        stage=list(funnel.stages.all())[1],
        description="Enviar",
        trigger="entered",
        action="meetime.send_lead",
        connection=connection,
        parameters={"cadence": cadence.their_id, "start": "now"},
    )
    setup.set_win_action(
        connection=connection,
        funnel=funnel,
        cadence_id=cadence.their_id,
        action="win",
        stage=None,
        origin=factories.SYSTEM,
    )
    story = Story(
        site=site, token=token, account=account, funnel=funnel, connection=connection, automation=automation
    )
    story.catch_breath()
    return story


def compare_sent(story: Story, deal: Deal, *, who: str) -> None:
    """The sandbox's ledger and the CRM say the same of one card that was sent once."""
    made = MADE[who]
    reference = f"{deal.pk}.{Lead.unscoped.get(enrollment__deal=deal).pk}"
    there = [row for row in story.ledger() if row["body"].get("externalReference") == reference]
    kinds = [row["kind"] for row in there]
    if made == "left":
        assert set(kinds) == {"lead.left"}, f"only “left” was expected of an open lead: {kinds}"
    else:
        assert kinds == [f"lead.{made}"], f"exactly one lead.{made} was expected: {kinds}"
    action = OutboxAction.unscoped.get(enrollment__deal=deal, kind="send_lead")
    assert (action.state, action.receipt["facts"]["made"]) == ("done", made), (action.state, action.receipt)
    run = Enrollment.unscoped.get(deal=deal)
    lead = Lead.unscoped.get(enrollment=run)
    links = Link.unscoped.filter(our_id=lead.pk, entity="lead", kind="lead", account=story.account)
    if made == "left":
        assert (run.state, lead.state, links.count()) == ("ended", "left", 0)
    else:
        assert (run.state, lead.state) == ("active", "executing")
        assert [link.their_id for link in links] == [str(there[0]["ids"]["lead"])]
        deal.refresh_from_db()
        assert deal.custom.get("meetime_latest_cadence"), "the card's fields were not written"
    assert Person.unscoped.filter(account=story.account).count() == len(
        set(Deal.unscoped.filter(account=story.account).values_list("person", flat=True))
    ), "no person was made up"


def compare_heard(story: Story, deal: Deal, *, activities: int) -> None:
    """What happened there is here once: a record for each activity, one for the result, the deal won."""
    deal.refresh_from_db()
    assert deal.status == Deal.Status.WON
    records = InteractionRecord.unscoped.filter(account=story.account, deal=deal)
    sources = sorted(records.values_list("source", flat=True))
    assert len([each for each in sources if ":activity:" in each]) == activities, sources
    assert len([each for each in sources if ":result:" in each]) == 1, sources
    assert len(sources) == activities + 1, sources
    run = Enrollment.unscoped.get(deal=deal)
    assert (run.state, Lead.unscoped.get(enrollment=run).state) == ("ended", "won")
    failed = Arrival.unscoped.filter(connection=story.connection, state=Arrival.State.FAILED)
    assert not failed.exists(), list(failed.values_list("reason", flat=True))
    mute = Arrival.unscoped.filter(connection=story.connection, state=Arrival.State.IGNORED, reason="")
    assert not mute.exists(), "an ignored arrival does not say why"
