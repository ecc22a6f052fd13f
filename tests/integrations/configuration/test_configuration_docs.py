"""The example of docs/configuracao.md is a whole file: it is read, applied, and leaves nothing to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integrations.configuration import services
from tests.integrations.configuration.furnished import acts, connected, fresh, planned, put_in

GUIDE = (Path(__file__).parents[3] / "docs" / "configuracao.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize("connects", [True, False])
def test_x6_the_example_works(world, connects: bool) -> None:
    assert len(EXAMPLE) == 1
    assert set(services.read(EXAMPLE[0]).sections) == set(services.SECTIONS)
    account = fresh(modules=("workflow", "api"))
    if connects:
        connected(account)
    told = acts(put_in(account, EXAMPLE[0]))
    assert "cannot" not in told
    assert ("wait" in told) is not connects
    again = planned(account, EXAMPLE[0])
    assert not again.changes
    assert "create" not in acts(again)
