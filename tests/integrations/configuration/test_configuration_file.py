"""X6: what is in the file, that it comes back, and that a plan says exactly what applying does."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.utils import translation

from accounts.models import AuditEntry
from funnels import services as crm
from funnels.models import ChecklistItem, CustomField, Funnel, Stage
from integrations import demo
from integrations.automations.services import create_automation
from integrations.configuration import services
from integrations.models import Automation, Connection
from integrations.partners.meetime.models import WinAction
from mapping.models import FieldMap
from tests import factories
from tests.factories import SYSTEM
from tests.integrations.configuration.furnished import (
    ORIGIN,
    acts,
    connected,
    fresh,
    furnish,
    planned,
    put_in,
    rename_there,
)
from tests.integrations.shown import TOKEN

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).with_name("demonstration.yaml")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def test_x6_names_stand_where_ids_would(world) -> None:
    furnish(world)
    data = yaml.safe_load(services.export(world.account))
    assert data["connections"]["meetime"]["settings"] == {
        "funnels": ["Novos clientes"],
        "default_profile": "Vendedor",
    }
    assert data["connections"]["meetime"]["win_actions"] == [
        {
            "funnel": "Novos clientes",
            "cadence": {"name": "Prospecção", "id": "1"},
            "action": "move",
            "stage": "Novos clientes / Proposta",
        }
    ]
    assert data["connections"]["meetime"]["field_maps"] == [
        {"ours": "person.cargo", "theirs": {"name": "Cargo", "id": "custom.cargo"}, "master": "ours"}
    ]
    sent, idle, passed = data["automations"]
    assert sent["filters"] == [
        {"field": "deal.owner", "operator": "is", "value": "vendas@casa.example"},
        {"field": "deal.stage", "operator": "is", "value": "Novos clientes / Enviar para prospecção"},
    ]
    assert sent["match"] == "any"
    assert sent["parameters"] == {"cadence": {"name": "Inbound", "id": "2"}, "start": "now"}
    assert idle["parameters"] == {"stage": "Novos clientes / Proposta"}
    assert idle["trigger_values"]["days"] == 7
    assert passed["parameters"] == {"owner": "user:vendas@casa.example"}
    assert passed["enabled"] is False


def test_x6_no_secret_and_no_person_of_a_card_is_in_the_file(world) -> None:
    connection = furnish(world)
    crm.create_person(account=world.account, name="Canária", email="canaria@x.example", origin=SYSTEM)
    Connection.unscoped.filter(pk=connection.pk).update(
        webhook_token="CANARIO-webhook", sealed_webhook="CANARIO-selado", webhook_id="CANARIO-id"
    )
    text = services.export(world.account)
    assert TOKEN not in text
    assert "CANARIO" not in text
    assert "anária" not in text
    assert connection.sealed not in text
    assert str(connection.webhook_token) not in text


def test_x6_the_same_account_gives_the_same_file_and_nothing_to_do(world) -> None:
    furnish(world)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    text = services.export(world.account, now=now)
    assert services.export(world.account, now=now) == text
    plan = planned(world.account, text)
    assert not plan.changes
    assert plan.steps == []
    assert plan.same > 10


def test_x6_a_fresh_account_becomes_the_same(world) -> None:
    furnish(world)
    other = fresh()
    connected(other)
    done = put_in(other, services.export(world.account))
    assert acts(done).get("cannot") is None
    assert acts(done).get("wait") is None
    assert services.sections_of(other) == services.sections_of(world.account)
    again = planned(other, services.export(world.account))
    assert not again.changes
    assert again.steps == []


def test_x6_ids_of_another_partner_account_are_found_by_name(world) -> None:
    furnish(world)
    other = fresh()
    rename_there(connected(other), Prospecção="77", Inbound="1")
    put_in(other, services.export(world.account))
    assert WinAction.unscoped.get(account=other).cadence_id == "77"
    assert Automation.unscoped.get(account=other, description="Enviar").parameters["cadence"] == "1"
    assert not planned(other, services.export(world.account)).changes


def test_x6_a_plan_writes_nothing(world) -> None:
    furnish(world)
    other = fresh()
    plan = planned(other, services.export(world.account))
    assert plan.changes
    assert not Funnel.unscoped.filter(account=other).exists()
    assert not Connection.unscoped.filter(account=other).exists()
    assert not AuditEntry.unscoped.filter(account=other).exists()


def test_x6_what_is_applied_is_in_the_audit_trail_and_only_once(world) -> None:
    furnish(world)
    text = services.export(world.account).replace("name: Proposta", "name: Oferta")
    put_in(world.account, text.replace("/ Proposta", "/ Oferta"))
    entries = AuditEntry.objects.of(world.account).filter(action="configuration.applied")
    assert [entry.data["counts"]["create"] for entry in entries] == [1]
    put_in(world.account, services.export(world.account))
    assert entries.count() == 1


def test_x6_refused_when_somebody_changed_the_account_meanwhile(world) -> None:
    furnish(world)
    text = services.export(world.account).replace("text: Ligar", "text: Ligar duas vezes")
    document = services.read(text)
    digest = services.plan(account=world.account, document=document, origin=ORIGIN).digest
    crm.add_stage(funnel=world.funnel, name="Nova", origin=SYSTEM)
    with pytest.raises(services.PlanChanged):
        services.apply(account=world.account, document=document, digest=digest, origin=ORIGIN)
    assert not ChecklistItem.unscoped.filter(account=world.account, text="Ligar duas vezes").exists()
    with pytest.raises(services.PlanChanged):
        services.apply(account=world.account, document=document, digest="", origin=ORIGIN)


def test_x6_names_of_another_account_never_resolve(world, stranger) -> None:
    crm.create_funnel(account=stranger.account, name="Só deles", stages=["Um"], origin=SYSTEM)
    text = f"""
