"""Walks the OpenAPI document: an account with one row of everything, and values that fit a schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.invitations import invite
from accounts.models import ApiKey, Module, Profile, User
from accounts.scoping import ScopedModel
from accounts.teams import create_team
from funnels import services
from integrations.activation import matrices
from integrations.models import (
    Arrival,
    Automation,
    CatalogItem,
    Connection,
    Delivery,
    Enrollment,
    EventDelivery,
    Exchange,
    Lane,
    Lead,
    OutboxAction,
    OutgoingEvent,
    WebhookEndpoint,
    WorkflowRun,
)
from integrations.partners.meetime.models import WinAction
from mapping.models import Conflict, Counterpart, FieldMap
from tests.conftest import World
from tests.factories import SYSTEM

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODELS = {model.__name__: model for model in apps.get_models()}


def document() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def furnish(world: World) -> dict[str, str]:
    """One row of everything that an id can point at: model name → id."""
    account, funnel = world.account, world.funnel
    stage = funnel.stages.first()
    company = services.create_company(account=account, name="Padaria Secreta", origin=SYSTEM)
    person = services.create_person(
        account=account, name="Pessoa Secreta", email="p@secreta.example", origin=SYSTEM
    )
    deal = services.create_deal(
        account=account, title="Card Secreto", stage=stage, origin=SYSTEM, person=person
    )
    record, _new = services.log_interaction(
        account=account, type="simple", text="Secreto", occurred_at=NOW, origin=SYSTEM, deal=deal
    )
    own = {"account": account}
    matrices.declare_all()
    side = Counterpart.unscoped.create(**own, slug="meetime", remote_id="9")
    connection = Connection.unscoped.create(
        **own, partner="meetime", state="active", flow="central", counterpart=side
    )
    of = {**own, "connection": connection}
    lane = Lane.unscoped.create(**of, key=f"deal:{deal.pk}")
    run = Enrollment.unscoped.create(**of, deal=deal, started_at=NOW)
    lead = Lead.unscoped.create(**own, enrollment=run, person=person)
    delivery = Delivery.unscoped.create(**of, source="webhook", received_at=NOW, body=b"{}")
    sent = OutboxAction.unscoped.create(
        **of, lane=lane, enrollment=run, lead=lead, kind="send_lead", reference="secret", created_at=NOW
    )
    endpoint = WebhookEndpoint.unscoped.create(
        **own, url="https://secret.example/", events=["person.deleted"]
    )
    event = OutgoingEvent.unscoped.create(
        **own, uid=f"evt_{account.pk}", kind="person.deleted", at=NOW, data={"object": {"id": "1"}}
    )
    team = create_team(account=account, name="Equipe Secreta", origin=SYSTEM)
    invitation = invite(
        account=account,
        email="convite@secreta.example",
        profile=Profile.objects.of(account).first(),
        origin=SYSTEM,
        now=timezone.now(),
    )
    rows: list[models.Model] = [
        endpoint,
        event,
        EventDelivery.unscoped.create(**own, endpoint=endpoint, event=event, due_at=NOW),
        company,
        person,
        deal,
        record,
        connection,
        run,
        lead,
        delivery,
        sent,
        funnel,
        stage,
        world.admin,
        Profile.objects.of(account).first(),
        team,
        invitation,
        Module.unscoped.filter(account=account).first(),
        services.add_loss_reason(funnel=funnel, name="Secreto", origin=SYSTEM),
        services.add_checklist_item(stage=stage, text="Secreto", origin=SYSTEM, mandatory=False),
        services.add_requirement(stage=stage, field="deal.amount", text="Secreto", origin=SYSTEM),
        services.create_task(account=account, title="Secreta", origin=SYSTEM, deal=deal),
        services.ensure_custom_field(
            account=account, entity="deal", key="secreto", label="Secreto", type="text", origin=SYSTEM
        ),
        automation := Automation.unscoped.create(
            **of, funnel=funnel, stage=stage, description="Secreta", action="meetime.send_lead"
        ),
        WorkflowRun.unscoped.create(
            **own, automation=automation, deal=deal, cause="change:1", due_at=NOW, created_at=NOW
        ),
        Arrival.unscoped.create(
            **of, delivery=delivery, lane=lane, kind="activity", their_id="1", digest="x", received_at=NOW
        ),
        Exchange.unscoped.create(**of, action=sent, at=NOW, method="GET", url="https://secret.example/"),
        CatalogItem.unscoped.create(**of, kind="cadences", their_id="9", name="Cadência"),
        WinAction.unscoped.create(**of, funnel=funnel, cadence_id="9", action="keep"),
        services.create_product(account=account, name="Produto Secreto", origin=SYSTEM),
        services.store_file(
            account=account, file=SimpleUploadedFile("secreto.txt", b"x"), name="secreto.txt", origin=SYSTEM
        ),
        FieldMap.unscoped.create(
            **own,
            counterpart=side,
            entity="deal",
            key="title",
            kind="lead",
            their_key="custom.secreto",
            pair_id="meetime:text:text",
            partner="meetime",
            our_type="text",
            their_type="text",
        ),
        Conflict.unscoped.create(
            **own,
            counterpart=side,
            entity="deal",
            our_id=deal.pk,
            their_id="9",
            deal_id=deal.pk,
            their_key="custom.secreto",
            label="Secreto",
            winner="ours",
            why="w",
            at=NOW,
        ),
    ]
    return {type(row).__name__: str(row.pk) for row in rows}


def resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def body_of(operation: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    json = content.get("application/json")  # files come as multipart/form-data
    return resolved(json["schema"], whole) if json else {}


def filled(schema: dict[str, Any], whole: dict[str, Any], ids: dict[str, str], *, name: str = "") -> Any:
    """A value that fits the schema, its ids taken from `ids`."""
    schema = resolved(schema, whole)
    if "x-of" in schema:
        return ids[schema["x-of"]]
    for variant in schema.get("oneOf", schema.get("allOf", ())):
        return filled(variant, whole, ids, name=name)
    if "enum" in schema:
        return "text" if name == "type" and "text" in schema["enum"] else schema["enum"][0]
    kind = schema.get("type")
    kind = next(each for each in kind if each != "null") if isinstance(kind, list) else kind
    if kind == "object":
        return {
            key: filled(inner, whole, ids, name=key) for key, inner in schema.get("properties", {}).items()
        }
    if kind == "array":
        empty = name == "options"
        return [] if empty else [filled(schema["items"], whole, ids, name=name)]
    formats = {"date-time": "2026-11-20T12:00:00Z", "decimal": "10.00", "email": "nova@casa.example"}
    words = {"key": "novo", "partner": "meetime", "flow": "central"}
    plain = {
        "string": words.get(name) or formats.get(schema.get("format", ""), "1"),
        "boolean": True,
        "integer": 1,
    }
    return plain[str(kind)]


def relations(
    schema: dict[str, Any], whole: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Where ids stand in a body."""
    schema = resolved(schema, whole)
    if "x-of" in schema:
        yield path
    for variant in (*schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from relations(variant, whole, path)
    for key, inner in schema.get("properties", {}).items():
        yield from relations(inner, whole, (*path, key))
    if "items" in schema:
        yield from relations(schema["items"], whole, path)


def snapshot() -> dict[str, list[Any]]:
    """Every row of every account, but for when a key was last used."""
    rows = {}
    for model in MODELS.values():
        if issubclass(model, ScopedModel) and model is not ApiKey:
            rows[model.__name__] = list(model.unscoped.order_by("pk").values())
    rows["User"] = list(User.objects.order_by("pk").values())
    return rows


def address(path: str, ids: dict[str, str], parameters: list[dict[str, Any]]) -> str:
    for parameter in parameters:
        if parameter["in"] == "path":
            of = parameter["schema"].get("x-of")
            value = ids[of] if of else {"slug": "meetime", "kind": "cadences"}[parameter["name"]]
            path = path.replace(f"{{{parameter['name']}}}", value)
    return path


def relation_model(schema: dict[str, Any], whole: dict[str, Any], place: tuple[str, ...]) -> str:
    schema = resolved(schema, whole)
    for key in place:
        schema = resolved(schema["properties"][key], whole)
        if "items" in schema and "x-of" not in schema["items"]:
            schema = resolved(schema["items"], whole)  # a list of objects
        for variant in (*schema.get("oneOf", ()), *schema.get("allOf", ())):
            schema = resolved(variant, whole)
    return str(schema["items"]["x-of"] if "items" in schema else schema["x-of"])
