"""Seeded people: Brazilian names, companies, cities and numbers, the same for the same seed."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Adriana Alice Amanda Beatriz Camila Cecília Clara Daniela Eduarda Fernanda Flávia Heloísa "
    "Isabela Joana Juliana Larissa Letícia Luana Márcia Mariana Natália Patrícia Renata Sílvia "
    "Tatiane Vanessa André Antônio Caio César Cláudio Danilo Emerson Érico Felipe Guilherme Gustavo "
    "Henrique Igor João José Leonardo Lucas Marcelo Mateus Murilo Otávio Paulo Rafael Rodrigo Sérgio "
    "Thiago Vinícius"
)
SURNAMES = _words(
    "Almeida Alves Andrade Araújo Barbosa Batista Borges Campos Cardoso Carvalho Castro Correia "
    "Costa Cunha Dias Duarte Farias Fernandes Fonseca Freitas Gomes Gonçalves Guimarães Leite Lopes "
    "Machado Magalhães Marques Martins Medeiros Melo Monteiro Moraes Moreira Nascimento Neves "
    "Oliveira Pereira Pires Queiroz Ramos Reis Ribeiro Rodrigues Sampaio Santana Santos Silveira "
    "Tavares Teixeira Vasconcelos Vieira"
)
COMPANY_HEADS = _words(
    "Aço Agro Alfa Boa Vista Cerrado Delta Estrela Horizonte Ipê Jatobá Litoral Mandacaru Nova Era "
    "Onda Pampa Paineira Quartzo Recanto Sabiá Serra Azul Tucano Vale Verde"
)
COMPANY_TAILS = (
    "Logística",
    "Alimentos",
    "Tecnologia",
    "Engenharia",
    "Saúde",
    "Educação",
    "Têxtil",
    "Energia",
    "Móveis",
)
PLACES = (
    ("São Paulo", "SP", 11),
    ("Campinas", "SP", 19),
    ("Rio de Janeiro", "RJ", 21),
    ("Belo Horizonte", "MG", 31),
    ("Curitiba", "PR", 41),
    ("Florianópolis", "SC", 48),
    ("Porto Alegre", "RS", 51),
    ("Brasília", "DF", 61),
    ("Goiânia", "GO", 62),
    ("Salvador", "BA", 71),
    ("Recife", "PE", 81),
    ("Fortaleza", "CE", 85),
)
POSITIONS = (
    "Diretora comercial",
    "Gerente de compras",
    "Sócio",
    "Analista de TI",
    "Coordenador de RH",
    "CEO",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """An invented person and company; `phone` is E.164, `cnpj` fourteen digits that check."""

    name: str
    first_name: str
    email: str
    phone: str
    position: str
    company: str
    cnpj: str
    city: str
    state: str


def plain(text: str) -> str:
    """Lower case without accents or blanks, for e-mail addresses."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return folded.lower().replace(" ", "")


def people(*, seed: int, count: int) -> list[Someone]:
    """`count` different people (no e-mail twice), always the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - reproducible on purpose
    found: dict[str, Someone] = {}
    while len(found) < count:
        first, last = dice.choice(FIRST_NAMES), dice.choice(SURNAMES)
        company = f"{dice.choice(COMPANY_HEADS)} {dice.choice(COMPANY_TAILS)}"
        city, state, area = dice.choice(PLACES)
        local, domain = f"{plain(first)}.{plain(last)}", f"{plain(company)}.exemplo.com.br"
        email = f"{local}@{domain}"
        if email in found:
            email = f"{local}{len(found)}@{domain}"
        found[email] = Someone(
            name=f"{first} {last}",
            first_name=first,
            email=email,
            phone=f"+55{area}9{dice.randrange(10_000_000, 99_999_999)}",
            position=dice.choice(POSITIONS),
            company=company,
            cnpj=_cnpj(dice.randrange(1_000_000, 99_999_999)),
            city=city,
            state=state,
        )
    return list(found.values())


def _cnpj(root: int) -> str:
    digits = f"{root:08d}0001"
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        digits += str(0 if rest < 2 else 11 - rest)
    return digits
