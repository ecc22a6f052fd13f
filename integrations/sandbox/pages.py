"""The look of the stand-ins' pages: one shell with its style inside, and the list of partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from markupsafe import Markup, escape
from werkzeug.wrappers import Response

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")

SHELL = Markup(
    '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><style>{style}</style></head>'
    '<body><header class="top"><div><a href="{home}"><strong>{brand}</strong></a>'
    '{extra}<span class="tag warn">Simulação</span></div></header><main>{body}</main></body></html>'
)


def shell(*, title: str, brand: str, home: str, body: Markup, extra: Markup | None = None) -> str:
    """A whole page; `body` and `extra` are HTML already escaped."""
    style = Markup(STYLE)  # noqa: S704 - our own file
    return SHELL.format(title=title, brand=brand, home=home, body=body, extra=extra or "", style=style)


def response(html: str, status: int = 200) -> Response:
    """An HTML answer that may load nothing from anywhere and be framed by nobody."""
    answer = Response(html, status=status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def index_page(partners: Mapping[str, str]) -> str:
    """The partners that have a stand-in here: slug → label."""
    cards = Markup().join(
        Markup(
            '<a class="card" href="/{}/"><h2>{}</h2>'
            '<span class="soft small">Abrir como usuário do parceiro</span></a>'
        ).format(slug, label)
        for slug, label in partners.items()
    )
    body = Markup(
        "<h1>Parceiros simulados</h1><p class='soft'>Cada parceiro fala HTTP de verdade. "
        "Aqui você faz o papel de quem trabalha do outro lado.</p>"
        "<div class='grid' style='margin-top:1rem'>{}</div>"
    ).format(cards)
    return shell(title="Parceiros simulados", brand="Parceiros simulados", home="/", body=body)


def options(rows: Iterable[tuple[object, str]], *, chosen: object = None) -> Markup:
    """`<option>`s of (value, label)."""
    return Markup().join(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", label
        )
        for value, label in rows
    )


def select(name: str, label: str, rows: Iterable[tuple[object, str]], *, chosen: object = None) -> Markup:
    """A labelled list."""
    return Markup('<label>{}<select name="{}">{}</select></label>').format(
        label, name, options(rows, chosen=chosen)
    )


def text(name: str, label: str, *, kind: str = "text", required: bool = False, value: str = "") -> Markup:
    """A labelled line of input; `area` as kind makes it several lines."""
    must = Markup(" required") if required else ""
    if kind == "area":
        return Markup('<label>{}<textarea name="{}"{}>{}</textarea></label>').format(label, name, must, value)
    return Markup('<label>{}<input type="{}" name="{}" value="{}"{}></label>').format(
        label, kind, name, value, must
    )


def check(name: str, label: str) -> Markup:
    """A labelled box to tick."""
    return Markup('<label class="check"><input type="checkbox" name="{}">{}</label>').format(name, label)


def form(action: str, button: str, *fields: Markup, style: str = "") -> Markup:
    """A form that posts, with its one button."""
    return Markup('<form method="post" action="{}">{}<button class="{}">{}</button></form>').format(
        action, Markup().join(fields), style, button
    )


def card(title: str, *parts: Markup | str) -> Markup:
    """A titled box."""
    return Markup('<section class="card"><h2>{}</h2>{}</section>').format(
        title, Markup().join(part if isinstance(part, Markup) else escape(part) for part in parts)
    )
