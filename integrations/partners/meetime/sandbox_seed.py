"""A Meetime account's first day: users, cadences, reasons, fields and leads, the same for the same seed."""

from __future__ import annotations

from integrations.sandbox.world import Someone, people

from .sandbox_board import LostReason
from .sandbox_state import Account, CustomField, Lead, Prospection, User

USERS = (
    # name, local part of the address, role, team, modules, active
    ("Ana Souza", "ana.souza", "ADMINISTRATOR", "Gestão", ("FLOW", "DIALER", "DEMO", "WHATSAPP"), True),
    ("Bruno Lima", "bruno.lima", "MANAGER", "Gestão", ("FLOW", "DIALER"), True),
    ("Carla Mendes", "carla.mendes", "SDR", "Pré-vendas", ("FLOW", "DIALER", "WHATSAPP"), True),
    ("Diego Ferreira", "diego.ferreira", "SDR", "Pré-vendas", ("FLOW", "DIALER"), True),
    ("Elaine Rocha", "elaine.rocha", "SALESMAN", "Vendas", ("FLOW", "DEMO"), True),
    (None, "fabio.pinto", "SDR", "Pré-vendas", ("FLOW",), True),
    ("Gabriela Nunes", "gabriela.nunes", "SDR", "Pré-vendas", ("FLOW",), False),
)
CADENCES = (
    # name, priority, focus, deleted
    ("Cadência de Prospecção", "MEDIUM", "OUTBOUND", False),
    ("Inbound quente", "VERY_HIGH", "INBOUND", False),
    ("Outbound diretoria", "HIGH", "ACTIVE_INBOUND", False),
    ("Nutrição de base", "LOW", "OTHER", False),
    ("Campanha encerrada", "MEDIUM", "OUTBOUND", True),
)
LOST_REASONS = (
    "Sem interesse",
    "Sem orçamento",
    "Sem contato",
    "Comprou do concorrente",
    "Fora do perfil",
    "Dados incorretos",
)
CUSTOM_FIELDS = (
    ("cnpj", "CNPJ", "TEXT", ()),
    ("ramoEmpresa", "Ramo da empresa", "TEXT", ()),
    ("valorEstimado", "Valor estimado", "TEXT", ()),
    ("dataPrevista", "Data prevista", "TEXT", ()),
    ("observacoes", "Observações", "LONG_TEXT", ()),
    ("segmento", "Segmento", "SELECT", ("Indústria", "Comércio", "Serviços", "Agronegócio")),
    ("porteEmpresa", "Porte da empresa", "SELECT", ("Pequeno", "Médio", "Grande")),
    ("clienteAtivo", "Já é cliente", "SELECT", ("Sim", "Não")),
)
KNOWN = (
    # address, status, index of the cadence
    ("cliente.ganho@exemplo.com.br", "WON", 0),
    ("cliente.perdido@exemplo.com.br", "LOST", 0),
    ("cliente.aberto@exemplo.com.br", "EXECUTING", 0),
    ("cliente.prioritario@exemplo.com.br", "EXECUTING", 1),
)
STATUSES = ("EXECUTING", "WAITING", "EXECUTING", "LOST", "PAUSED_FROM_EXECUTING", "WON")
LEADS = 8
HOUR = 3600.0
PAST = 60 * 24 * HOUR
"""The seeded leads are spread, oldest first, over the two months before now."""


def furnish(
    account: Account, *, seed: int, leads: int = LEADS, opened: bool = False, references: bool = False
) -> None:
    """Fill an empty account; `leads` invented people come after the four known ones (0: no lead at all).

    `opened`: every lead is in prospecting. `references`: each comes from a deal of its own, "<n>.<n>" from 1.
    """
    teams: dict[str, int] = {}
    for name, local, role, team, modules, active in USERS:
        number = account.next_id()
        teams.setdefault(team, account.next_id())
        account.users[number] = User(
            id=number,
            name=name,
            email=f"{local}@exemplo.com.br",
            role=role,
            team_id=teams[team],
            team_name=team,
            modules=modules,
            active=active,
            deleted_on=None if active else account.now() - 90 * 24 * HOUR,
        )
    first = next(iter(account.users))
    for cadence, priority, focus, deleted in CADENCES:
        account.new_cadence(
            name=cadence,
            priority=priority,
            cadence_focus=focus,
            deleted=deleted,
            created_by_id=first,
            owner_id=first,
            description=f"{cadence} (demonstração)",
        )
    for reason in LOST_REASONS:
        add_lost_reason(account, name=reason)
    for key, label, kind, options in CUSTOM_FIELDS:
        add_custom_field(account, key=key, name=label, type=kind, options=options)
    if leads:
        crowd = people(seed=seed, count=leads + len(KNOWN))
        start = account.now() - PAST
        step = PAST / (len(crowd) + 1)
        invented = [(None, STATUSES[at % len(STATUSES)], at % 4) for at in range(leads)]
        for at, (email, status, cadence_at) in enumerate((*KNOWN, *invented)):
            _add_lead(
                account,
                crowd[at],
                email=email or crowd[at].email,
                status="EXECUTING" if opened else status,
                cadence_at=cadence_at,
                at=at,
                created=start + at * step,
                reference=f"{at + 1}.{at + 1}" if references else None,
            )


def add_lost_reason(account: Account, *, name: str) -> LostReason:
    """One more reason."""
    number = account.next_id()
    account.lost_reasons[number] = LostReason(id=number, name=name)
    return account.lost_reasons[number]


def add_custom_field(
    account: Account, *, key: str, name: str, type: str, options: tuple[str, ...] = ()
) -> CustomField:
    """One more field of TEXT, LONG_TEXT or SELECT."""
    custom = CustomField(id=account.next_id(), key=key, name=name, type=type, options=tuple(options))
    account.custom_fields[custom.id] = custom
    return custom


def _add_lead(
    account: Account,
    who: Someone,
    *,
    email: str,
    status: str,
    cadence_at: int,
    at: int,
    created: float,
    reference: str | None,
) -> None:
    cadence = list(account.cadences.values())[cadence_at]
    owners = [user.id for user in account.users.values() if user.active and user.role in ("SDR", "SALESMAN")]
    reasons = list(account.lost_reasons.values())
    closed = status in ("WON", "LOST")
    lead = Lead(
        id=account.next_id(),
        native={
            "name": who.name,
            "firstName": who.first_name,
            "email": email,
            "company": who.company,
            "position": who.position,
            "city": who.city,
            "state": who.state,
        },
        phones=[{"label": "Celular", "phone": who.phone, "lastUsage": None}],
        custom={"cnpj": who.cnpj, "segmento": CUSTOM_FIELDS[5][3][at % 4]},
        created=round(created, 3),
        updated=round(created, 3),
        external_reference=reference,
    )
    run = Prospection(
        id=account.next_id(),
        lead_id=lead.id,
        cadence_id=cadence.id,
        owner_id=owners[at % len(owners)] if owners else None,
        status=status,
        created=created,
        begin=None if status == "WAITING" else created,
        end=created + 1 if closed else None,
        lost_reason=reasons[at % len(reasons)] if status == "LOST" else None,
    )
    account.prospections[run.id] = run
    lead.prospections.append(run.id)
    account.index(lead, old_email="", old_deal="")
