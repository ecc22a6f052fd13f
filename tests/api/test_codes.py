"""Every code that the API can answer is explained where the problem's `type` points to, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from rest_framework import exceptions

from accounts import problems
from accounts.problem_codes import CODES
from accounts.templatetags.portal import in_code
from tests.api.conftest import Api

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
OF_DJANGO = {"not_found", "forbidden", "bad_request", "invalid", "server_error"}
OF_KEYS = {"invalid_key", "revoked_key", "expired_key", "module_off"}
OF_DRF = {
    each.default_code
    for each in (exceptions.NotAuthenticated, exceptions.MethodNotAllowed, exceptions.UnsupportedMediaType)
}


def registered() -> set[tuple[str, int]]:
    """Code and status of every exception of ours; other tests register their own."""
    known = problems._known.items()
    return {(each.code, each.status) for error, each in known if not error.__module__.startswith("tests.")}


def answered() -> set[str]:
    """Every code that an exception of ours has, once all addresses are made."""
    assert get_resolver().url_patterns
    return {code for code, _status in registered()} | OF_DJANGO | OF_KEYS | OF_DRF


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_every_code_has_its_anchor_on_the_page_of_codes(language: str) -> None:
    page = Client().get("/api/docs/errors/", headers={"Accept-Language": language}).content.decode()
    assert answered() <= set(re.findall(r'<dt id="([a-z_]+)">', page))
    assert f'<html lang="{language}"' in page


def test_codes_stand_once_with_their_status_and_the_guide_has_the_same() -> None:
    assert len({each.code for each in CODES}) == len(CODES)
    known = {(each.code, each.status) for each in CODES}
    assert registered() <= known
    rows = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {(code, int(status)) for status, code in rows} == known


def test_the_type_of_a_problem_is_its_place_on_that_page(api: Api) -> None:
    told = api.post("persons/", {"nome": "Ana"}).json()
    address, _hash, anchor = told["type"].partition("#")
    page = Client().get(address)
    assert page.status_code == 200
    assert f'id="{anchor}"' in page.content.decode()


def test_names_in_sentences_are_set_as_code_and_nothing_is_markup() -> None:
    assert in_code("Leia `detail` <b>") == "Leia <code>detail</code> &lt;b&gt;"
