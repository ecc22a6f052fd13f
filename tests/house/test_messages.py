"""Every sentence on screen exists in Portuguese, and what is committed is what runs (G5)."""

from __future__ import annotations

import pytest

from tests import availability
from tests.house import messages


def test_every_sentence_has_its_portuguese() -> None:
    """No msgid of code or templates is missing, empty or fuzzy in pt_BR."""
    assert messages.untranslated() == []


def test_the_compiled_catalogues_are_those_of_the_sources() -> None:
    """The committed .mo says what the .po says."""
    if not messages.has_msgfmt():
        pytest.skip(f"{availability.PREFIX}: no msgfmt; install gettext")
    assert messages.stale() == []
