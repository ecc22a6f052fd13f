"""M1–M8, M21, M22: from nothing to an active connection, with the real engine and the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import Membership, Module
from funnels.models import CustomField
from integrations.engine import jobs
from integrations.models import Connection
from integrations.partners.meetime.models import WinAction
from integrations.partners.meetime.sandbox import DEFAULT_TOKEN, MeetimeSandbox
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.integrations.shown import post, words_of

pytestmark = pytest.mark.django_db
PAGE = "/integrations/meetime/"


@pytest.fixture
def meetime(settings) -> Iterator[Sandbox]:
    with Sandbox(partners={"meetime": MeetimeSandbox}, webhook_spacing=(0.02,)) as sandbox:
        settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
        settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
        yield sandbox


def test_from_nothing_to_active_M1_M8_M21_M22(world, client_of, meetime) -> None:
    Module.unscoped.create(account=world.account, slug="workflow", contracted=True, enabled=True)
    admin, account = client_of(world.admin), world.account
    found = lambda: Connection.objects.of(account).get()  # noqa: E731
    post(admin, account, f"{PAGE}flow/", flow="centralisation")

    wrong = admin.post(f"{PAGE}credentials/", {"account": account.pk, "token": "errado"}, follow=True)
    assert len(words_of(wrong)) == 1
    assert found().state == "draft"

    post(admin, account, f"{PAGE}credentials/", token=DEFAULT_TOKEN)
    assert found().state == "validated"
    assert DEFAULT_TOKEN not in found().sealed
    assert DEFAULT_TOKEN not in admin.get(PAGE).content.decode()

    post(admin, account, f"{PAGE}do/enable/")
    assert jobs.sync_connection(found().pk) == "ok"  # what the worker does
    cadences = admin.get(f"{PAGE}parts/leads/win-form/", {"new-funnel": ""}).context["form"]
    assert len(cadences.fields["cadence"].choices) == 1

    post(admin, account, f"{PAGE}settings/leads/funnels/", funnels=[world.funnel.pk])
    form = admin.get(f"{PAGE}parts/leads/win-form/", {"new-funnel": world.funnel.pk}).context["form"]
    cadence = form.fields["cadence"].choices[1][0]
    won = {"new-funnel": world.funnel.pk, "new-cadence": cadence, "new-action": "win"}
    post(admin, account, f"{PAGE}settings/leads/win-action/", **won)
    assert WinAction.objects.of(account).get().cadence_id == cadence

    post(admin, account, f"{PAGE}do/activate/")
    assert found().state == "enabled"  # the profile is missing (M5)
    profile = factories.profile(account=account, administrator=False)
    post(admin, account, f"{PAGE}settings/sellers/profile/", profile=profile.pk)
    post(admin, account, f"{PAGE}do/activate/")
    assert found().state == "active"

    assert CustomField.objects.of(account).filter(entity="deal").count() == 4  # M6
    page = admin.get(PAGE).content.decode()
    assert "ana.souza@exemplo.com.br" in page  # M22
    assert Membership.objects.of(account).filter(profile=profile).count() > 1


def test_meetime_unreachable_is_not_called_invalid_M3(world, client_of, settings) -> None:
    settings.PARTNER_URLS = {"meetime": "http://127.0.0.1:9/meetime/v2"}
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    admin = client_of(world.admin)
    post(admin, world.account, f"{PAGE}flow/", flow="centralisation")
    answer = admin.post(f"{PAGE}credentials/", {"account": world.account.pk, "token": "x"}, follow=True)
    assert len(words_of(answer)) == 1
    assert "inválido" not in words_of(answer)[0]
    assert "invalid" not in words_of(answer)[0]
    assert Connection.objects.of(world.account).get().state == "draft"
