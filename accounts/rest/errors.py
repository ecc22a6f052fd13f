"""The API's own refusals: each has a status, a stable code and a sentence (interface.md, "HTTP API")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import problems

Errors = Mapping[str, Any]


class Refusal(Exception):
    """A refusal in words, with members of its own: `errors` per field, and what a caller adds."""

    status: ClassVar[int]
    code: ClassVar[str]
    words: ClassVar[str | Promise]

    def __init__(self, words: str = "", *, errors: Errors | None = None, **members: Any) -> None:
        super().__init__(words or str(self.words))
        self.members = {**members, **({"errors": errors} if errors else {})}

    def __init_subclass__(cls) -> None:
        problems.register(cls, cls.status, cls.code, more=lambda refusal: refusal.members)


class MalformedBody(Refusal):
    """The body is not a JSON object that we can read."""

    status = 400
    code = "malformed"
    words = _("The body is not valid JSON. Send one JSON object in UTF-8.")


class BodyTooLarge(Refusal):
    """The body is larger than this endpoint takes."""

    status = 413
    code = "too_large"
    words = _("The body is too large.")


class UnknownField(Refusal):
    """A body names fields that this endpoint does not write."""

    status = 400
    code = "unknown_field"
    words = _("The body has fields that cannot be written here.")


class UnknownParameter(Refusal):
    """The address has query parameters that this endpoint does not know."""

    status = 400
    code = "unknown_parameter"
    words = _("The address has query parameters that this endpoint does not know.")


class InvalidParameter(Refusal):
    """A query parameter or header that cannot be read."""

    status = 400
    code = "invalid_parameter"
    words = _("A parameter cannot be read.")


class NotHere(Refusal):
    """No such row in this account; another account's row answers the same (house.md, "Scoping")."""

    status = 404
    code = "not_found"
    words = _("There is nothing here with this id.")


class PreconditionFailed(Refusal):
    """The row's version is not the one in If-Match."""

    status = 412
    code = "precondition_failed"
    words = _("Someone else changed this. Read it again and repeat your change.")


class IdempotencyMismatch(Refusal):
    """The same Idempotency-Key came with another body."""

    status = 422
    code = "idempotency_mismatch"
    words = _("This Idempotency-Key was already used with another body. Use a new key.")


class IdempotencyInProgress(Refusal):
    """A request with this Idempotency-Key is being worked on."""

    status = 409
    code = "idempotency_in_progress"
    words = _("A request with this Idempotency-Key is still being worked on. Try again in a moment.")


class TooManyRows(Refusal):
    """A bulk call has more rows than one call may have (S18)."""

    status = 422
    code = "too_many_rows"
    words = _("Too many rows in one call. Send them in several calls.")


class AmbiguousMatch(Refusal):
    """Several rows answer to a bulk row's match; `ids` says which (S18)."""

    status = 409
    code = "ambiguous_match"
    words = _("Several rows fit. Name the one that is meant by its id.")


class Exists(Refusal):
    """What may exist once is already there."""

    status = 409
    code = "already_exists"
    words = _("This already exists.")


class ModuleOff(Refusal):
    """The module that this endpoint belongs to is off (S4)."""

    status = 403
    code = "module_off"
    words = _("This module is off in your account. An administrator can switch it on.")


class ScopeMissing(Refusal):
    """The key lacks the scope that opens this; `scope` names it (S18)."""

    status = 403
    code = "scope_missing"
    words = _("This API key lacks the scope for this.")


class TooManyCalls(Refusal):
    """The key has used up its calls of this minute; `retry_after` seconds are to be waited (S18)."""

    status = 429
    code = "too_many_calls"
    words = _("This API key has used up its calls for now. Wait and send the request again.")


def not_here(*, field: str, words: str | None = None) -> NotHere:
    """The 404 that names the field or parameter whose id is nobody's here."""
    sentence = words or str(NotHere.words)
    return NotHere(sentence, errors={field: [sentence]})


def invalid(*, parameter: str, words: str) -> InvalidParameter:
    """The 400 that names the query parameter or header that cannot be read."""
    return InvalidParameter(words, errors={parameter: [words]})


def unknown(error: type[UnknownField | UnknownParameter], names: Sequence[str], words: str) -> Refusal:
    """The 400 that names each field or parameter nobody knows."""
    return error(errors={name: [words] for name in sorted(names)})
