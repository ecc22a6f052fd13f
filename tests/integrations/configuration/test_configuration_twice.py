"""X6: applying a file a second time changes nothing, also where it removes, renumbers and reorders."""

from __future__ import annotations

import pytest
import yaml
from django.utils import timezone, translation

from accounts import invitations, teams
from accounts.models import Module, Profile, Team
from funnels import services as crm
from funnels.models import ChecklistItem, CustomField, Requirement, Stage
from funnels.services import NotAllowed
from integrations.automations.services import create_automation, reorder, update_automation
from integrations.configuration import services
from integrations.models import Automation, Connection
from integrations.partners.meetime import setup
from mapping.models import FieldMap
from tests import factories
from tests.factories import SYSTEM
from tests.integrations.activation.mapped import listed
from tests.integrations.configuration.furnished import acts, furnish, planned, put_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def moving(world, stage: Stage, **more) -> Automation:
    values = {"action": "crm.move", "parameters": {"stage": str(stage.pk)}, "description": "Mover", **more}
    factories.module(account=world.account, slug="workflow")
    return create_automation(
        funnel=world.funnel,
        stage=world.funnel.stages.first(),
        trigger="entered",
        connection=None,
        origin=SYSTEM,
        **values,
    )


def test_x6_what_hangs_on_another_is_removed_first(world) -> None:
    third = world.funnel.stages.last()
    moving(world, third)
    text = """
format: 1
remove: true
funnels:
  - name: Novos clientes
    stages: [{name: Entrada}]
automations: []
"""
    told = acts(put_in(world.account, text))
    assert "cannot" not in told
    assert told["remove"][0] == "automation Novos clientes › Mover"
    assert not Stage.unscoped.filter(pk=third.pk).exists()
    assert not planned(world.account, text).changes


def test_x6_a_profile_goes_once_its_connection_has_another(world) -> None:
    connection = furnish(world)
    presales = Profile.objects.of(world.account).get(name="Pré-venda")
    setup.set_default_profile(connection=connection, profile=presales, origin=SYSTEM)
    text = """
format: 1
remove: true
profiles:
  - {name: Administrador, administrator: true}
  - {name: Vendedor}
connections:
  meetime:
    settings: {default_profile: Vendedor}
    win_actions: []
    field_maps: []
"""
    told = acts(put_in(world.account, text))
    assert "profile Pré-venda" in told["remove"]
    assert not planned(world.account, text).changes


def test_x6_two_funnels_that_name_each_other_go_in_the_order_that_works(world) -> None:
    """A requirement of the first names a stage of the second: whichever the list has first."""
    one = crm.create_funnel(account=world.account, name="Um", stages=["A"], origin=SYSTEM)
    two = crm.create_funnel(account=world.account, name="Dois", stages=["B"], origin=SYSTEM)
    rules = [{"field": "deal.stage", "operator": "is", "value": str(two.stages.get().pk)}]
    crm.add_requirement(
        stage=one.stages.get(),
        field="deal.amount",
        text="Valor",
        condition={"all": True, "rules": rules},
        origin=SYSTEM,
    )
    text = "format: 1\nremove: true\nfunnels:\n  - name: Novos clientes\n"
    told = acts(put_in(world.account, text))
    assert set(told["remove"]) == {"funnel Um", "funnel Dois"}
    assert not planned(world.account, text).changes


def test_x6_a_label_and_a_field_of_theirs_change_hands_in_one_application(world) -> None:
    connection = furnish(world)
    listed(connection, "custom.outro", "Outro", "text")
    text = """
format: 1
fields:
  deal:
    - {key: novo, label: Segmento, type: text}
    - {key: segmento, label: Ramo, type: options, options: [Hotel, Café]}
  person:
    - {key: funcao, label: Função, type: text}
    - {key: cargo, label: Cargo, type: text}
connections:
  meetime:
    field_maps:
      - {ours: person.funcao, theirs: Cargo}
      - {ours: person.cargo, theirs: Outro, master: ours}
"""
    assert "cannot" not in acts(put_in(world.account, text))
    labels = dict(CustomField.objects.of(world.account).filter(entity="deal").values_list("key", "label"))
    assert (labels["novo"], labels["segmento"]) == ("Segmento", "Ramo")
    assert not planned(world.account, text).changes
    gone = text.replace("      - {ours: person.cargo, theirs: Outro, master: ours}\n", "").replace(
        "Cargo", "Outro"
    )
    put_in(world.account, gone.replace("format: 1", "format: 1\nremove: true"))
    assert FieldMap.objects.of(world.account).get().their_key == "custom.outro"


def test_x6_a_map_whose_id_is_another_here_is_the_same_map(world) -> None:
    """The file has the id of another account; the name leads to ours: nothing changes, and `fill` stays."""
    furnish(world)
    text = services.export(world.account).replace("custom.cargo", "custom.outro")
    row = FieldMap.objects.of(world.account).get()
    FieldMap.unscoped.filter(pk=row.pk).update(fill="blanks")
    assert planned(world.account, text).steps == []
    put_in(world.account, text)
    assert FieldMap.objects.of(world.account).get().fill == "blanks"


