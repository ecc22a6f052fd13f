"""Rows that the screens of integrations show: connections in any state, automations, failures."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account, Module
from funnels.models import Deal, Funnel
from integrations.automations.services import create_automation
from integrations.engine.caller import sealing, vault
from integrations.models import (
    Arrival,
    Automation,
    CatalogItem,
    CatalogShelf,
    Connection,
    Delivery,
    Enrollment,
    Exchange,
    Lane,
    Lead,
    OutboxAction,
)
from integrations.partners.meetime import setup
from tests import factories

ORIGIN = factories.SYSTEM
ACTION = "meetime.send_lead"
TOKEN = "segredo-que-ninguem-ve-1234"


def connection_of(account: Account, *, state: str = "active", workflow: bool = True) -> Connection:
    """A connection to Meetime with sealed credentials, in this state."""
    Module.unscoped.update_or_create(
        account=account, slug="workflow", defaults={"contracted": workflow, "enabled": workflow}
    )
    row = Connection(account=account, partner="meetime", flow="centralisation", state=state)
    row.remote_id, row.remote_name = "1", "Conta na Meetime"
    row.save()
    row.sealed = vault().seal({"token": TOKEN}, context=sealing(row))
    row.save()
    return row


def cadences(connection: Connection, *names: str) -> list[CatalogItem]:
    """Cadences "1", "2", … and a shelf that was read just now."""
    CatalogShelf.unscoped.create(
        account_id=connection.account_id, connection=connection, kind="cadences", read_at=timezone.now()
    )
    return [
        CatalogItem.unscoped.create(
            account_id=connection.account_id,
            connection=connection,
            kind="cadences",
            their_id=str(number),
            name=name,
        )
        for number, name in enumerate(names, start=1)
    ]


def ready(account: Account, funnel: Any) -> Connection:
    """An active connection with an allowed funnel and two cadences."""
    connection = connection_of(account)
    cadences(connection, "Prospecção", "Inbound")
    setup.allow_funnels(connection=connection, funnels=[funnel], origin=ORIGIN)
    return connection


def automation_of(connection: Connection, funnel: Funnel, **values: Any) -> Automation:
    given = {
        "stage": funnel.stages.all()[1],
        "description": "Enviar",
        "trigger": "entered",
        "action": ACTION,
        "parameters": {"cadence": "1", "start": "now"},
        **values,
    }
    return create_automation(funnel=funnel, connection=connection, origin=ORIGIN, **given)


def lead_of(connection: Connection, deal: Deal, *, state: str = "executing", number: int = 1) -> Lead:
    run = Enrollment.unscoped.create(
        account_id=deal.account_id,
        connection=connection,
        deal=deal,
        number=number,
        state="active",
        started_at=timezone.now(),
    )
    return Lead.unscoped.create(
        account_id=deal.account_id, enrollment=run, person=deal.person, is_main=True, state=state
    )


def action_of(
    lead: Lead, *, state: str = "refused", reason: str = "E-mail inválido", n: int = 1
) -> OutboxAction:
    run = lead.enrollment
    lane, _made = Lane.unscoped.get_or_create(
        account_id=run.account_id, connection=run.connection, key=f"deal:{run.deal_id}"
    )
    return OutboxAction.unscoped.create(
        account_id=run.account_id,
        connection=run.connection,
        lane=lane,
        enrollment=run,
        lead=lead,
        kind="send_lead",
        reference=f"{run.deal_id}.{lead.pk}.{n}",
        state=state,
        reason=reason,
        created_at=timezone.now(),
    )


def arrival_of(
    connection: Connection, deal: Deal, *, state: str = "failed", reason: str = "Sem lead"
) -> Arrival:
    lane, _made = Lane.unscoped.get_or_create(
        account_id=connection.account_id, connection=connection, key=f"deal:{deal.pk}"
    )
    delivery = Delivery.unscoped.create(
        account_id=connection.account_id, connection=connection, source="webhook", received_at=timezone.now()
    )
    return Arrival.unscoped.create(
        account_id=connection.account_id,
        delivery=delivery,
        connection=connection,
        lane=lane,
        kind="activities",
        their_id="9",
        event="done",
        record={"id": "9"},
        digest="x",
        state=state,
        reason=reason,
        received_at=timezone.now(),
    )


def exchange_of(connection: Connection, *, status: int = 200) -> Exchange:
    return Exchange.unscoped.create(
        account_id=connection.account_id,
        connection=connection,
        at=timezone.now(),
        method="GET",
        url="https://api.example/users",
        request_headers={"Authorization": "•••"},
        response_body='{"corpo": 1}',
        status=status,
    )


def post(client: Client, account: Account, url: str, **data: Any) -> Any:
    """A form of the portal: it carries the account."""
    return client.post(url, {"account": account.pk, **data})


def words_of(response: Any) -> list[str]:
    """The toasts of the page that a redirect leads to."""
    return [str(message) for message in response.context["messages"]] if response.context else []
