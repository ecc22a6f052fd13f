"""M13, M49 in the staff admin: the same services, the same words; the matrix and conflicts are read only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from integrations.models import Connection
from mapping.models import Conflict, Counterpart, FieldMap, TypePair
from tests import factories
from tests.integrations.activation.mapped import mapped, ours, pair

pytestmark = pytest.mark.django_db
ADD = "admin:mapping_fieldmap_add"


@pytest.fixture
def desk(world) -> Client:
    client = Client()
    staff = User.objects.create_superuser(email="s@tomada.example", password="x-long-pass-1", name="S")
    client.force_login(staff)
    factories.opened(staff, world.account)
    return client


@pytest.fixture
def there(world) -> Counterpart:
    ours(world.account, "cargo")
    ours(world.account, "idade", "integer")
    return mapped(world.account).counterpart


def form(there: Counterpart, **given: Any) -> dict[str, Any]:
    return {
        "counterpart": there.pk,
        "entity": "person",
        "key": "cargo",
        "their_key": "custom.cargo",
        "master": "both",
        "empty": "keep",
        **given,
    }


def test_m10_staff_associate_change_and_remove_through_the_services(desk, there) -> None:
    assert desk.post(reverse(ADD), form(there)).status_code == 302
    row = FieldMap.unscoped.get()
    assert (row.account_id, row.our_type, row.their_type) == (there.account_id, "text", "text")
    change = reverse("admin:mapping_fieldmap_change", args=[row.pk])
    posted = {"master": "theirs", "empty": "keep", "seen_version": row.version}
    assert desk.post(change, posted).status_code == 302
    assert FieldMap.unscoped.get().master == "theirs"
    assert desk.post(change, {**posted, "master": "ours"}).status_code == 200  # an old version
    assert FieldMap.unscoped.get().master == "theirs"
    desk.post(reverse("admin:mapping_fieldmap_delete", args=[row.pk]), {"post": "yes"})
    assert not FieldMap.unscoped.exists()
    acts = set(AuditEntry.objects.of(there.account).values_list("action", flat=True))
    assert {"mapping.add", "mapping.change", "mapping.remove"} <= acts


def test_m13_m49_staff_are_refused_in_words(desk, there) -> None:
    pair(Connection.unscoped.get(), "person", "cargo", "custom.cargo")
    other = Counterpart.unscoped.create(account=there.account, slug="meetime", remote_id="2")
    wrong: tuple[dict[str, Any], ...] = (
        {"key": "idade", "their_key": "custom.porte"},  # a selection, whatever is claimed
        {"key": "idade", "their_key": "custom.porte", "pair": "meetime:integer:text"},
        {"key": "idade", "their_key": "custom.nowhere"},
        {"key": "idade", "their_key": "custom.outro", "counterpart": other.pk},  # nobody lists its fields
        {"entity": "deal", "key": "title"},  # theirs is associated already
    )
    for each in wrong:
        answer = desk.post(reverse(ADD), form(there, **each))
        assert answer.status_code == 200, each
        assert "errornote" in answer.content.decode() or "errorlist" in answer.content.decode(), each
    assert FieldMap.unscoped.count() == 1


@pytest.mark.parametrize("model", [TypePair, Conflict])
def test_staff_write_neither_the_matrix_nor_conflicts(desk, model) -> None:
    name = f"admin:mapping_{model._meta.model_name}"
    assert desk.get(reverse(f"{name}_changelist")).status_code == 200
    assert desk.get(reverse(f"{name}_add")).status_code == 403
    assert desk.post(reverse(f"{name}_add"), {}).status_code == 403
