"""Every address of the portal as one walk: who opens it, on which rows and words, and what is no page and why."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from accounts.invitations import digest
from accounts.models import Invitation, Membership, User
from accounts.signin import PENDING, password_link
from accounts.sites import portal
from integrations.activation import matrices
from integrations.activation.views import _sections
from integrations.contract import partners
from integrations.models import Connection
from integrations.sync.views import TABS
from mapping.models import Counterpart, FieldMap
from tests import factories
from tests.conftest import World
from tests.house.crowd import fill
from tests.house.test_strangers_in_the_portal import rows_of
from tests.integrations.workflow.flows import flow

PARTNER = "meetime"
STATES = ("", "draft", "validated", "active", "paused", "broken")  # of the connection; "" is none at all
NO_PAGE = {
    "account-open": "goes to a page of another account of hers",
    "funnels": "goes to the board of the funnel used last",
    "index": "home, which has another name as well, answers first",
    "live": "tells by 204 that nothing is new",
    "choose": "names to choose from, as JSON",
    "brand-css": "colours",
    "brand-image": "an image",
    "integration-logo": "an image",
    "file": "a file to take away",
    "configuration-download": "a file to take away",
}
"""Names of addresses that answer no page: why. Those that answer only posts, by a redirect, the test sees itself."""
NOT_POSTED = {
    "logout": "ends the session of the walk",
    "session-end": "ends the session of the walk",
    "language": "changes the language of the walk",
    "account-switch": "changes the account of the walk",
}
"""Names of addresses that are not posted to: why."""
ASKED: dict[str, tuple[str, ...]] = {
    "persons": ("q=zzzz", "ghosts=1"),
    "person": ("edit=1",),
    "company": ("edit=1",),
    "deal": ("edit=1",),
    "board": ("q=zzzz",),
    "tasks": ("which=all",),
    "members": ("q=zzzz",),
    "audit-trail": ("who=zzzz",),
    "activation": ("token",),
    "rehearsal": ("what=all", "what=trial&most=5"),
    "sync-affected": (
        "connection={connection}&source=out&kind=send_lead&state=refused&reason=No.",
        "connection={connection}&source=in&kind=activity&state=failed&reason=Strange.",
    ),
    "sync": tuple(f"tab={each}" for each in TABS),
}
"""Questions with which a page shows something else."""
EMPTY = [
    "home",
    "persons",
    "companies",
    "products",
    "tasks",
    "sync",
    "webhooks",
    "api-keys",
    "notices",
    "teams",
]
"""Names of pages that also stand in an account in which nothing stands yet."""
POSTED: dict[str, dict[str, str]] = {
    "api-key-new": {"name": "ERP", "reach": "all", "lifetime": "30"},
    "webhook-new": {"url": "https://erp.example/hook", "every": "on"},
    "configuration-plan": {"text": "version: 1\nteams:\n  - name: Sul\n"},
    "automation-trial": {"card": "Padaria"},
}
"""Posts whose answer is a page that nothing else shows."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One look at one address by `who`; `state` is the connection's at that time, `data` is posted."""

    name: str
    path: str
    who: str = "admin"
    data: dict[str, str] | None = None
    state: str = "enabled"

    @property
    def words(self) -> str:
        """The visit as a failure names it."""
        return " ".join(
            filter(
                None,
                (
                    self.path,
                    "posted" if self.data is not None else "",
                    self.who.replace("admin", ""),
                    self.state.replace("enabled", ""),
                ),
            )
        )


