"""X1 and M37 with the partner's stand-in: one card sent, changed here, changed there, won; then explained."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from funnels import services
from funnels.models import Deal
from integrations.engine.explain_lead import explain_lead
from integrations.engine.explain_person import explain_person
from tests import factories
from tests.engine.conftest import Bench, _sandbox, bench, deal, owner, sandbox  # noqa: F401  # fixtures
from tests.engine.rows import enter, lead_of, their_id

pytestmark = pytest.mark.django_db


def states(told: Any) -> dict[str, str]:
    return {each.key: str(each.state) for each in told.fields}


def test_x1_a_lead_from_its_sending_to_its_end(bench: Bench, deal: Deal) -> None:  # noqa: F811
    enter(bench, deal)
    lead = lead_of(deal)
    with translation.override("en"):
        told = explain_lead(lead)
        assert told.headline == "It became a new lead at Meetime."
        assert told.automation == "Enviar para a Meetime"
        assert told.then, "the rules that the change met"
        assert all(line.passed for line in told.then)
        assert [(each.action.kind, each.action.state) for each in told.actions] == [("send_lead", "done")]
        assert told.actions[0].evidence["made"] == "created"
        assert states(told)["name"] == "in_step"
        assert states(told)["email"] == "in_step"

        services.update_person(person=deal.person, name="Joana P. Prado", origin=factories.SYSTEM)
        assert states(explain_lead(lead))["name"] == "waiting"
        bench.drain()
        told = explain_lead(lead)
        assert states(told)["name"] == "in_step"
        assert told.actions[0].action.kind == "update_lead"

        bench.act(their_id(lead), "activities", type="CALL", annotation="Falei com ela")
        bench.poll()
        told = explain_lead(lead)
        assert "M33" in {line.row for each in told.news for line in each.tried}
        (card,) = explain_person(deal.person).cards
        assert card.leads[0].last

        bench.act(their_id(lead), "win", lose_others=False)
        bench.poll()
        told = explain_lead(lead)
        assert told.ended_why
        assert told.headline == "It became a new lead at Meetime."
        services.update_person(person=deal.person, name="Joana", origin=factories.SYSTEM)
        assert states(explain_lead(lead))["name"] == "ended"
