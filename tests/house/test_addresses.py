"""No address of the portal is left out of the walk that axe, the pseudo-locale and the account's words take (G5)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.conftest import World
from tests.house.addresses import NO_PAGE, NOT_POSTED, furnished, is_html, walk

pytestmark = pytest.mark.any_store


def test_g5_every_address_is_looked_at_or_stands_in_the_list_with_its_reason(world: World) -> None:
    shown: Counter[str] = Counter()
    only_posted = set()
    for visit, answer in walk(world, furnished(world)):
        assert answer.status_code < 500, visit.words
        shown[visit.name] += is_html(answer)
        if visit.data is None and answer.status_code == 405:
            only_posted.add(visit.name)
    assert {name for name, count in shown.items() if not count} - only_posted == set(NO_PAGE)
    assert set(NOT_POSTED) <= only_posted
