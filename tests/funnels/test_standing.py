"""What stands on a card may stay there when its form is saved: owners who left, contacts that are gone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership
from funnels import services
from funnels.forms import DealForm
from funnels.models import Deal, StoredFile
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person
from tests.funnels.pictures import picture

pytestmark = pytest.mark.django_db


def sent_back(page: Any, **changed: Any) -> dict[str, Any]:
    """What a browser sends of the card's form as it was shown, with these changes: only offered choices."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    offered = {str(value) for value, _label in form.fields["owner"].choices}
    if str(values["owner"]) not in offered:
        values["owner"] = ""
    return {name: "" if value is None else value for name, value in values.items()} | changed


def fresh(deal: Deal) -> Deal:
    found: Deal = Deal.unscoped.get(pk=deal.pk)
    return found


def test_an_owner_who_left_stays_when_something_else_is_saved(world: World, admin: Person) -> None:
    deal = factories.deal(funnel=world.funnel, owner=world.seller)
    Membership.unscoped.filter(user=world.seller, account=world.account).update(is_active=False)
    page = admin.get("deal", deal.pk, query="?edit=1")
    shown = dict(page.context["form"].fields["owner"].choices)
    assert shown[world.seller.pk] != str(world.seller)  # it says that she has left
    assert admin.post("deal", deal.pk, **sent_back(page, amount="10,00")).status_code == 302
    assert (fresh(deal).owner, fresh(deal).amount) == (world.seller, Decimal(10))
    # Nobody can choose her anew.
    other = factories.deal(funnel=world.funnel, title="Outro")
    assert world.seller not in DealForm(account=world.account, standing=other).fields["owner"].queryset


@pytest.mark.parametrize("erased", [False, True])
def test_a_contact_who_is_gone_stays_and_is_no_link(world: World, admin: Person, erased: bool) -> None:
    ana = services.create_person(account=world.account, name="Ana Lima", origin=factories.SYSTEM)
    sol = services.create_company(account=world.account, name="Sol Ltda", origin=factories.SYSTEM)
    deal = factories.deal(funnel=world.funnel, person=ana, company=sol)
    services.delete_person(person=ana, origin=factories.SYSTEM)
    services.delete_company(company=sol, origin=factories.SYSTEM)
    if erased:
        ana.name, ana.name_key = "Pessoa apagada", "pessoa apagada"
        ana.save(update_fields=["name", "name_key"])
    page = admin.get("deal", deal.pk, query="?edit=1")
    for address in (f"/persons/{ana.pk}/", f"/companies/{sol.pk}/"):
        assert f'href="{address}"' not in page.content.decode()
    assert admin.post("deal", deal.pk, **sent_back(page, amount="10,00")).status_code == 302
    now = fresh(deal)
    assert (now.person_id, now.company_id, now.amount) == (ana.pk, sol.pk, Decimal(10))
    # Another card cannot choose her.
    other = factories.deal(funnel=world.funnel, title="Outro")
    again = sent_back(page, version="1", company="", company_name="")
    assert admin.post("deal", other.pk, **again).status_code == 422


def test_a_client_field_keeps_one_who_is_gone_without_a_link(world: World, admin: Person) -> None:
    ana = services.create_person(account=world.account, name="Ana Lima", origin=factories.SYSTEM)
    services.create_custom_field(
        account=world.account, entity="deal", type="client", label="Indicada", origin=factories.SYSTEM
    )
    deal = factories.deal(funnel=world.funnel, custom={"indicada": f"person:{ana.pk}"})
    assert f'href="/persons/{ana.pk}/"' in admin.get("deal", deal.pk).content.decode()
    services.delete_person(person=ana, origin=factories.SYSTEM)
    page = admin.get("deal", deal.pk, query="?edit=1")
    assert f'href="/persons/{ana.pk}/"' not in page.content.decode()
    sent = sent_back(page, amount="10,00")
    sent |= {"custom-indicada": f"person:{ana.pk}", "custom-indicada_words": "Ana Lima"}
    assert admin.post("deal", deal.pk, **sent).status_code == 302
    assert fresh(deal).custom["indicada"] == f"person:{ana.pk}"


def test_a_file_lost_with_another_fields_error_is_asked_for_again(world: World, admin: Person) -> None:
    for type, label in (("image", "Foto"), ("color", "Cor")):
        services.create_custom_field(
            account=world.account, entity="deal", type=type, label=label, origin=factories.SYSTEM
        )
    deal = factories.deal(funnel=world.funnel)
    page = admin.get("deal", deal.pk, query="?edit=1")
    assert "loja.png" not in page.content.decode()
    sent = sent_back(page) | {"custom-foto": picture(name="loja.png"), "custom-cor": "azul"}
    answer = admin.post("deal", deal.pk, **sent)
    assert answer.status_code == 422
    assert "loja.png" in answer.content.decode()
    assert not StoredFile.unscoped.exists()
