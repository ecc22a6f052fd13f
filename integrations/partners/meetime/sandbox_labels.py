"""Meetime's words on the stand-in's pages: states, names, choices."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from .sandbox_state import Account, Lead

ZONE = ZoneInfo("America/Sao_Paulo")
STATUS = {
    "WAITING": ("Aguardando início", "info"),
    "EXECUTING": ("Prospectando", "ok"),
    "ON_EXTRA_ACTIVITY": ("Em atividade extra", "ok"),
    "PAUSED_FROM_WAITING": ("Pausado (fila)", "warn"),
    "PAUSED_FROM_EXECUTING": ("Pausado", "warn"),
    "PAUSED_FROM_EXTRA_ACTIVITY": ("Pausado", "warn"),
    "SWITCHED_CADENCE": ("Trocou de cadência", ""),
    "WON": ("Ganho", "ok"),
    "LOST": ("Perdido", "bad"),
    "FINISHED": ("Finalizado", ""),
}


def tag(status: str | None) -> Markup:
    """A prospection's state as a coloured label."""
    label, style = STATUS.get(status or "", (status or "Sem prospecção", ""))
    return Markup('<span class="tag {}">{}</span>').format(style, label)


def when(at: float | None) -> str:
    """Date and time in São Paulo, – for none."""
    return datetime.fromtimestamp(at, ZONE).strftime("%d/%m/%Y %H:%M") if at else "–"


def name_of(lead: Lead) -> str:
    """What to call the lead: name, first name, company or e-mail."""
    native = lead.native
    return (
        native.get("name")
        or native.get("firstName")
        or native.get("company")
        or native.get("email")
        or "Sem nome"
    )


def owner_of(account: Account, user_id: int | None) -> str:
    """The user's name or address."""
    user = account.users.get(user_id or 0)
    return (user.name or user.email) if user else "Sem responsável"


def cadences_of(account: Account) -> list[tuple[object, str]]:
    """The cadences that can be chosen: (id, name)."""
    return [(each.id, each.name) for each in account.cadences.values() if not each.deleted]


def users_of(account: Account) -> list[tuple[object, str]]:
    """The users that can be chosen: (id, name)."""
    return [(each.id, each.name or each.email) for each in account.users.values() if each.active]
