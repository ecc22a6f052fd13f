"""Wrong, empty, expired and absurd tokens by service, wizard and API: what is said and kept (M3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.keys import issue_key
from integrations import contract
from integrations.engine import life
from integrations.engine.caller import sealing, vault
from integrations.models import Connection, Exchange
from tests import factories
from tests.faults.site import Site
from tests.faults.story import Story, begin

WRONG = {
    "wrong": ("não-é-este-" + "0" * 20, contract.Denied),
    "empty": ("", contract.Denied),
    "blank": ("   ", contract.Denied),
    "10 kB": ("a" * 10_240, contract.Denied),
    "a line break inside": ("abc\r\nX-Evil: 1", contract.Denied),
    "a NUL inside": ("abc\0def", contract.Denied),
    "expired": ("", contract.Denied),
}


pytestmark = pytest.mark.faults


@pytest.fixture
def story(site: Site) -> Story:
    return begin(site)


def token_for(story: Story, name: str) -> str:
    if name == "expired":
        story.order("tokens/expire")
        return story.token
    return WRONG[name][0]


def unchanged(story: Story) -> None:
    """The connection lives on with the credentials it had."""
    row = Connection.unscoped.get(pk=story.connection.pk)
    assert (row.state, row.generation, row.sealed) == (
        "active",
        story.connection.generation,
        story.connection.sealed,
    )
    assert vault().open(row.sealed, context=sealing(row)) == {"token": story.token}


@pytest.mark.parametrize("name", WRONG)
def test_by_service(story: Story, name: str) -> None:
    """The error has a sentence for a person, and nothing changes."""
    token = token_for(story, name)
    before = Exchange.unscoped.filter(connection=story.connection).count()
    with pytest.raises(WRONG[name][1]) as refused:
        life.validate(connection=story.connection, credentials={"token": token}, origin=factories.SYSTEM)
    assert len(refused.value.words) > 10
    assert not token.strip() or token not in refused.value.words
    unchanged(story)
    asked = Exchange.unscoped.filter(connection=story.connection).count() - before
    assert asked == (1 if name in ("wrong", "expired") else 0), "only a token that may be one is asked about"


@pytest.mark.parametrize("name", WRONG)
def test_by_wizard(story: Story, name: str) -> None:
    """The page says it in a sentence; the typed token never comes back."""
    token = token_for(story, name)
    admin = factories.member(account=story.account, email=f"a@{story.account.pk}.example", administrator=True)
    client = Client()
    client.force_login(admin)
    answer = client.post("/integrations/meetime/credentials/", {"token": token, "account": story.account.pk})
    assert answer.status_code == 302
    said = [str(each) for each in get_messages(answer.wsgi_request)]
    assert len(said) == 1, said
    page = client.get("/integrations/meetime/")
    assert page.status_code == 200
    assert not token.strip() or token not in page.content.decode()
    unchanged(story)


@pytest.mark.parametrize("name", WRONG)
def test_by_api(story: Story, name: str) -> None:
    """A problem with status, code and sentence; the token is not echoed."""
    token = token_for(story, name)
    _row, key = issue_key(account=story.account, name="Prova", created_by=factories.SYSTEM)
    row = Connection.unscoped.get(pk=story.connection.pk)
    answer = Client().post(
        f"/api/v1/connections/{row.pk}/validate/",
        json.dumps({"credentials": {"token": token}}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}", "If-Match": f'"{row.version}"'},
    )
    problem: dict[str, Any] = answer.json()
    assert 400 <= answer.status_code < 500, (answer.status_code, problem)
    assert (problem["status"], bool(problem["code"]), bool(problem["title"])) == (
        answer.status_code,
        True,
        True,
    )
    assert not token.strip() or token not in answer.content.decode()
    unchanged(story)


def test_the_token_of_another_account_over_there_is_refused(site: Site, story: Story) -> None:
    """Its leads are not ours: the links would point at strangers."""
    other = begin(site)
    with pytest.raises(contract.Refused):
        life.validate(
            connection=story.connection, credentials={"token": other.token}, origin=factories.SYSTEM
        )
    unchanged(story)


@pytest.mark.parametrize("kind", ["500", "html", "half_json", "empty", "did_not_answer", "429"])
def test_a_partner_in_trouble_is_not_a_wrong_token(site: Site, story: Story, kind: str) -> None:
    """Unreachable and refused are worded apart, and neither changes the connection."""
    site.misbehave(kind)
    with pytest.raises(contract.PartnerError) as trouble:
        life.validate(
            connection=story.connection, credentials={"token": story.token}, origin=factories.SYSTEM
        )
    assert not isinstance(trouble.value, contract.Denied), "a good token must not be called wrong"
    assert len(trouble.value.words) > 20
    unchanged(story)
