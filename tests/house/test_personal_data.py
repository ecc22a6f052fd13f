"""Every table with texts is one whose personal data is exported and erased, or says why it has none (X8)."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from integrations.privacy.elsewhere import TABLES
from integrations.privacy.traces import HEAD, TRACES

TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)


def test_x8_every_table_with_texts_is_erased_or_says_why_it_holds_nobody() -> None:
    known = {model._meta.label for model in (*HEAD, *(trace.model for trace in TRACES.values()))}
    texts = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if not getattr(model, "holds_nobody", "")
        and any(isinstance(field, TEXTS) and not field.choices for field in model._meta.concrete_fields)
    }
    assert known & TABLES.keys() == set(), "one or the other"
    assert texts - known - TABLES.keys() == set(), "add it to privacy/traces.py or privacy/elsewhere.py"
    assert TABLES.keys() - texts == set(), "no such table any more"


def test_x8_every_kind_of_trace_is_erased_by_somebody() -> None:
    """What has no `erase` of its own is a table of funnels: its services write it."""
    alone = {trace.model._meta.app_label for trace in TRACES.values() if trace.erase is None}
    assert alone == {"funnels"}