def test_x6_a_team_that_is_named_in_values_or_invitations_is_not_removed(world) -> None:
    named = teams.create_team(account=world.account, name="Plantão", origin=SYSTEM)
    asked = teams.create_team(account=world.account, name="Novatos", origin=SYSTEM)
    teams.create_team(account=world.account, name="Sem uso", origin=SYSTEM)
    row = moving(
        world, world.funnel.stages.last(), action="crm.change_owner", parameters={"owner": f"team:{named.pk}"}
    )
    invitations.invite(
        account=world.account,
        email="bia@sol.example",
        profile=factories.profile(account=world.account, administrator=False),
        teams=[asked],
        origin=SYSTEM,
        now=timezone.now(),
    )
    told = acts(put_in(world.account, "format: 1\nremove: true\nteams: []\n"))
    assert told == {"remove": ["team Sem uso"], "cannot": ["team Novatos", "team Plantão"]}
    text = "format: 1\nremove: true\nteams: []\nautomations: []\n"
    told = acts(put_in(world.account, text))
    assert told["remove"] == ["automation Novos clientes › Mover", "team Plantão"]
    assert not Automation.unscoped.filter(pk=row.pk).exists()
    assert Team.objects.of(world.account).get() == asked


def test_x6_a_list_that_a_stage_does_not_have_is_not_touched(world) -> None:
    furnish(world)
    text = "format: 1\nremove: true\nfunnels:\n  - name: Novos clientes\n    stages:\n"
    text += "".join(f"      - {{name: {stage.name}}}\n" for stage in world.funnel.stages.all())
    assert not planned(world.account, text).changes
    put_in(world.account, text.replace("Entrada}", "Entrada, checklist: []}"))
    assert not ChecklistItem.objects.of(world.account).exists()
    assert Requirement.objects.of(world.account).count() == 1


def test_x6_the_order_of_items_requirements_and_fields_is_the_files(world) -> None:
    furnish(world)
    first, second, _third = world.funnel.stages.all()
    crm.add_requirement(stage=second, field="deal.amount", text="Diga o valor", origin=SYSTEM)
    data = services.sections_of(world.account)
    stages = data["funnels"][0]["stages"]
    stages[0]["checklist"] = [{"text": "Fotos", "mandatory": False}, {"text": "Visitar"}, {"text": "Ligar"}]
    stages[1]["requirements"].reverse()
    data["fields"]["deal"].reverse()
    text = yaml.safe_dump({"format": 1, "funnels": data["funnels"], "fields": data["fields"]})
    told = acts(put_in(world.account, text))
    assert told["change"] == [
        "order deal › fields",
        "order Novos clientes › Entrada › checklist",
        "order Novos clientes › Enviar para prospecção › requirements",
    ]
    assert [item.text for item in first.checklist.all()] == ["Fotos", "Visitar", "Ligar"]
    assert [row.text for row in second.requirements.all()] == ["Diga o valor", "Diga o segmento"]
    assert services.sections_of(world.account)["fields"]["deal"] == data["fields"]["deal"]
    assert not planned(world.account, text).changes
    crm.create_custom_field(account=world.account, entity="deal", label="Último", type="text", origin=SYSTEM)
    crm.add_checklist_item(stage=first, text="Último", origin=SYSTEM)
    assert services.sections_of(world.account)["fields"]["deal"][-1]["label"] == "Último"
    assert first.checklist.last().text == "Último"


def test_s4_no_file_edits_automations_while_workflow_is_off(world) -> None:
    """Meetime pauses with Workflow: an automation of a sleeping connection is one of Workflow all the same."""
    furnish(world)
    text = services.export(world.account)
    Connection.objects.of(world.account).update(state="paused")
    Module.objects.of(world.account).filter(slug="workflow").update(enabled=False)
    changed = text.replace("start: now", "start: wait").replace("description: Parado", "description: Novo")
    changed = changed[: changed.index("\nmodules:")] + changed[changed.index("\nautomations:") :]
    told = acts(put_in(world.account, changed))
    assert set(told) <= {"cannot", "keep"}
    assert Automation.objects.of(world.account).get(description="Enviar").parameters["start"] == "now"
    row, funnel = Automation.objects.of(world.account).get(description="Enviar"), world.funnel
    with pytest.raises(NotAllowed, match="Workflow"):
        update_automation(automation=row, description="X", prepared=True, origin=SYSTEM)
    with pytest.raises(NotAllowed, match="Workflow"):
        reorder(funnel=funnel, ids=[*funnel.automations.values_list("pk", flat=True)], origin=SYSTEM)


def test_x6_a_bigger_account_takes_its_own_file(world) -> None:
    Team.objects.of(world.account).bulk_create(
        Team(account=world.account, name=f"Equipe {number}") for number in range(600)
    )
    assert not planned(world.account, services.export(world.account)).changes