format: 1
profiles:
  - name: Administrador
    administrator: true
connections:
  meetime:
    flow: centralisation
    settings:
      funnels: [Só deles]
      won_stage: Só deles / Um
automations:
  - description: Roubar
    stage: Novos clientes / Entrada
    trigger: entered
    action: crm.change_owner
    parameters: {{owner: "user:{stranger.seller.email}"}}
  - description: Por número
    stage: Novos clientes / Entrada
    trigger: entered
    action: crm.change_owner
    parameters: {{owner: {{unknown: "user:{stranger.seller.pk}"}}}}
  - description: Por número puro
    stage: Novos clientes / Entrada
    trigger: entered
    action: crm.move
    parameters: {{stage: "{stranger.funnel.stages.first().pk}"}}
"""
    factories.module(account=world.account, slug="workflow")
    done = put_in(world.account, text)
    assert len(acts(done)["cannot"]) == 5
    assert not Automation.unscoped.filter(account=world.account).exists()
    assert "Só deles" in " ".join(step.why for step in done.steps)


def test_x6_the_file_speaks_for_what_it_names_and_nothing_else(world) -> None:
    furnish(world)
    plan = planned(world.account, "format: 1\nfunnels:\n  - name: novos clientes\n")
    assert acts(plan) == {"change": ["funnel novos clientes"]}
    plan = planned(world.account, "format: 1\nfunnels: []\nautomations: []\nteams: []\n")
    assert set(acts(plan)) == {"keep"}
    assert not plan.changes


def test_x6_remove_takes_only_what_nothing_hangs_on(world) -> None:
    furnish(world)
    factories.deal(funnel=world.funnel)
    crm.create_funnel(account=world.account, name="Sem uso", stages=["Um", "Dois"], origin=SYSTEM)
    text = """
format: 1
remove: true
teams: []
profiles: []
fields: {deal: []}
funnels:
  - name: Novos clientes
    stages:
      - name: Enviar para prospecção
        requirements: []
    loss_reasons: []
automations: []
"""
    done = put_in(world.account, text)
    told = acts(done)
    assert "funnel Sem uso" in told["remove"]
    assert "team Vendas Sul" in told["remove"]
    assert "profile Pré-venda" in told["remove"]
    assert "reason Novos clientes › Preço" in told["remove"]
    assert "requirement Novos clientes › Enviar para prospecção › Diga o segmento" in told["remove"]
    # A card, and a win action: they hang on these.
    assert set(told["cannot"]) == {
        "stage Novos clientes › Entrada",
        "stage Novos clientes › Proposta",
        "profile Vendedor",
    }
    assert told["keep"] == ["field deal › Segmento", "field deal › Gerente"]
    assert CustomField.unscoped.filter(account=world.account).count() == 3
    assert Stage.unscoped.filter(funnel=world.funnel).count() == 3
    assert not Automation.unscoped.filter(account=world.account).exists()


def test_x6_a_stage_that_an_automation_names_is_not_removed(world) -> None:
    factories.module(account=world.account, slug="workflow")
    first, _second, third = world.funnel.stages.all()
    create_automation(
        funnel=world.funnel,
        stage=first,
        description="Mover",
        trigger="entered",
        connection=None,
        action="crm.move",
        parameters={"stage": str(third.pk)},
        origin=SYSTEM,
    )
    text = "format: 1\nremove: true\nfunnels:\n  - name: Novos clientes\n    stages:\n      - name: Entrada\n"
    told = acts(put_in(world.account, text))
    assert told["cannot"] == ["stage Novos clientes › Proposta"]
    assert told["remove"] == ["stage Novos clientes › Enviar para prospecção"]


def test_x6_what_cannot_be_done_is_said_and_the_rest_is_done(world) -> None:
    furnish(world)
    text = """
format: 1
modules:
  api: {enabled: true}
  tasks: {settings: {radius: 1, colour: red}}
  deals: {settings: {singular: oportunidade, plural: oportunidades, gender: feminine}}
profiles:
  - {name: Chefe, administrator: true}
fields:
  deal:
    - {key: segmento, label: Segmento, type: text}
    - {key: novo, label: Novo, type: text}
