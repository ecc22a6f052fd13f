"""One lead on the stand-in's pages: its data, its history and the buttons of Meetime's user."""

from __future__ import annotations

from markupsafe import Markup

from integrations.sandbox.pages import card, check, form, select, text

from .sandbox_inside import stage_of
from .sandbox_labels import cadences_of, name_of, owner_of, tag, users_of, when
from .sandbox_lead_forms import edit_form, new_lead_form
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
LINKS = (("site", "Site"), ("linkedIn", "LinkedIn"), ("twitter", "Twitter"), ("facebook", "Facebook"))


def lead_page(account: Account, lead: Lead, mount: str) -> Markup:
    """Data, deal, history, and the buttons that its state allows."""
    run = account.current(lead)
    native = lead.native
    facts = [
        ("E-mail", lead.email or "–"),
        ("Telefones", ", ".join(str(phone["phone"]) for phone in lead.phones) or "–"),
        ("Empresa", native.get("company") or "–"),
        ("Cargo", native.get("position") or "–"),
        ("Cidade", " / ".join(filter(None, (native.get("city"), native.get("state")))) or "–"),
        *((label, native[name]) for name, label in LINKS if native.get(name)),
        ("Cadência", account.cadences[run.cadence_id].name if run else "–"),
        ("Responsável", owner_of(account, run.owner_id if run else None)),
        ("DealID", lead.deal or "–"),
        ("Referência externa", lead.external_reference or "–"),
        ("Anotações", native.get("annotations") or "–"),
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
    buttons = _buttons(account, lead, mount) if account.is_open(lead) else _closed(account, lead, mount)
    head = Markup('<div class="row" style="margin-bottom:1rem"><h1>{}</h1>{}</div>').format(
        name_of(lead), tag(run.status if run else None)
    )
    return head + Markup('<div class="two"><div>{}</div><div>{}</div></div>').format(
        left, _stage(account, lead, mount) + buttons + _always(account, lead, mount)
    )


def _stage(account: Account, lead: Lead, mount: str) -> Markup:
    """The card's stage at the CRM (assumed, M36): where it stands, what was asked, why it was declined."""
    if not account.crm or not lead.deal:
        return Markup()
    funnel, stage = account.published(lead), stage_of(account, lead)
    if funnel is None or stage is None:
        return card("Etapa no CRM", Markup('<p class="soft">O CRM não publicou o funil deste negócio.</p>'))
    parts = [
        Markup('<p>{} <span class="soft">{}</span></p>').format(
            Markup('<span class="tag info">{}</span>').format(stage["stage"] or "Etapa retirada"), funnel.name
        )
    ]
    if pending := stage["pending"]:
        wanted = funnel.stages.get(pending["stage_id"], pending["stage_id"])
        parts.append(Markup('<p class="note warn">Aguardando o CRM: {}</p>').format(wanted))
    elif stage["declined"]:
        parts.append(Markup('<p class="note bad">Recusado: {}</p>').format(stage["declined"]))
    others = [(number, name) for number, name in funnel.stages.items() if number != stage["stage_id"]]
    if account.is_open(lead) and others:
        at = f"{mount}/leads/{lead.id}/stage?conta={account.alias}"
        parts.append(form(at, "Mover card", select("stage_id", "Nova etapa", others), style="main"))
    return card("Etapa no CRM", *parts)


def _closed(account: Account, lead: Lead, mount: str) -> Markup:
    """A closed lead can be prospected again."""
    if lead.deleted is not None:
        return Markup()
    at = f"{mount}/leads/{lead.id}/reopen?conta={account.alias}"
    cadence = select("cadence_id", "Cadência", cadences_of(account))
    return card("Reabrir", form(at, "Reabrir lead", cadence, check("started", "Iniciar agora"), style="main"))


def _timeline(account: Account, lead: Lead) -> Markup:
    items: list[tuple[float, Markup]] = []
    for run in account.runs(lead):
        title = f"Entrou em {account.cadences[run.cadence_id].name}"
        items.append((run.created, Markup("<strong>{}</strong>").format(title)))
        if run.status in CLOSED and run.end:
            end = tag(run.status) + Markup(" {}").format(run.lost_reason.name if run.lost_reason else "")
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
    reasons = [(each.id, each.name) for each in account.reasons(lead)]
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
    parts = Markup('<details class="card"><summary>Editar dados</summary>{}</details>').format(
        edit_form(account, lead, mount)
    )
    if lead.deal:
        new = new_lead_form(account, mount, deal=str(lead.id), cadence_id=run.cadence_id if run else None)
        parts += Markup(
            '<details class="card"><summary>Adicionar lead ao mesmo negócio</summary>{}</details>'
        ).format(new)
    return parts
