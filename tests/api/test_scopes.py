"""S18: a key opens what its scopes name, for as long as it lives, and so often a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys, throttling
from accounts.models import Account, ApiKey, Module
from accounts.scopes import AREAS, all_scopes, opens, scope_of, tidy
from config.api_urls import router
from tests.api.conftest import Api
from tests.api.walk import address, document, furnish, operations
from tests.conftest import World
from tests.factories import SYSTEM


def with_scopes(api: Api, *scopes: str, **more: Any) -> Api:
    _key, plain = keys.issue_key(
        account=api.account, name="Estreita", created_by=SYSTEM, scopes=scopes, **more
    )
    return Api(account=api.account, key=plain)


def test_s18_every_resource_and_action_has_exactly_one_scope() -> None:
    """The router's resources and the document's operations: none without an area, no area without a resource."""
    seen = set()
    for path, method, operation in operations(document()):
        scope = scope_of(path=path, method=method)
        assert scope in all_scopes(), f"{method} {path}: its first word needs a line in accounts/scopes.py"
        assert operation["x-scope"] == scope
        assert f"Scope: `{scope}`" in operation["description"]
        seen.add(scope.partition(":")[0])
    first_words = {prefix.split("/")[0] for prefix, _view, _name in router.registry}
    assert first_words == seen == set(AREAS)


def test_s18_a_key_without_the_scope_gets_403_that_names_it_and_one_with_it_does_not(
    api: Api, world: World
) -> None:
    """Every operation of the document, with a key of all scopes but its own, then with its own only."""
    ids, tried = furnish(world), set()
    api = caller_on(api)
    for path, method, operation in operations(document()):
        scope, safe = operation["x-scope"], method == "GET"
        if not safe and scope in tried:
            continue  # one of each scope that writes is enough
        tried.add(scope)
        target = address(path, ids, operation.get("parameters", []))
        others = [each for each in all_scopes() if each not in (scope, "*")]
        answer = with_scopes(api, *others).send(method, target, None if safe else {})
        assert answer.status_code == 403, (method, target, answer.content)
        assert (answer.json()["code"], answer.json()["scope"]) == ("scope_missing", scope)
        opened = with_scopes(api, scope).send(method, target, None if safe else {"no such field": 1})
        assert opened.status_code != 403, (method, target, opened.content)
    assert len(tried) > 30


def caller_on(api: Api) -> Api:
    """Every module is on, so that a 403 is the scope's."""
    Module.unscoped.filter(account=api.account).update(contracted=True, enabled=True)
    return api


def test_s18_who_writes_sees_the_row_it_wrote_and_nothing_by_get(
    api: Api, stages: list[str], problem: Callable[..., Any]
) -> None:
    """As the guide says: an answer of POST and PATCH is the row, whatever the key may read."""
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    writes = with_scopes(api, "deals:write", "companies:write")
    for path in ("deals/", f"deals/{deal['id']}/", "companies/"):
        problem(writes.get(path), 403, "scope_missing")
    assert writes.patch(f"deals/{deal['id']}/", {}).json() == api.get(f"deals/{deal['id']}/").json()
    assert writes.post(f"deals/{deal['id']}/move/", {"stage": stages[1]}).json()["title"] == "Sol"
    assert writes.made("companies/", {"name": "Lua"})["name"] == "Lua"


def test_s18_a_method_that_does_not_exist_is_405_whatever_the_scopes(api: Api) -> None:
    assert with_scopes(api, "tasks:read").send("PUT", "deals/").status_code == 405


def test_s18_star_opens_everything_and_write_does_not_read() -> None:
    assert opens(["*"], "deals:write")
    assert not opens(["deals:write"], "deals:read")
    assert not opens([], "deals:read")
    assert tidy(["deals:write", "persons:read", "deals:write"]) == ["persons:read", "deals:write"]
    assert tidy(["deals:write", "*"]) == ["*"]
    with pytest.raises(ValueError, match="deals:burn"):
        tidy(["deals:burn"])


def test_s18_an_expired_key_is_401(api: Api, problem: Callable[..., Any]) -> None:
    soon = timezone.now() + timedelta(hours=1)
    other = with_scopes(api, "*", expires_at=soon)
    assert other.get("deals/").status_code == 200
    ApiKey.unscoped.filter(expires_at=soon).update(expires_at=timezone.now())
    problem(other.get("deals/"), 401, "expired_key")


# --- How often ----------------------------------------------------------------------------------------


def test_s18_every_answer_says_what_is_left(api: Api, settings: Any, problem: Callable[..., Any]) -> None:
    """200, 404, 400 and 403 count alike; the one too many gets 429 and Retry-After, and the next minute is fresh."""
    settings.API_RATE = 4
    narrow = with_scopes(api, "deals:read")
    answers = [
        narrow.get("deals/"),
        narrow.get("deals/1/"),
        narrow.get("deals/?strange=1"),
        narrow.get("persons/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 400, 403]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["3", "2", "1", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"4"}
    refused = narrow.get("deals/")
    body = problem(refused, 429, "too_many_calls")
    assert refused["Retry-After"] == str(body["retry_after"])
    assert 1 <= body["retry_after"] <= 90
    assert refused["RateLimit-Remaining"] == "0"
    assert 1 <= int(refused["RateLimit-Reset"]) <= 60
    assert api.get("deals/").status_code == 200  # another key of the account has its own calls
    settings.API_RATE = 0
    free = narrow.get("deals/")
    assert free.status_code == 200
    assert "RateLimit-Limit" not in free


def used_up(name: str, *, limit: int, start: float) -> int:
    return sum(not throttling.take(name=name, limit=limit, now=start).wait for _call in range(2 * limit))


def test_s18_the_store_counts_as_the_cache_does(account: Account) -> None:
    """Where several web processes have no Redis; what is refused writes nothing."""
    cache.clear()
    key, _plain = keys.issue_key(account=account, name="ERP", created_by=SYSTEM)
    end = 60 * 1000 - 1.0
    moments = (0, 0, 0, 0, 2, 2, 31, 31, 31, 62, 300)
    both = [
        (
            throttling.take(name="both", limit=3, now=end + after),
            throttling.take_in_store(key=key, limit=3, now=end + after),
        )
        for after in moments
    ]
    assert all(one == other for one, other in both), both
    assert [bool(one.wait) for one, _other in both][:6] == [False, False, False, True, True, True]
    throttling.take_in_store(key=key, limit=1, now=end + 300)
    with CaptureQueriesContext(connection) as asked:
        assert throttling.take_in_store(key=key, limit=1, now=end + 300).wait
    assert not any(query["sql"].startswith("UPDATE") for query in asked)


def test_s18_without_redis_a_call_is_counted_in_the_store(api: Api, account: Account, settings: Any) -> None:
    settings.API_COUNTED_IN_STORE, settings.API_RATE = True, 2
    answers = [api.get("deals/") for _each in range(3)]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert ApiKey.objects.of(account).filter(rate_calls=2).count() == 1


def test_s18_a_burst_of_the_whole_minute_is_fine_and_twice_around_its_turn_is_not() -> None:
    cache.clear()
    end = 60 * 1000 - 1.0
    assert used_up("burst", limit=20, start=end) == 20
    assert used_up("burst", limit=20, start=end + 2) <= 1  # a fixed window would give 20 more
    assert used_up("burst", limit=20, start=end + 31) in range(8, 12)
    assert used_up("burst", limit=20, start=end + 300) == 20


@pytest.mark.parametrize("into", [0.0, 1.5, 29.9, 59.5])
def test_s18_who_waits_as_long_as_told_gets_through(into: float) -> None:
    cache.clear()
    start = 60 * 2000 + into
    used_up("wait", limit=7, start=start)
    refused = throttling.take(name="wait", limit=7, now=start)
    assert refused.wait > 0
    assert throttling.take(name="wait", limit=7, now=start + refused.wait).wait == 0


def test_s18_a_counter_thrown_out_of_the_local_cache_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: Any) -> int:
        raise ValueError

    monkeypatch.setattr(throttling.cache, "incr", gone)
    assert throttling.take(name="culled", limit=5, now=60_000.0).left == 4


def test_s18_a_cache_that_is_away_refuses_nobody(
    api: Api, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from redis.exceptions import ConnectionError as Away

    def away(**_given: Any) -> Any:
        raise Away

    settings.API_COUNTED_IN_STORE = False
    monkeypatch.setattr(throttling, "take", away)
    answer = api.get("deals/")
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer
