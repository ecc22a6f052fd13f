"""M13: every partner's matrix reaches the database after a migration, exactly as it is declared."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from integrations.activation import matrices
from integrations.contract import partners
from mapping import matrix, ours
from mapping.models import TypePair

pytestmark = pytest.mark.django_db


def test_m13_migrating_writes_what_partners_declare() -> None:
    TypePair.objects.all().delete()
    matrices.register()  # twice is once: the app's ready() did it
    call_command("migrate", verbosity=0)
    for slug, partner in partners().items():
        assert matrix.pairs_of(slug) == set(partner.mappable.pairs if partner.mappable else ())
    assert TypePair.objects.count() >= 22  # the seed's table


def test_m13_a_migration_that_stops_before_the_table_is_no_error(monkeypatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", list)
    TypePair.objects.all().delete()
    matrices.after_migrate(using="default")
    assert not TypePair.objects.exists()


def test_m16_fields_that_partners_fill_are_kept_from_associations(world) -> None:
    from funnels import services as crm
    from tests.factories import SYSTEM

    own = matrices.own_fields()
    assert own
    for entity, key in own:
        crm.ensure_custom_field(
            account=world.account, entity=entity, key=key, label=key, type="user", origin=SYSTEM
        )
        assert ours.our_field(world.account, entity=entity, key=key) is None
    assert not own & {(each.entity, each.key) for each in ours.our_fields(world.account)}


def test_their_types_are_called_as_the_partner_declares() -> None:
    slug, partner = next((slug, each) for slug, each in partners().items() if each.mappable)
    for type, spec in partner.mappable.types.items():
        assert matrix.label_of(slug, type) == str(spec.label)
    assert matrix.label_of("nobody", "text") == "text"
