"""CPF and CNPJ: read with their check digits, shown with their punctuation."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from stdnum.br import cnpj, cpf

from funnels.fields import Unreadable

_PUNCTUATION = re.compile(r"[.\-/\s]")


def read_cpf(typed: str) -> str:
    """Its 11 digits; a repeated digit passes the sum, but no such CPF is given to anybody."""
    text = _PUNCTUATION.sub("", typed)
    if not cpf.is_valid(text) or len(set(text)) == 1:
        raise Unreadable(
            _("“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.")
            % {"text": typed[:60]}
        )
    return text


def read_cnpj(typed: str) -> str:
    """Its 14 characters; letters count since 2026, in capitals."""
    text = _PUNCTUATION.sub("", typed).upper()
    if not cnpj.is_valid(text) or len(set(text)) == 1:
        raise Unreadable(
            _("“%(text)s” is not a CNPJ: it has 14 characters, the last two computed from the others.")
            % {"text": typed[:60]}
        )
    return text


def show_cpf(text: str) -> str:
    """123.456.789-09 from its 11 digits; anything else as it is."""
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}" if len(text) == 11 else text


def show_cnpj(text: str) -> str:
    """12.345.678/0001-90 from its 14 characters; anything else as it is."""
    if len(text) != 14 or not text.isalnum():
        return text
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