def routes(found: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address below these patterns."""
    for each in found:
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, prefix + str(each.pattern))
        else:
            yield f"/{prefix}{each.pattern}", each


def furnished(world: World) -> dict[str, int]:
    """One row and some more of everything that pages show; ids by parameter."""
    rows = rows_of(world)
    for slug in ("white_label", "deals", "tasks", "workflow", "api"):
        factories.module(account=world.account, slug=slug)
    matrices.declare_all()
    side = Counterpart.unscoped.create(account=world.account, slug=PARTNER, remote_id="9")
    Connection.unscoped.filter(account=world.account).update(
        counterpart=side, flow="centralisation", remote_id="9", remote_name="Casa lá"
    )
    connection = Connection.objects.of(world.account).get()
    mapped = FieldMap.unscoped.create(
        account=world.account,
        counterpart=side,
        entity="deal",
        key="title",
        kind="lead",
        their_key="custom.titulo",
        pair_id="meetime:text:text",
        partner=PARTNER,
        our_type="text",
        their_type="text",
    )
    fill(world, 2)
    return {**rows, "map": mapped.pk, "connection": connection.pk, "automation-trial": flow(world).pk}


def texts_of(world: World, rows: dict[str, int]) -> dict[str, list[dict[str, str]]]:
    """What stands for the words in an address, by its name: every choice that shows another page; "?" asks."""
    partner = partners()[PARTNER]
    parts = [
        {"slug": PARTNER, "section": section.slug, "name": name, "?": f"map={rows['map']}&entity=deal"}
        for section in _sections(partner)
        for name in section.fragments
    ]
    acts = [
        {"slug": PARTNER, "section": section.slug, "action": action}
        for section in _sections(partner)
        for action in section.actions
    ]
    uid, token = urlsplit(password_link(world.seller)).path.split("/")[3:5]
    integration = [{"slug": PARTNER}]
    return {
        "activation": integration,
        "rehearsal": integration,
        "integration-logo": integration,
        "activation-flow": integration,
        "activation-credentials": integration,
        "activation-shelf": [{"slug": PARTNER, "kind": kind} for kind in list(partner.kinds)[:1]],
        "activation-step": [{"slug": PARTNER, "step": "deactivate"}],
        "activation-setting": acts,
        "activation-part": parts,
        "module-settings": [{"slug": each} for each in ("deals", "tasks", "white_label")],
        "module-switch": [{"slug": each} for each in ("deals", "workflow")],
        "module-ask": [{"slug": "analytics"}],
        "module-preview": [{"slug": "white_label"}],
        "choose": [{"kind": "person"}],
        "invitation": [{"token": each} for each in invited(world)],
        "password-set": [
            {"uidb64": uid, "token": token},
            {"uidb64": uid, "token": "set-password"},
            {"uidb64": uid, "token": "x-old"},
        ],
    }


def invited(world: World) -> list[str]:
    """The tokens of an invitation of each standing, and one that nobody ever sent."""
    now, seller = timezone.now(), Membership.objects.of(world.account).get(user=world.seller)
    standings: dict[str, dict[str, Any]] = {
        "open": {"expires_at": now + timedelta(days=3)},
        "late": {"expires_at": now - timedelta(days=3)},
        "withdrawn": {"expires_at": now + timedelta(days=3), "revoked_at": now},
        "accepted": {"expires_at": now + timedelta(days=3), "accepted_at": now},
    }
    for token, standing in standings.items():
        own = {"account": world.account, "profile": seller.profile, "invited_by": world.admin}
        Invitation.unscoped.create(
            **own, email=f"{token}@fora.example", digest=digest(f"{token}-{world.account.pk}"), **standing
        )
    return [*(f"{token}-{world.account.pk}" for token in standings), "unknown"]


def clients_of(world: World) -> dict[str, Client]:
    """The browsers: the administrator's, one that is signed out, one whose code is still owed."""
    admin, outside, owing = Client(), Client(), Client()
    admin.force_login(world.admin)
    session = owing.session
    session[PENDING] = {
        "user": world.seller.pk,
        "password": world.seller.get_session_auth_hash(),
        "to": "",
        "at": time.time(),
    }
    session.save()
    owing.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
    newcomer = Client()
    newcomer.force_login(newcomers())
    return {"admin": admin, "outside": outside, "owing": owing, "newcomer": newcomer}


def newcomers() -> User:
    """The administrator of an account in which nothing stands yet."""
    account = factories.AccountFactory(name="Nova")
    for slug in ("products", "workflow", "api"):
        factories.module(account=account, slug=slug)
    return factories.member(account=account, email="nova@nova.example", administrator=True)


OUTSIDE = {"login": "outside", "password-forgotten": "outside", "password-set": "outside"}
OUTSIDE |= {"invitation": "outside", "login-code": "owing"}


def visits(world: World, rows: dict[str, int]) -> Iterator[Visit]:
    """Every address with all its words, its questions, a post without a word, and the connection's states.

    KeyError for a parameter that nobody gave a row or a word.
    """
    texts, account = texts_of(world, rows), str(world.account.pk)
    for route, pattern in routes(portal.get_urls()):
        name, who = str(pattern.name), OUTSIDE.get(str(pattern.name), "admin")
        paths = list(paths_of(route, pattern, rows, texts))
        for path in paths:
            yield Visit(name=name, path=path, who=who)
        for query in ASKED.get(name, ()):
            yield Visit(name=name, path=f"{paths[0]}?{query.format(**rows)}", who=who)
        if name not in NOT_POSTED:
            given = {"account": account, **POSTED.get(name, {})}
            for path in paths:
                yield Visit(name=name, path=path, who=who, data={"account": account})
            if name in POSTED:
                yield Visit(name=name, path=paths[0], who=who, data=given)
    for state in STATES:
        yield Visit(name="activation", path=f"/integrations/{PARTNER}/", state=state)
    yield Visit(name="integrations", path="/integrations/", state="broken")
    yield Visit(name="invitation", path=f"/invitation/open-{account}/")
    for name in EMPTY:
        yield Visit(name=name, path=reverse(f"portal:{name}"), who="newcomer")


def paths_of(
    route: str, pattern: URLPattern, rows: dict[str, int], texts: dict[str, list[dict[str, str]]]
) -> Iterator[str]:
    """The route with these rows' ids and with each choice of words."""
    name, converters = str(pattern.name), pattern.pattern.converters
    numbers = {each for each, kind in converters.items() if type(kind).__name__ == "IntConverter"}
    for words in texts[name] if set(converters) - numbers else ({},):
        path = route
        for each in converters:
            key = name if name in rows else name.split("-")[0] if each == "pk" else each
            value = rows[key] if each in numbers else words[each]
            path = re.sub(rf"<(?:\w+:)?{each}>", str(value), path)
        yield f"{path}?{words['?']}" if "?" in words else path


def walk(
    world: World, rows: dict[str, int], *, language: str = "pt-br"
) -> Iterator[tuple[Visit, HttpResponse]]:
    """Each visit with its answer; what a post or a state changed is as before at the next one."""
    clients = clients_of(world)
    User.objects.update(language=language)
    for client in clients.values():
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    found = Connection.unscoped.filter(account=world.account)
    for visit in visits(world, rows):
        client = clients[visit.who]
        if visit.data is None and visit.state == "enabled":
            yield visit, client.get(visit.path)
            continue
        with transaction.atomic():
            found.update(state=visit.state or "inactive")
            answer = client.get(visit.path) if visit.data is None else client.post(visit.path, visit.data)
            yield visit, answer
            transaction.set_rollback(True)


def is_html(answer: HttpResponse) -> bool:
    """A page or a part of one."""
    return (
        answer.headers.get("Content-Type", "").startswith("text/html")
        and not answer.streaming
        and bool(answer.content.strip())
    )


def is_page(answer: HttpResponse) -> bool:
    """A whole page: what a browser shows."""
    return is_html(answer) and b"<!doctype html>" in answer.content[:200].lower()
