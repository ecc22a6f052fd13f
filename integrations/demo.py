"""The demonstration: an account that looks lived in, made through the services, and what to paste where."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction

from accounts.keys import issue_key
from accounts.models import Account, User
from accounts.origin import Origin
from accounts.services import add_member, create_account
from funnels import services
from funnels.fields import search_key
from funnels.models import Company, Deal, Funnel, Person
from integrations import demo_data as data
from integrations.contract import partners

STATE = "demo.json"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What a person needs to look around; kept in DATA_DIR/demo.json for its owner only."""

    account: int
    username: str
    password: str
    api_key: str
    support: str


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """One partner's stand-in: where our calls go and what its credential is, "" where it needs none."""

    slug: str
    label: str
    address: str
    credential: str


def stand_ins(sandbox_url: str) -> list[StandIn]:
    """Every installed partner that has a stand-in; its address keeps the path of the partner's own."""
    found = []
    for slug, partner in partners().items():
        name = f"{type(partner).__module__.rpartition('.')[0]}.sandbox"
        if importlib.util.find_spec(name) is None:
            continue
        path = urlsplit(partner.base_url({}, "")).path.rstrip("/")
        credential = str(getattr(importlib.import_module(name), "DEFAULT_TOKEN", ""))
        found.append(
            StandIn(
                slug=slug,
                label=str(partner.label),
                address=f"{sandbox_url}/{slug}{path}",
                credential=credential,
            )
        )
    return found


def prepare(*, folder: Path, now: datetime, empty: bool) -> Demo:
    """The demonstration of this folder, made on first use; the second time it is found as it was left."""
    path = folder / STATE
    if path.exists():
        demo = Demo(**json.loads(path.read_text(encoding="utf-8")))
        if Account.objects.filter(pk=demo.account).exists():
            return demo
    with transaction.atomic():
        demo = seed(password=secrets.token_hex(6), now=now, empty=empty)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(demo), file)
    return demo


def seed(*, password: str, now: datetime, empty: bool) -> Demo:
    """Account, administrator, key and support user; unless `empty`, also sellers, funnels and cards."""
    origin = Origin.system()
    name, email = data.ADMINISTRATOR
    account, admin = create_account(
        name=data.ACCOUNT,
        admin_email=email,
        admin_name=name,
        password=password,
        modules=data.MODULES,
        origin=origin,
    )
    _key, plain = issue_key(account=account, name="Demonstração", created_by=Origin.user(admin))
    support_name, support = data.SUPPORT
    if not User.objects.filter(email=support).exists():
        User.objects.create_superuser(email=support, password=password, name=support_name)
    if not empty:
        _furnish(account, password=password, now=now, origin=origin)
    return Demo(account=account.pk, username=admin.email, password=password, api_key=plain, support=support)


def _furnish(account: Account, *, password: str, now: datetime, origin: Origin) -> None:
    sellers = [
        add_member(
            account=account, email=email, name=name, password=password, profile=profile, origin=origin
        ).user
        for name, email, profile in data.SELLERS
    ]
    for entity, key, label, type_, options in data.FIELDS:
        services.ensure_custom_field(
            account=account, entity=entity, key=key, label=label, type=type_, options=options, origin=origin
        )
    funnels = [_funnel(account, row, origin=origin) for row in data.FUNNELS]
    talk = cycle(data.INTERACTIONS)
    for number, (row, owner) in enumerate(zip(data.CARDS, cycle(sellers), strict=False)):
        deal = _card(
            account, row, number=number, funnel=funnels[row.funnel], owner=owner, now=now, origin=origin
        )
        for back in range(min(row.stage, 3)):
            type_, text = next(talk)
            services.log_interaction(
                account=account,
                type=type_,
                text=text,
                occurred_at=now - timedelta(days=2 * back + 1, hours=number % 7),
                origin=origin,
                person=deal.person,
                deal=deal,
                author=owner.name,
            )
        if row.stage >= 3 and not row.end:
            title, days = data.TASKS[number % len(data.TASKS)]
            services.create_task(
                account=account,
                title=title,
                origin=origin,
                deal=deal,
                assignee=owner,
                due_at=now + timedelta(days=days),
            )


def _funnel(account: Account, row: data.FunnelRow, *, origin: Origin) -> Funnel:
    funnel = services.create_funnel(account=account, name=row.name, stages=row.stages, origin=origin)
    stages = list(funnel.stages.order_by("position"))
    for stage, text, mandatory in row.checklist:
        services.add_checklist_item(stage=stages[stage], text=text, mandatory=mandatory, origin=origin)
    for reason in row.reasons:
        services.add_loss_reason(funnel=funnel, name=reason, origin=origin)
    return funnel


def _card(
    account: Account,
    row: data.CardRow,
    *,
    number: int,
    funnel: Funnel,
    owner: User,
    now: datetime,
    origin: Origin,
) -> Deal:
    company = services.create_company(
        account=account,
        name=row.company,
        document=_cnpj(41_300_000 + number * 7_919),
        phones=[f"({row.area}) 3{210 + number}-{4000 + number * 37}"],
        custom={"unidades": str(1 + number % 12)},
        origin=origin,
    )
    person = _person(account, row.contact, row=row, number=number, company=company, origin=origin)
    related = (
        [_person(account, row.related, row=row, number=number + 500, company=company, origin=origin)]
        if row.related
        else []
    )
    deal = services.create_deal(
        account=account,
        title=f"{row.company} · {row.title}",
        stage=list(funnel.stages.order_by("position"))[row.stage],
        person=person,
        company=company,
        related=related,
        owner=owner,
        amount=Decimal(row.amount),
        custom={
            "segmento": data.FIELDS[0][4][row.segment],
            "quilos_por_semana": str(row.kilos),
            "previsao_de_fechamento": (now + timedelta(days=10 + number % 45)).date().isoformat(),
        },
        origin=origin,
    )
    if row.end == "won":
        for item in services.pending_checklist(deal):
            services.mark_checklist_item(deal=deal, item=item, done=True, origin=origin)
        return services.win_deal(deal=deal, origin=origin)
    if row.end:
        reason = funnel.loss_reasons.get(name=row.end)
        return services.lose_deal(deal=deal, reason=reason, origin=origin)
    return deal


def _person(
    account: Account, name: str, *, row: data.CardRow, number: int, company: Company, origin: Origin
) -> Person:
    main = name == row.contact
    local = search_key(name).replace(" ", ".")
    domain = "".join(c for c in search_key(row.company) if c.isalnum())
    return services.create_person(
        account=account,
        name=name,
        email=(row.email if main else "") or f"{local}@{domain}.exemplo.com.br",
        phones=[f"({row.area}) 9{8100 + number % 900}-{1000 + number * 13 % 9000}"],
        company=company,
        custom={"cargo": row.role} if main else {},
        origin=origin,
    )


def _cnpj(root: int) -> str:
    """The 14 characters of a CNPJ with valid check digits, for an eight-digit root."""
    digits = f"{root:08d}0001"
    for weights in ("543298765432", "6543298765432"):
        rest = sum(int(digit) * int(weight) for digit, weight in zip(digits, weights, strict=True)) % 11
        digits += str(0 if rest < 2 else 11 - rest)
    return digits
