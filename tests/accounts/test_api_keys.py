"""S18, S4, G2: Administração → Chaves de API, rotation, and the notice before a key ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts import keys
from accounts.key_expiry import warn_of_expiry
from accounts.models import ApiKey, AuditEntry, Module, Notice, User
from accounts.notices import said
from accounts.origin import Origin
from accounts.scopes import AREAS
from tests import factories
from tests.api.walk import document, operations
from tests.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def on(world: World) -> None:
    factories.module(account=world.account, slug="api")


@pytest.fixture
def admin(world: World, client_of: Callable[[User], Client]) -> Client:
    return client_of(world.admin)


def made(world: World, name: str = "ERP", **more: object) -> tuple[ApiKey, str]:
    return keys.issue_key(account=world.account, name=name, created_by=Origin.user(world.admin), **more)


def posted(client: Client, world: World, path: str, **data: object) -> object:
    return client.post(path, {"account": world.account.pk, **data})


def works(plain: str) -> bool:
    return Client().get("/api/v1/deals/", headers={"Authorization": f"Bearer {plain}"}).status_code == 200


def plain_of(answer: object) -> str:
    found = re.findall(r'value="(tmd_[\w-]{43})"', answer.content.decode())
    assert len(found) == 1
    return str(found[0])


# --- The screen -----------------------------------------------------------------------------------------


def test_s18_a_key_is_made_with_scopes_and_an_end_and_shown_once(
    world: World, admin: Client, on: None
) -> None:
    form = admin.get("/api-keys/new/").content.decode()
    assert form.count("</tr>") == len(AREAS) + 1  # the head of the table is a row too
    answer = posted(
        admin,
        world,
        "/api-keys/new/",
        name="ERP",
        lifetime="90",
        reach="chosen",
        scopes=["deals:write", "persons:read"],
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    plain = plain_of(answer)
    key = ApiKey.objects.of(world.account).get()
    assert key.digest == keys.digest(plain)
    assert key.scopes == ["persons:read", "deals:write"]
    assert key.created_by == world.admin
    assert abs(key.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    shown = admin.get("/api-keys/").content.decode()
    assert plain not in shown
    assert "Ativa" in shown  # "in use" would contradict "never used" beside it
    assert key.prefix in shown
    assert "persons:read" in shown
    entry = AuditEntry.objects.of(world.account).get(action="api_key.issued")
    assert entry.data["scopes"] == key.scopes
    assert plain not in f"{entry.subject}{entry.data}"


def test_s18_the_form_offers_only_what_opens_something(world: World, admin: Client, on: None) -> None:
    """As the API's document says; a key that holds another scope goes on with it, and rotates."""
    offered = re.findall(r'name="scopes" value="([a-z:-]+)"', admin.get("/api-keys/new/").content.decode())
    asked = {operation["x-scope"] for _path, _method, operation in operations(document())}
    assert sorted(offered) == sorted(asked)
    assert not {"partners:write", "leads:write", "events:write", "privacy:read"} & set(offered)
    posted(admin, world, "/api-keys/new/", name="ERP", reach="chosen", scopes=["leads:write"])
    assert not ApiKey.objects.of(world.account).exists()
    key, plain = made(world, scopes=["deals:read", "leads:write"])
    assert works(plain)
    assert plain_of(posted(admin, world, f"/api-keys/{key.pk}/rotate/", overlap="24"))
    assert [row.scopes for row in ApiKey.objects.of(world.account)] == [["deals:read", "leads:write"]] * 2


def test_s18_a_form_that_is_not_right_makes_no_key(world: World, admin: Client, on: None) -> None:
    for data in (
        {"name": "", "reach": "all"},
        {"name": "ERP", "reach": "chosen"},
        {"name": "ERP", "reach": "chosen", "scopes": ["deals:burn"]},
        {"name": "ERP", "reach": "all", "lifetime": "1"},
    ):
        assert posted(admin, world, "/api-keys/new/", **data).status_code == 422
    assert not ApiKey.objects.of(world.account).exists()
    posted(admin, world, "/api-keys/new/", name="ERP", reach="all", lifetime="")
    key = ApiKey.objects.of(world.account).get()
    assert (key.scopes, key.expires_at) == (["*"], None)


def test_s18_rotation_and_revocation_by_screen(world: World, admin: Client, on: None) -> None:
    old, before = made(world)
    answer = posted(admin, world, f"/api-keys/{old.pk}/rotate/", overlap="24")
    after = plain_of(answer)
    assert works(before)
    assert works(after)
    new = ApiKey.objects.of(world.account).get(replaces=old)
    assert posted(admin, world, f"/api-keys/{new.pk}/revoke/").status_code == 302
    assert not works(after)
    assert works(before)
    again = posted(admin, world, f"/api-keys/{old.pk}/rotate/", overlap="0")
    assert again.status_code == 302  # it has a successor, which the list says
    assert ApiKey.objects.of(world.account).count() == 2
    assert admin.get(f"/api-keys/{old.pk}/revoke/").status_code == 405


