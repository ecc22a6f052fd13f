"""What an account is set up with stands whole in lists and choices, so each kind has an end, told in words (G5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, profiles, teams
from accounts.models import Profile, User
from accounts.refusals import Refusal
from funnels.services import NotAllowed, setup
from integrations.automations import services as automations
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.workflow.flows import flow, on

pytestmark = pytest.mark.any_store

MAKERS: dict[tuple[Any, str], Callable[[World, int], Any]] = {
    (setup, "MOST_FUNNELS"): lambda w, i: setup.create_funnel(
        account=w.account, name=f"F{i}", stages=["A"], origin=SYSTEM
    ),
    (setup, "MOST_STAGES"): lambda w, i: setup.add_stage(funnel=w.funnel, name=f"E{i}", origin=SYSTEM),
    (setup, "MOST_ITEMS"): lambda w, i: setup.add_checklist_item(
        stage=w.funnel.stages.first(), text=f"I{i}", origin=SYSTEM
    ),
    (setup, "MOST_REASONS"): lambda w, i: setup.add_loss_reason(funnel=w.funnel, name=f"M{i}", origin=SYSTEM),
    (teams, "MOST_TEAMS"): lambda w, i: teams.create_team(account=w.account, name=f"T{i}", origin=SYSTEM),
    (profiles, "MOST_PROFILES"): lambda w, i: profiles.create_profile(
        account=w.account, name=f"P{i}", permissions=[], origin=SYSTEM
    ),
    (invitations, "MOST_MEMBERS"): lambda w, i: invitations.invite(
        account=w.account,
        email=f"c{i}@fora.example",
        profile=Profile.objects.of(w.account).first(),
        origin=SYSTEM,
        now=timezone.now(),
    ),
    (automations, "MOST_AUTOMATIONS"): lambda w, i: flow(w, description=f"A{i}"),
}


@pytest.mark.parametrize(("place", "most"), MAKERS, ids=lambda each: each if isinstance(each, str) else "")
def test_g5_one_too_many_is_refused_with_the_number(
    place: Any, most: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(world)
    make = MAKERS[place, most]
    assert 50 <= getattr(place, most) <= 1000
    make(world, 0)
    monkeypatch.setattr(place, most, 1)
    with pytest.raises((NotAllowed, Refusal)) as refused:
        make(world, 1)
    assert "1" in refused.value.words


def test_g5_the_form_says_it_beside_the_name(
    world: World, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "MOST_FUNNELS", 1)
    typed = {"account": world.account.pk, "name": "Outro", "stages": "Entrada"}
    answer = client_of(world.admin).post(reverse("portal:funnel-new"), typed)
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors
