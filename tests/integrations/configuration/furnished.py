"""An account with something in every section of the configuration file, and an empty one beside it."""

from __future__ import annotations

from django.utils import timezone

from accounts import profiles, teams
from accounts.models import Account
from accounts.origin import Origin
from funnels import services as crm
from integrations.activation.mapping import doing
from integrations.automations.services import create_automation
from integrations.configuration import services
from integrations.models import CatalogItem, CatalogShelf, Connection
from integrations.partners.meetime import setup
from mapping.models import Counterpart
from tests import factories
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.activation.mapped import listed
from tests.integrations.shown import ACTION, cadences, connection_of

ORIGIN = Origin.system("tests")


def furnish(world: World) -> Connection:
    """Every section has something in it."""
    account, funnel = world.account, world.funnel
    profiles.create_profile(account=account, name="Pré-venda", permissions=["records.write"], origin=SYSTEM)
    teams.create_team(account=account, name="Vendas Sul", origin=SYSTEM)
    crm.create_custom_field(
        account=account,
        entity="deal",
        key="segmento",
        label="Segmento",
        type="options",
        options=["Hotel", "Café"],
        origin=SYSTEM,
    )
    crm.create_custom_field(account=account, entity="person", label="Cargo", type="text", origin=SYSTEM)
    crm.create_custom_field(account=account, entity="deal", label="Gerente", type="user", origin=SYSTEM)
    first, second, third = funnel.stages.all()
    crm.add_checklist_item(stage=first, text="Ligar", origin=SYSTEM)
    crm.add_checklist_item(stage=first, text="Fotos", origin=SYSTEM, mandatory=False)
    crm.add_requirement(
        stage=second,
        field="deal.custom.segmento",
        text="Diga o segmento",
        condition={"all": True, "rules": [{"field": "deal.amount", "operator": "more", "value": "1000"}]},
        origin=SYSTEM,
    )
    crm.add_loss_reason(funnel=funnel, name="Preço", origin=SYSTEM)
    connection = connected(account)
    setup.allow_funnels(connection=connection, funnels=[funnel], origin=SYSTEM)
    seller = factories.profile(account=account, administrator=False)
    setup.set_default_profile(connection=connection, profile=seller, origin=SYSTEM)
    setup.set_win_action(
        connection=connection, funnel=funnel, cadence_id="1", action="move", stage=third, origin=SYSTEM
    )
    doing.associate(
        connection=connection,
        entity="person",
        key="cargo",
        their_key="custom.cargo",
        master="ours",
        origin=SYSTEM,
    )
    rules = [
        {"field": "deal.owner", "operator": "is", "value": str(world.seller.pk)},
        {"field": "deal.stage", "operator": "is", "value": str(second.pk)},
    ]
    create_automation(
        funnel=funnel,
        stage=second,
        description="Enviar",
        trigger="entered",
        connection=connection,
        action=ACTION,
        parameters={"cadence": "2", "start": "now"},
        filters={"all": False, "rules": rules},
        origin=SYSTEM,
    )
    create_automation(
        funnel=funnel,
        stage=first,
        description="Parado",
        trigger="idle",
        trigger_values={"days": 7},
        connection=None,
        action="crm.move",
        parameters={"stage": str(third.pk)},
        origin=SYSTEM,
    )
    create_automation(
        funnel=funnel,
        stage=third,
        description="Passar adiante",
        trigger="entered",
        connection=None,
        action="crm.change_owner",
        parameters={"owner": f"user:{world.seller.pk}"},
        enabled=False,
        origin=SYSTEM,
    )
    return connection


def connected(account: Account) -> Connection:
    """An active connection whose lists were read: two cadences, one field."""
    connection = connection_of(account)
    give_lists(connection)
    return connection


def give_lists(connection: Connection) -> None:
    """What a partner lists: two cadences and a field, read just now."""
    connection.counterpart, _made = Counterpart.unscoped.get_or_create(
        account_id=connection.account_id, slug=connection.partner, remote_id="1"
    )
    connection.save()
    cadences(connection, "Prospecção", "Inbound")
    listed(connection, "custom.cargo", "Cargo", "text")
    CatalogShelf.unscoped.create(
        account_id=connection.account_id, connection=connection, kind="custom_fields", read_at=timezone.now()
    )


def rename_there(connection: Connection, **ids: str) -> None:
    """Other ids over there for the items of these names."""
    for name, id in ids.items():
        CatalogItem.unscoped.filter(connection=connection, name=name).update(their_id=id)


def fresh(name: str = "Nova", *, modules: tuple[str, ...] = ("workflow",)) -> Account:
    """Another account with the same people and nothing else."""
    account = Account.objects.create(name=name)
    for email in ("admin@casa.example", "vendas@casa.example"):
        profile = factories.profile(account=account, administrator=email.startswith("admin"))
        from accounts.models import Membership, User

        Membership.unscoped.create(account=account, user=User.objects.get(email=email), profile=profile)
    for slug in modules:
        factories.module(account=account, slug=slug)
    return account


def planned(account: Account, text: str) -> services.Plan:
    return services.plan(account=account, document=services.read(text), origin=ORIGIN)


def put_in(account: Account, text: str) -> services.Plan:
    """Plans and applies."""
    document = services.read(text)
    digest = services.plan(account=account, document=document, origin=ORIGIN).digest
    return services.apply(account=account, document=document, digest=digest, origin=ORIGIN)


def acts(plan: services.Plan) -> dict[str, list[str]]:
    """Act → kind and name of its steps."""
    found: dict[str, list[str]] = {}
    for step in plan.steps:
        found.setdefault(step.act.value, []).append(f"{step.kind} {' › '.join(step.path)}")
    return found
