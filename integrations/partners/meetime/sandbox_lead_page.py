"""One lead on the stand-in's pages: its data, its history and the buttons of Meetime's user."""

from __future__ import annotations

from markupsafe import Markup

from integrations.sandbox.pages import card, check, form, select, text

from .sandbox_labels import cadences_of, name_of, owner_of, tag, users_of, when
from .sandbox_state import CLOSED, Account, Activity, Lead

ACTIVITY_TYPES = (
    ("SEARCH", "Pesquisa"),
    ("CALL", "Ligação"),
    ("E_MAIL", "E-mail"),
    ("SOCIAL_POINT", "Social Point"),
    ("WHATSAPP", "Social Point – WhatsApp"),
    ("MEETING", "Reunião"),
    ("OTHER", "Outra atividade"),
)


def lead_page(account: Account, lead: Lead, mount: str) -> Markup:
    """Data, deal, history, and the buttons that its state allows."""
    run = account.current(lead)
    facts = [
        ("E-mail", lead.email or "–"),
        ("Telefones", ", ".join(str(phone["phone"]) for phone in lead.phones) or "–"),
        ("Empresa", lead.native.get("company") or "–"),
        ("Cadência", account.cadences[run.cadence_id].name if run else "–"),
        ("Responsável", owner_of(account, run.owner_id if run else None)),
        ("DealID", lead.deal or "–"),
        ("Referência externa", lead.external_reference or "–"),
        ("Anotações", lead.native.get("annotations") or "–"),
        *((each.name, lead.custom.get(each.key) or "–") for each in account.custom_fields.values()),
        ("Criado em", when(lead.created)),
    ]
    listed = Markup().join(Markup("<dt>{}</dt><dd>{}</dd>").format(label, value) for label, value in facts)
    siblings = Markup().join(
        Markup('<p><a href="{}/leads/{}?conta={}">{}</a> {}</p>').format(
            mount,
            other.id,
            account.alias,
            name_of(other),
            tag(current.status if (current := account.current(other)) else None),
        )
        for other in account.siblings(lead)
    )
    left = card("Dados do lead", Markup("<dl>{}</dl>").format(listed))
    left += card("Leads do mesmo negócio", siblings) if siblings else Markup()
    left += card("Atividades e prospecções", _timeline(account, lead))
    buttons = _buttons(account, lead, mount) if account.is_open(lead) else Markup()
    head = Markup('<div class="row" style="margin-bottom:1rem"><h1>{}</h1>{}</div>').format(
        name_of(lead), tag(run.status if run else None)
    )
    return head + Markup('<div class="two"><div>{}</div><div>{}</div></div>').format(
        left, buttons + _always(account, lead, mount)
    )


def _timeline(account: Account, lead: Lead) -> Markup:
    items: list[tuple[float, Markup]] = []
    for run in account.runs(lead):
        reason = account.lost_reasons.get(run.lost_reason_id or 0)
        title = f"Entrou em {account.cadences[run.cadence_id].name}"
        items.append((run.created, Markup("<strong>{}</strong>").format(title)))
        if run.status in CLOSED and run.end:
            end = tag(run.status) + Markup(" {}").format(reason.name if reason else "")
            items.append((run.end, end))
        items += [
            (each.executed, _activity(account, each))
            for each in map(account.activities.__getitem__, run.activities)
        ]
    items.sort(key=lambda item: item[0], reverse=True)
    rows = (
        Markup('<li>{}<br><span class="soft small">{}</span></li>').format(what, when(at))
        for at, what in items
    )
    return Markup('<ul class="time">{}</ul>').format(Markup().join(rows))


def _activity(account: Account, activity: Activity) -> Markup:
    said = Markup("<br>{}").format(activity.annotation) if activity.annotation else Markup()
    doer = owner_of(account, activity.executed_by_id)
    return Markup('<strong>{}</strong> <span class="soft small">por {}</span>{}').format(
        activity.name, doer, said
    )


def _buttons(account: Account, lead: Lead, mount: str) -> Markup:
    run = account.current(lead)
    at = f"{mount}/leads/{lead.id}/%s?conta={account.alias}"
    others = check("lose_others", "Perder os demais leads do negócio") if lead.deal else Markup()
    reasons = [(each.id, each.name) for each in account.lost_reasons.values()]
    going = run is not None and run.status in ("EXECUTING", "ON_EXTRA_ACTIVITY")
    move = form(at % "pause", "Pausar") if going else form(at % "start", "Iniciar", style="main")
    return Markup().join(
        (
            card("Prospecção", move),
            card(
                "Registrar atividade",
                form(
                    at % "activities",
                    "Registrar",
                    select("type", "Tipo", ACTIVITY_TYPES),
                    text("annotation", "Anotação", kind="area"),
                    style="main",
                ),
            ),
            card(
                "Ganhar",
                form(
                    at % "win",
                    "Ganhar lead",
                    text("annotations", "Anotações", kind="area"),
                    others,
                    style="win",
                ),
            ),
            card(
                "Perder",
                form(
                    at % "lose",
                    "Perder lead",
                    select("reason_id", "Motivo de perda", reasons),
                    text("annotations", "Anotações", kind="area"),
                    others,
                    style="lose",
                ),
            ),
            card(
                "Responsável e cadência",
                form(
                    at % "owner",
                    "Trocar responsável",
                    select("user_id", "Responsável", users_of(account), chosen=run.owner_id if run else None),
                ),
                form(
                    at % "cadence",
                    "Trocar cadência",
                    select(
                        "cadence_id", "Cadência", cadences_of(account), chosen=run.cadence_id if run else None
                    ),
                ),
            ),
        )
    )


def _always(account: Account, lead: Lead, mount: str) -> Markup:
    run = account.current(lead)
    phone = str(lead.phones[0]["phone"]) if lead.phones else ""
    edit = form(
        f"{mount}/leads/{lead.id}/update?conta={account.alias}",
        "Salvar dados",
        text("name", "Nome", value=name_of(lead)),
        text("email", "E-mail", kind="email", value=lead.email),
        text("phone", "Telefone", value=phone),
        text("company", "Empresa", value=lead.native.get("company") or ""),
    )
    parts = Markup('<details class="card"><summary>Editar dados</summary>{}</details>').format(edit)
    if lead.deal:
        new = new_lead_form(account, mount, deal=str(lead.id), cadence_id=run.cadence_id if run else None)
        parts += Markup(
            '<details class="card"><summary>Adicionar lead ao mesmo negócio</summary>{}</details>'
        ).format(new)
    return parts


def new_lead_form(account: Account, mount: str, *, deal: str, cadence_id: int | None) -> Markup:
    """A lead typed in; `deal` is the id of the lead whose deal it joins."""
    return form(
        f"{mount}/leads?conta={account.alias}",
        "Adicionar lead",
        Markup('<input type="hidden" name="same_deal_as" value="{}">').format(deal) if deal else Markup(),
        text("name", "Nome", required=True),
        text("email", "E-mail", kind="email"),
        text("phone", "Telefone", kind="tel"),
        text("company", "Empresa"),
        select("cadence_id", "Cadência", cadences_of(account), chosen=cadence_id),
        style="main",
    )
