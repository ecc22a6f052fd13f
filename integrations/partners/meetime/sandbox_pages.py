"""The pages on which a person plays Meetime's user: the leads and the team."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.sandbox.desk import ControlError
from integrations.sandbox.pages import card, form, response, shell, text

from .sandbox_control import Accounts, Orders
from .sandbox_labels import name_of, owner_of, tag
from .sandbox_lead_forms import changes, new_lead_form, typed
from .sandbox_lead_page import lead_page
from .sandbox_state import Account, Complaint, Lead

SHOWN = 60
DONE = {
    "win": "Lead ganho.",
    "lose": "Lead perdido.",
    "activities": "Atividade registrada.",
    "owner": "Responsável alterado.",
    "cadence": "Cadência alterada.",
    "stage": "Mudança de etapa pedida ao CRM.",
    "reopen": "Lead reaberto.",
    "start": "Prospecção iniciada.",
    "pause": "Lead pausado.",
    "update": "Dados do lead salvos.",
    "leads": "Lead adicionado.",
    "users": "Usuário adicionado.",
}
COMPLAINTS = {
    "the lead is not open": "Este lead já está encerrado.",
    "the lead is not closed": "Este lead ainda está aberto.",
    "the lead has no deal or is closed": "Este lead não tem negócio ou já está encerrado.",
    "no such stage is published for the deal's funnel": "O funil deste negócio não tem esta etapa.",
    "no such lost reason": "Este motivo de perda não é do funil deste lead.",
    "email already used by another lead": "Este e-mail já pertence a outro lead.",
    "email already used by another user": "Este e-mail já pertence a outro usuário.",
    "invalid email": "E-mail inválido.",
    "unknown or inactive user": "Usuário desconhecido ou inativo.",
    "unknown or deleted cadence": "Cadência desconhecida ou excluída.",
    "name, firstName, email or company is required": "Informe nome, e-mail ou empresa.",
}
ROLES = {"ADMINISTRATOR": "Administração", "MANAGER": "Gestão", "SDR": "SDR", "SALESMAN": "Vendas"}
PRIORITY = {
    "LOW": "Prioridade baixa",
    "MEDIUM": "Prioridade média",
    "HIGH": "Prioridade alta",
    "VERY_HIGH": "Prioridade muito alta",
}
TABS = (("", "Todos"), ("open", "Abertos"), ("closed", "Encerrados"))


class Pages:
    """`/`, `/leads/<id>`, `/team` and the posts of their forms, wherever the partner is mounted."""

    def __init__(self, *, orders: Orders, accounts: Accounts) -> None:
        self._orders, self._accounts = orders, accounts

    def answer(self, request: Request, path: str) -> Response:
        """A page, or a post and the way back to one."""
        mount = request.path[: len(request.path) - len(path)] if path != "/" else request.path.rstrip("/")
        wanted = request.args.get("conta", "")
        every = self._accounts.accounts()
        account = next((each for each in every if each.alias == wanted), every[0])
        parts = path.strip("/").split("/")
        if request.method == "POST":
            return self._post(request, account, parts, mount)
        note = _note(request)
        with account.lock:
            if parts == [""]:
                body = _list(
                    account, mount, state=request.args.get("estado", ""), query=request.args.get("q", "")
                )
            elif parts == ["team"]:
                body = _team(account, mount)
            elif parts[0] == "leads" and parts[-1].isdecimal() and int(parts[-1]) in account.leads:
                body = lead_page(account, account.leads[int(parts[-1])], mount)
            else:
                return response(_page(account, every, mount, Markup("<h1>Página não encontrada</h1>")), 404)
        return response(_page(account, every, mount, note + body))

    def _post(self, request: Request, account: Account, parts: list[str], mount: str) -> Response:
        order: dict[str, Any] = typed(dict(request.form.items()))
        verb, back = parts[-1], f"{mount}/"
        said = {"ok": verb}
        try:
            with account.lock:
                if len(parts) == 3 and parts[0] == "leads" and parts[1].isdecimal():
                    back = f"{mount}/leads/{parts[1]}"
                    if verb == "update" and int(parts[1]) in account.leads:
                        order = changes(account.leads[int(parts[1])], dict(request.form.items()))
                    self._orders.act(account, int(parts[1]), verb, order)
                else:
                    back = f"{mount}/team" if verb == "users" else back
                    _, made = self._orders.answer("POST", verb, {**order, "token": account.token})
                    back = f"{mount}/leads/{made['id']}" if verb == "leads" else back
        except (ControlError, Complaint) as problem:
            said = {"erro": problem.words}
        except ValueError as problem:
            said = {"erro": str(problem)}
        return redirect(f"{back}?{urlencode({**said, 'conta': account.alias})}", code=303)


def _page(account: Account, every: list[Account], mount: str, body: Markup) -> str:
    extra = Markup(
        '<a href="{0}/?conta={1}">Leads</a> <a href="{0}/team?conta={1}">Equipe e cadências</a>'
    ).format(mount, account.alias)
    if len(every) > 1:
        links = (
            Markup('<a href="{}/?conta={}"{}>{}</a>').format(
                mount,
                each.alias,
                Markup(' aria-current="page"') if each is account else "",
                f"{each.company} · {each.alias}",
            )
            for each in every
        )
        body = Markup('<nav class="tabs" aria-label="Contas">{}</nav>').format(Markup(" ").join(links)) + body
    home = f"{mount}/?conta={account.alias}"
    return shell(title=f"Meetime – {account.company}", brand="Meetime", home=home, body=body, extra=extra)


def _note(request: Request) -> Markup:
    if "erro" in request.args:
        words = request.args["erro"]
        return Markup('<p class="note bad" role="alert">{}</p>').format(COMPLAINTS.get(words, words))
    done = DONE.get(request.args.get("ok", ""))
    return Markup('<p class="note" role="status">{}</p>').format(done) if done else Markup()


def _list(account: Account, mount: str, *, state: str, query: str) -> Markup:
    """Newest change first: that is where the person looks after sending a card."""
    wanted = query.strip().lower()
    leads = [
        lead
        for lead in account.leads.values()
        if lead.deleted is None
        and (not state or account.is_open(lead) == (state == "open"))
        and (
            not wanted
            or wanted
            in f"{name_of(lead)} {lead.email} {lead.native.get('company') or ''} {lead.deal}".lower()
        )
    ]
    leads.sort(key=lambda lead: (lead.updated, lead.id), reverse=True)
    tabs = Markup(" ").join(
        Markup('<a href="{}/?conta={}&amp;estado={}"{}>{}</a>').format(
            mount, account.alias, value, Markup(' aria-current="page"') if value == state else "", label
        )
        for value, label in TABS
    )
    cards = Markup().join(_lead_card(account, lead, mount) for lead in leads[:SHOWN])
    hidden = len(leads) - SHOWN
    more = Markup('<p class="soft">… e mais {}. Use a busca.</p>').format(hidden) if hidden > 0 else Markup()
    empty = Markup('<p class="card soft">Nenhum lead aqui ainda.</p>') if not leads else Markup()
    new = Markup('<details class="card"><summary>Adicionar lead</summary>{}</details>').format(
        new_lead_form(account, mount, deal="", cadence_id=None)
    )
    search = Markup(
        '<form method="get" action="{}/" class="row" role="search">'
        '<input type="hidden" name="conta" value="{}"><input type="hidden" name="estado" value="{}">'
        '<input name="q" type="search" value="{}" aria-label="Buscar" style="flex:1;min-width:14rem" '
        'placeholder="Nome, e-mail, empresa ou DealID"></form>'
    ).format(mount, account.alias, state, query)
    head = Markup(
        "<h1>Leads</h1><p class='soft'>{} · {} leads</p><nav class='tabs' aria-label='Estado'>{}</nav>"
    ).format(account.company, len(leads), tabs)
    grid = Markup('<div class="grid" style="margin:.9rem 0">{}</div>').format(cards)
    return head + search + empty + grid + more + new


def _lead_card(account: Account, lead: Lead, mount: str) -> Markup:
    run = account.current(lead)
    return Markup(
        '<article class="card" data-lead="{id}"><div class="row">'
        '<a href="{mount}/leads/{id}?conta={alias}"><strong>{name}</strong></a>{tag}</div>'
        '<p class="soft small">{company}</p><p class="small">{email}<br>{phone}</p>'
        '<p class="small soft">{cadence} · {owner}</p>{deal}</article>'
    ).format(
        id=lead.id,
        mount=mount,
        alias=account.alias,
        name=name_of(lead),
        tag=tag(run.status if run else None),
        company=lead.native.get("company") or "–",
        email=lead.email or "sem e-mail",
        phone=", ".join(str(phone["phone"]) for phone in lead.phones) or "sem telefone",
        cadence=account.cadences[run.cadence_id].name if run else "–",
        owner=owner_of(account, run.owner_id if run else None),
        deal=Markup('<span class="tag info">DealID {}</span>').format(lead.deal) if lead.deal else "",
    )


def _team(account: Account, mount: str) -> Markup:
    users = Markup().join(
        Markup('<p><strong>{}</strong> <span class="soft">{}</span> {}</p>').format(
            each.name or "(sem nome)",
            each.email,
            Markup('<span class="tag">{}</span>').format(
                ROLES.get(each.role, each.role) if each.active else "Inativo"
            ),
        )
        for each in account.users.values()
    )
    cadences = Markup().join(
        Markup('<p>{} <span class="tag {}">{}</span></p>').format(
            each.name,
            "bad" if each.deleted else "info",
            "Excluída" if each.deleted else PRIORITY[each.priority],
        )
        for each in account.cadences.values()
    )
    hooks = Markup().join(
        Markup('<p class="small">{}<br><span class="soft">{}</span></p>').format(
            ", ".join(each.events), each.target_url
        )
        for each in account.webhooks.values()
    )
    funnels = Markup().join(
        Markup(
            '<p><strong>{}</strong><br><span class="small">{}</span><br>'
            '<span class="soft small">{}</span></p>'
        ).format(
            each.name,
            " → ".join(each.stages.values()),
            ", ".join(reason.name for reason in each.lost_reasons) or "sem motivos de perda",
        )
        for each in account.board.funnels.values()
    )
    add = form(
        f"{mount}/users?conta={account.alias}",
        "Adicionar usuário",
        text("name", "Nome (pode ficar em branco)"),
        text("email", "E-mail", kind="email", required=True),
        style="main",
    )
    left = card("Usuários", users) + card("Adicionar usuário", add)
    nothing = Markup('<p class="soft">Nenhum.</p>')
    right = card("Cadências", cadences)
    if account.crm:
        right += card("Funis publicados pelo CRM", funnels or nothing)
    right += card("Webhooks", hooks or nothing)
    return Markup(
        '<h1>{}</h1><div class="two" style="margin-top:1rem"><div>{}</div><div>{}</div></div>'
    ).format(account.company, left, right)
