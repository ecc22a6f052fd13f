"""A person whose traces lie where no lead of hers points to, and what of her any table still says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.serializers.json import DjangoJSONEncoder
from post_office.models import Email

from accounts.models import AuditEntry, Notice
from funnels import services
from funnels.models import CheckIn, Deal, Person
from funnels.services.scrubbing import folded
from integrations.engine import clock
from integrations.models import (
    Arrival,
    AutomationRun,
    Connection,
    Delivery,
    Lane,
    OutgoingEvent,
    SyncEvent,
    WorkflowRun,
)
from mapping.models import Counterpart, Link
from tests import factories
from tests.conftest import World

NAME, EMAIL, PHONE, CPF = "Zuléika Quaresma", "zuleika.q@canario.example", "(48) 98877-6655", "529.982.247-25"
OLD_EMAIL, OLD_PHONE = "zq@antigo.example", "(47) 3322-1144"
CANARIES = (
    *("zuleika", "quaresma", "canario", "antigo.example", "52998224725", "529.982.247"),
    *("98877-6655", "88776655", "8877-6655", "33221144", "3322-1144"),
)


def spoken_of(canaries: Sequence[str] = CANARIES) -> dict[str, int]:
    """Table → rows of any table at all, Django's and the libraries' too, that hold a canary."""
    found: dict[str, int] = {}
    for model in apps.get_models(include_auto_created=True):
        for row in model._default_manager.all().values():
            text = json.dumps({key: _plain(each) for key, each in row.items()}, cls=DjangoJSONEncoder)
            read = folded(json.dumps(json.loads(text), ensure_ascii=False))
            if any(canary in read for canary in canaries):
                found[model._meta.label] = found.get(model._meta.label, 0) + 1
    return found


def _plain(value: Any) -> Any:
    if not isinstance(value, bytes | memoryview):
        return value
    text = bytes(value).decode(errors="replace")
    return json.loads(text) if text.startswith(("{", "[")) else text


@dataclass(frozen=True, kw_only=True)
class Held:
    """The person, the card that was received for her, the account's connection."""

    world: World
    person: Person
    deal: Deal
    connection: Connection

    def delivery(self, told: Any, *, state: str = "taken", source: str = "webhook") -> Delivery:
        """A raw message, as JSON escapes it."""
        return Delivery.unscoped.create(
            account=self.world.account,
            connection=self.connection,
            source=source,
            state=state,
            body=json.dumps(told).encode(),
            received_at=clock.now(),
        )

    def arrival(self, delivery: Delivery, *, state: str = "ignored", **record: Any) -> Arrival:
        """One thing of a message."""
        whole = {
            "kind": "lead",
            "id": "9001",
            "fields": {},
            "event": None,
            "when": None,
            "by": "",
            "reference": None,
            "about": {},
            **record,
        }
        lane, _made = Lane.unscoped.get_or_create(
            account=self.world.account, connection=self.connection, key=f"lead:{whole['id']}"
        )
        return Arrival.unscoped.create(
            account=self.world.account,
            delivery=delivery,
            connection=self.connection,
            lane=lane,
            kind=whole["kind"],
            their_id=whole["id"],
            record=whole,
            digest="d",
            state=state,
            received_at=clock.now(),
        )

    def fresh(self) -> Person:
        return Person.unscoped.get(pk=self.person.pk)


@pytest.fixture
def held(world: World) -> Held:
    """She was known by another e-mail and number, and a won lead of hers was received (M45)."""
    account = world.account
    counterpart = Counterpart.unscoped.create(account=account, slug="meetime", remote_id="77")
    connection = Connection.unscoped.create(
        account=account, partner="meetime", state="active", flow="won_leads", counterpart=counterpart
    )
    for label, type in (("CPF", "cpf"), ("Contrato", "attachment")):
        services.create_custom_field(
            account=account, entity="person", label=label, type=type, origin=factories.SYSTEM
        )
    files = [
        services.store_file(
            account=account, file=ContentFile(b"x"), name=f"{NAME} {each}.txt", origin=factories.SYSTEM
        )
        for each in (1, 2)
    ]
    made = services.create_person(
        account=account, name=NAME, email=OLD_EMAIL, phones=[OLD_PHONE], origin=factories.SYSTEM
    )
    for file, more in ((files[0], {"email": EMAIL}), (files[1], {"phones": [PHONE]})):
        custom = {"cpf": "52998224725", "contrato": str(file.pk)}
        made = services.update_person(person=made, custom=custom, origin=factories.SYSTEM, **more)
    deal = factories.deal(funnel=world.funnel, person=made, title="Obra da Zuleika")
    Link.unscoped.create(
        account=account,
        counterpart=counterpart,
        kind="lead",
        entity="deal",
        our_id=deal.pk,
        their_id="7001",
        theirs={"name": NAME, "email": EMAIL},
    )
    return Held(world=world, person=made, deal=deal, connection=connection)


