"""X1 by the API: why a card, a person or a lead was sent or not, in one vocabulary."""

from __future__ import annotations

import pytest

from integrations.models import Lead
from tests import factories
from tests.api.conftest import Api
from tests.conftest import World
from tests.integrations.shown import action_of, connection_of
from tests.integrations.sync.told import associated, linked_lead, news_of, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(world: World, api: Api) -> Lead:  # its modules are on
    connection = connection_of(world.account)
    associated(connection)
    deal = factories.deal(funnel=world.funnel, person=person_of(world))
    row = linked_lead(connection, deal, ours={"name": "Rita"})
    action_of(row, state="refused", reason="E-mail inválido")
    news_of(row)
    return row


def test_x1_a_leads_answer_holds_everything(api: Api, lead: Lead) -> None:
    told = api.get(f"leads/{lead.pk}/explain/", Accept_Language="en").json()
    assert told["lead"]["id"] == str(lead.pk)
    assert told["lead"]["run"] == 1
    assert told["partner"] == "meetime"
    assert told["headline"] == "It became a new lead at Meetime. A later change was not sent: E-mail inválido"
    assert told["sent"] is True
    (asked,) = told["actions"]
    assert (asked["kind"], asked["state"], asked["text"]) == ("send_lead", "refused", "E-mail inválido")
    (news,) = told["arrivals"]
    assert news["tried"][0]["saw"] == {"type": "CALL", "record": "phone"}
    assert told["more_arrivals"] is False
    fields = {each["key"]: each for each in told["field_states"]}
    assert (fields["name"]["here"], fields["name"]["state"]) == ("Rita", "in_step")
    assert fields["custom.cargo"]["label"] == "Cargo"


def test_x1_a_persons_answer_speaks_as_the_cards_own(api: Api, lead: Lead) -> None:
    deal = lead.enrollment.deal_id
    told = api.get(f"persons/{lead.person_id}/explain/", Accept_Language="en").json()
    assert (told["person"], told["count"], told["headline"]) == (str(lead.person_id), 1, "")
    (card,) = told["results"]
    assert (card["deal"], card["roles"]) == (str(deal), ["main", "lead"])
    assert card["explanations"] == api.get(f"deals/{deal}/explain/", Accept_Language="en").json()["results"]
    (hers,) = card["leads"]
    assert hers["lead"]["id"] == str(lead.pk)
    assert hers["last"] == "The activity became an interaction record."
    assert hers["last_at"]


def test_x1_a_person_on_no_card_says_so(api: Api, world: World) -> None:
    told = api.get(f"persons/{person_of(world).pk}/explain/", Accept_Language="en").json()
    assert told["results"] == []
    assert told["headline"] == "This person is on no card, so nothing was ever sent."


def test_x1_nothing_of_a_stranger_is_explained(api: Api, stranger_api: Api, lead: Lead, problem) -> None:
    for path in (f"leads/{lead.pk}", f"persons/{lead.person_id}", f"deals/{lead.enrollment.deal_id}"):
        assert api.get(f"{path}/explain/").status_code == 200
        problem(stranger_api.get(f"{path}/explain/"), 404, "not_found")
        assert api.post(f"{path}/explain/").status_code == 405


def test_x1_answers_have_the_shape_that_the_document_says(api: Api, lead: Lead) -> None:
    from jsonschema import Draft202012Validator

    from tests.api.walk import document

    whole = document()
    for path, pk in (("leads/{lead}", lead.pk), ("persons/{person}", lead.person_id)):
        answers = whole["paths"][f"/api/v1/{path}/explain/"]["get"]["responses"]
        schema = answers["200"]["content"]["application/json"]["schema"]
        told = api.get(f"{path.split('{')[0]}{pk}/explain/").json()
        validator = Draft202012Validator({**schema, "components": whole["components"]})
        assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(told)] == []