def test_g2_only_administrators_open_it(world: World, client_of: Callable[[User], Client], on: None) -> None:
    key, _plain = made(world)
    seller = client_of(world.seller)
    assert seller.get("/api-keys/").status_code == 403
    assert "/api-keys/" not in seller.get("/persons/").content.decode()
    for path in ("/api-keys/new/", f"/api-keys/{key.pk}/rotate/", f"/api-keys/{key.pk}/revoke/"):
        assert posted(seller, world, path, name="x", reach="all").status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.of(world.account).count() == 1


def test_s4_while_the_module_is_off_a_sentence_says_so(world: World, admin: Client) -> None:
    key, plain = made(world)
    page = admin.get("/api-keys/")
    assert page.status_code == 200
    assert key.prefix not in page.content.decode()
    assert "api-keys/new" not in page.content.decode()
    assert "/api-keys/" not in admin.get("/persons/").content.decode()
    assert admin.get("/api-keys/new/").status_code == 403
    assert posted(admin, world, f"/api-keys/{key.pk}/rotate/").status_code == 403
    Module.unscoped.update_or_create(
        account=world.account, slug="api", defaults={"contracted": True, "enabled": True}
    )
    assert key.prefix in admin.get("/api-keys/").content.decode()  # kept, and works again
    assert works(plain)
    assert "/api-keys/" in admin.get("/persons/").content.decode()


def test_s18_the_list_asks_as_much_for_many(world: World, admin: Client, on: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get("/api-keys/").status_code == 200
        return len(captured)

    made(world)
    queries()
    few = queries()
    for number in range(40):
        made(world, name=f"K{number}")
    assert queries() == few
    shown = admin.get("/api-keys/").content.decode()
    assert "K39" in shown
    assert "?page=2" in shown
    assert ">ERP<" in admin.get("/api-keys/?page=2").content.decode()


# --- Rotation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", list(keys.OVERLAPS))
def test_s18_the_successor_has_name_scopes_and_life_and_the_old_key_ends(
    world: World, on: None, hours: int
) -> None:
    now = timezone.now()
    old, before = made(world, scopes=["deals:read"], expires_at=now + timedelta(days=90))
    new, after = keys.rotate_key(
        key=old, overlap=timedelta(hours=hours), at=now, origin=Origin.user(world.admin)
    )
    assert (new.name, new.scopes, new.replaces_id) == (old.name, ["deals:read"], old.pk)
    assert abs(new.expires_at - now - timedelta(days=90)) < timedelta(minutes=1)
    old.refresh_from_db()
    assert old.expires_at == now + timedelta(hours=hours)
    assert works(before) == (hours > 0)
    assert works(after)
    assert AuditEntry.objects.of(world.account).filter(action="api_key.rotated").count() == 1


def test_s18_an_end_that_is_nearer_than_the_overlap_stays(world: World) -> None:
    now = timezone.now()
    old, _plain = made(world, expires_at=now + timedelta(hours=2))
    keys.rotate_key(key=old, overlap=timedelta(days=7), at=now, origin=Origin.user(world.admin))
    old.refresh_from_db()
    assert old.expires_at == now + timedelta(hours=2)


def test_s18_what_is_closed_is_not_rotated(world: World) -> None:
    now, by = timezone.now(), Origin.user(world.admin)
    revoked, expired, replaced = (made(world, name=name)[0] for name in ("a", "b", "c"))
    keys.revoke_key(key=revoked, at=now, origin=by)
    ApiKey.unscoped.filter(pk=expired.pk).update(expires_at=now)
    keys.rotate_key(key=replaced, overlap=timedelta(days=7), at=now, origin=by)
    for key in (revoked, expired, replaced):
        with pytest.raises(keys.KeyClosed):
            keys.rotate_key(key=key, overlap=timedelta(0), at=now, origin=by)


# --- The notice -------------------------------------------------------------------------------------------


def test_s18_administrators_are_told_once_seven_days_before_a_key_ends(world: World) -> None:
    now = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
    key, _plain = made(world, expires_at=now + timedelta(days=7, hours=1))
    gone, _plain = made(world, name="Fora", expires_at=now + timedelta(days=1))
    keys.revoke_key(key=gone, at=now, origin=Origin.user(world.admin))
    made(world, name="Sempre")
    rotated, _plain = made(world, name="Trocada", expires_at=now + timedelta(days=90))
    keys.rotate_key(key=rotated, overlap=timedelta(days=7), at=now, origin=Origin.user(world.admin))
    assert warn_of_expiry(now=now) == 0
    assert warn_of_expiry(now=now + timedelta(hours=1)) == 1
    notice = Notice.objects.of(world.account).get()
    assert (notice.user, notice.kind, notice.link) == (world.admin, "api_key", "/api-keys/")
    assert notice.values == {"key": str(key), "days": {"day": "2026-11-27"}}
    assert "27/11/2026" in said(notice)
    with translation.override("en"):
        assert "11/27/2026" in said(notice)
    notice.read_at = now
    notice.save()
    assert warn_of_expiry(now=now + timedelta(hours=2)) == 0
    assert warn_of_expiry(now=now + timedelta(days=8)) == 0  # too late to be told


def test_s18_the_hourly_sweep_tells_it(world: World) -> None:
    from integrations.engine import jobs

    made(world, expires_at=timezone.now() + timedelta(days=3))
    jobs.sweep()
    assert Notice.objects.of(world.account).filter(kind="api_key").count() == 1
