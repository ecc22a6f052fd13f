"""X6, as laws: whatever fits the file comes back from an account as it was brought in, and twice is once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from accounts.permissions import PERMISSIONS
from integrations.configuration import services
from integrations.configuration.writing import written
from tests.integrations.configuration.furnished import planned, put_in

LETTERS = st.sampled_from(list("aáçÉz09 :#-'\"{}[],&*!|>%@`/\\ñ日🙂=~?"))
NAME = st.text(LETTERS, min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
SLUG = st.lists(st.text("abcdefgh", min_size=1, max_size=4), min_size=1, max_size=2).map("_".join)


def once(items: st.SearchStrategy[Any], key: Any, most: int = 4) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, max_size=most, unique_by=lambda item: key(item).casefold())


def named(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": NAME, **more})


ITEM = st.fixed_dictionaries({"text": NAME}, optional={"mandatory": st.just(False)})
STAGE = st.fixed_dictionaries(
    {"name": NAME, "checklist": once(ITEM, lambda item: item["text"]), "requirements": st.just([])}
)
FUNNEL = named(
    stages=once(STAGE, lambda item: item["name"]).filter(bool),
    loss_reasons=once(NAME, str).map(lambda names: sorted(names, key=str.casefold)),
)
FIELD = st.one_of(
    st.fixed_dictionaries(
        {"key": SLUG, "label": NAME, "type": st.sampled_from(["text", "date", "integer", "user"])}
    ),
    st.fixed_dictionaries(
        {"key": SLUG, "label": NAME, "type": st.just("options"), "options": once(NAME, str).filter(bool)}
    ),
)


def _apart(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Labels that are alike without accents are one label to the services."""
    from funnels.fields import search_key

    seen: set[str] = set()
    return [f for f in fields if (k := search_key(f["label"])) not in seen and not seen.add(k)]  # type: ignore[func-returns-value]


FIELDS = once(FIELD, lambda field: field["key"]).map(_apart).filter(bool)
CONFIGURATION = st.fixed_dictionaries(
    {
        "teams": once(NAME, str).map(lambda names: sorted(names, key=str.casefold)),
        "profiles": once(
            named(permissions=st.sets(st.sampled_from(list(PERMISSIONS)), max_size=3)),
            lambda item: item["name"],
        ).map(
            lambda rows: [
                {
                    "name": row["name"],
                    "permissions": [slug for slug in PERMISSIONS if slug in row["permissions"]],
                }
                for row in sorted(rows, key=lambda row: row["name"].casefold())
            ]
        ),
        "fields": st.fixed_dictionaries({}, optional={"deal": FIELDS, "person": FIELDS}),
        "funnels": once(FUNNEL, lambda item: item["name"], most=3),
    }
)


@settings(max_examples=60, deadline=None)
@given(CONFIGURATION)
def test_x6_law_what_is_written_is_read(data: dict[str, Any]) -> None:
    document = services.read(written({"format": 1, "account": "A: b #c", **data}))
    assert dict(document.sections) == data
    assert document.account == "A: b #c"


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(CONFIGURATION, CONFIGURATION)
def test_x6_law_in_and_out_is_the_same_and_twice_is_once(data: dict[str, Any], then: dict[str, Any]) -> None:
    account = Account.objects.create(name="Lei")
    text = written({"format": 1, **data})
    done = put_in(account, text)
    assert not done.counted()["cannot"], done.steps
    told = services.sections_of(account)
    assert {name: told[name] for name in data} == data
    assert planned(account, text).steps == []
    assert planned(account, services.export(account)).steps == []
    with_removal = written({"format": 1, "remove": True, **then})
    put_in(account, with_removal)
    assert not planned(account, with_removal).changes