@pytest.fixture
def scattered(held: Held) -> Held:
    """What lies about: raw messages, words on the card, explanations, logs of Django and its libraries."""
    account, deal, now = held.world.account, held.deal, clock.now()
    her = {"name": NAME.upper(), "email": EMAIL, "phones": ["+5548988776655"]}
    held.arrival(held.delivery({"lead": {"id": 7001}}), id="7001", state="applied", fields=her)
    held.delivery([{"kind": "lead", "id": "1", "fields": {"name": "Rui"}}, {"fields": her}], source="poll")
    held.delivery({"prospection": {"lead": {"id": 7001}}, "note": "Quaresma ligou"})
    held.delivery({"phone": "48 98877 6655", "who": "Zuleika"}, state="failed")
    held.delivery({"mail": OLD_EMAIL}, state="unverified")
    held.arrival(held.delivery(her), id="9001", fields={"values": her})
    services.lose_deal(deal=deal, note_text=f"{NAME} desistiu", origin=factories.SYSTEM)
    task = services.create_task(
        account=account, title="Ligar para a Zuleika", deal=deal, origin=factories.SYSTEM
    )
    CheckIn.unscoped.create(
        account=account, task=task, kind="in", user=held.world.seller, at=now, latitude="-27.5", longitude=1
    )
    services.log_interaction(
        account=account,
        type="simple",
        text="zuleika pediu desconto",
        occurred_at=now,
        deal=deal,
        origin=factories.SYSTEM,
    )
    old = factories.deal(funnel=held.world.funnel, person=held.person, title=f"Antiga de {NAME}")
    services.update_deal(deal=old, person=None, origin=factories.SYSTEM)
    rule = {"row": "S7", "passed": True, "words": "%(value)s", "saw": {"value": CPF, "raw": "52998224725"}}
    automation = _automation(held)
    AutomationRun.unscoped.create(
        account=account, connection=held.connection, deal=deal, change_id=1, at=now, tried=[rule]
    )
    WorkflowRun.unscoped.create(
        account=account, automation=automation, deal=deal, cause="c", due_at=now, created_at=now, tried=[rule]
    )
    SyncEvent.unscoped.create(
        account=account, connection=held.connection, deal=deal, at=now, words="%(lead)s", saw={"lead": NAME}
    )
    for kind, thing in (("person.updated", held.person), ("deal.updated", deal)):
        OutgoingEvent.unscoped.create(
            account=account,
            uid=kind,
            kind=kind,
            at=now,
            data={"object": {"id": str(thing.pk), "title": "Obra da Zuleika"}},
        )
    Notice.unscoped.create(
        account=account, user=held.world.admin, kind="task", words="w", values={"card": NAME}, at=now
    )
    AuditEntry.unscoped.create(account=account, actor_label="x", action="workflow.run_again", subject=NAME)
    Email.objects.create(from_email="a@x.example", to=["b@x.example"], subject=f"Obra de {NAME.upper()}")
    LogEntry.objects.create(
        user=held.world.admin,
        content_type=ContentType.objects.get_for_model(Person),
        object_id=str(held.person.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message="",
    )
    return held


def _automation(held: Held) -> Any:
    from integrations.models import Automation

    return Automation.unscoped.create(
        account=held.world.account,
        funnel=held.world.funnel,
        stage=held.deal.stage,
        description="Avisar",
        action="create_task",
    )