"""
    done = put_in(world.account, text)
    whys = {" › ".join(step.path): step.why for step in done.steps if step.act == "cannot"}
    assert set(whys) == {"api", "tasks", "Chefe", "deal › Segmento"}
    assert all(whys.values())
    assert "radius" in whys["tasks"]
    assert services.sections_of(world.account)["modules"]["deals"]["settings"]["gender"] == "feminine"
    assert CustomField.unscoped.filter(account=world.account, key="novo").exists()


def test_x6_order_options_and_values_in_other_writing(world) -> None:
    furnish(world)
    stages = [{"name": name} for name in ("Proposta", "Entrada", "Meio", "Enviar para prospecção")]
    data = services.sections_of(world.account)
    data["funnels"][0]["stages"] = stages
    data["fields"]["deal"][0]["options"] = ["café", "Bar"]
    data["funnels"][0]["stages"][3]["requirements"] = [
        {
            "text": "Diga o segmento",
            "field": "deal.custom.segmento",
            "only_if": {"rules": [{"field": "deal.amount", "operator": "more", "value": "R$ 1.000,00"}]},
        }
    ]
    text = yaml.safe_dump({"format": 1, "funnels": data["funnels"], "fields": data["fields"]})
    put_in(world.account, text)
    names = list(
        Stage.unscoped.filter(funnel=world.funnel).order_by("position").values_list("name", flat=True)
    )
    assert names == ["Proposta", "Entrada", "Meio", "Enviar para prospecção"]
    assert CustomField.unscoped.get(account=world.account, key="segmento").options == ["Hotel", "Café", "Bar"]
    assert not planned(world.account, text).changes


def test_x6_rows_called_alike_are_told_apart(world) -> None:
    crm.create_funnel(account=world.account, name="novos clientes", stages=["A / B", "a / b"], origin=SYSTEM)
    text = services.export(world.account)
    assert "novos clientes #2" in text
    assert "a / b #2" in text
    assert not planned(world.account, text).changes
    other = fresh()
    put_in(other, text)
    assert services.sections_of(other)["funnels"] == services.sections_of(world.account)["funnels"]


def test_x6_automations_keep_the_files_order_and_change(world) -> None:
    furnish(world)
    data = services.sections_of(world.account)["automations"]
    data.reverse()
    data[0]["enabled"] = True
    data[2]["parameters"]["cadence"] = "Prospecção"
    text = yaml.safe_dump({"format": 1, "automations": data})
    assert sorted(acts(planned(world.account, text))) == ["change"]
    put_in(world.account, text)
    rows = Automation.objects.of(world.account).order_by("position")
    assert [row.description for row in rows] == ["Passar adiante", "Parado", "Enviar"]
    assert rows[0].enabled
    assert rows[2].parameters["cadence"] == "1"
    assert not planned(world.account, text).changes


def test_x6_associations_follow_the_file(world) -> None:
    connection = furnish(world)
    from tests.integrations.activation.mapped import listed

    listed(connection, "custom.outro", "Outro", "text")
    text = """
format: 1
connections:
  meetime:
    field_maps:
      - {ours: person.cargo, theirs: Outro, empty: erase}
      - {ours: deal.title, theirs: {name: Não há}}
"""
    done = put_in(world.account, text)
    row = FieldMap.unscoped.get(account=world.account)
    assert (row.their_key, row.master, row.empty) == ("custom.outro", "both", "erase")
    assert acts(done)["cannot"] == ["field_map Meetime › deal.title ↔ Não há"]


def test_x6_golden_file_of_the_demonstration_account(db) -> None:
    """UPDATE_GOLDEN=1 writes it anew: look at the difference before you keep it."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    made = demo.seed(password="tomada-na-parede-42", now=now, empty=False)
    from accounts.models import Account

    account = Account.objects.get(pk=made.account)
    text = services.export(account, now=now)
    told = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace(
        f"product: {settings.VERSION}", "product: X"
    )
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")
    assert made.api_key not in text
    assert made.password not in text
    assert not planned(account, text).changes


def test_x6_an_automation_that_acted_is_not_removed(world) -> None:
    connection = furnish(world)
    from integrations.models import AutomationRun

    row = Automation.unscoped.get(account=world.account, description="Enviar")
    AutomationRun.unscoped.create(
        account=world.account,
        automation=row,
        connection=connection,
        deal=factories.deal(funnel=world.funnel),
        change_id=1,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    done = put_in(world.account, "format: 1\nremove: true\nautomations: []\n")
    assert [row.description for row in Automation.objects.of(world.account)] == ["Enviar"]
    assert "automation Novos clientes › Enviar" in acts(done)["keep"]


def test_x6_exports_in_a_constant_number_of_queries(world, django_assert_max_num_queries) -> None:
    furnish(world)
    for number in range(4):
        more = crm.create_funnel(
            account=world.account, name=f"F{number}", stages=["Um", "Dois"], origin=SYSTEM
        )
        create_automation(
            funnel=more,
            stage=more.stages.first(),
            description="Mover",
            trigger="entered",
            connection=None,
            action="crm.move",
            parameters={"stage": str(more.stages.last().pk)},
            origin=SYSTEM,
        )
    with django_assert_max_num_queries(36):
        services.export(world.account)
