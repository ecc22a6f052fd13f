"""Errors of the HTTP API as problem details (RFC 9457), with a stable code each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import set_rollback

from accounts.scoping import SomeoneElseChangedThis

CONTENT_TYPE = "application/problem+json"
TYPE = "/api/docs/errors/#"  # a code follows: its place on the page that explains it (problem_page.py)

TITLES: dict[int, str | Promise] = {
    400: gettext_lazy("The request is not valid"),
    401: gettext_lazy("Sign in with an API key"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This method does not exist here"),
    406: gettext_lazy("This format is not spoken here"),
    409: gettext_lazy("It conflicts with how things stand"),
    412: gettext_lazy("Someone else changed this"),
    415: gettext_lazy("Send JSON"),
    422: gettext_lazy("It cannot be done"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong on our side"),
}


@dataclass(frozen=True, kw_only=True)
class Known:
    """How an exception of the services is answered."""

    status: int
    code: str
    words: str | Promise = ""
    more: Callable[[Any], Mapping[str, Any]] | None = None

    def detail(self, exception: Exception) -> str:
        """The sentence for a person: the exception's own words, else those given with `register`."""
        return str(self.words or exception or TITLES.get(self.status, ""))


_known: dict[type[Exception], Known] = {}


def register(
    exception_class: type[Exception],
    status: int,
    code: str,
    *,
    words: str | Promise = "",
    more: Callable[[Any], Mapping[str, Any]] | None = None,
) -> None:
    """Answers `exception_class` (and what derives from it) with this status and code.

    `words` replace the exception's own; `more` gives further members of the problem, such as `missing`.
    """
    _known[exception_class] = Known(status=status, code=code, words=words, more=more)


def known(exception: Exception) -> Known | None:
    """The registered answer for the exception's nearest class."""
    return next((_known[each] for each in type(exception).__mro__ if each in _known), None)


register(
    SomeoneElseChangedThis,
    412,
    "changed_meanwhile",
    words=gettext_lazy("Someone else changed this meanwhile. Reload it and make your change again."),
)


def body(*, status: int, code: str, title: str = "", detail: str = "", **more: Any) -> dict[str, Any]:
    """type, title, status, detail, code and what else is given (`errors`: field → list of sentences)."""
    title = str(title or TITLES.get(status, _("The request is not valid")))
    return {
        "type": f"{TYPE}{code}",
        "title": title,
        "status": status,
        "detail": str(detail),
        "code": code,
        **more,
    }


def response(*, status: int, code: str, title: str = "", detail: str = "", **more: Any) -> HttpResponse:
    """The problem as a plain Django answer, for what fails outside DRF."""
    filled = body(status=status, code=code, title=title, detail=detail, **more)
    return JsonResponse(filled, status=status, content_type=CONTENT_TYPE)


def refusals() -> tuple[type[Exception], ...]:
    """Every class of exception that has an answer here: what to catch where rows of one call fail alone."""
    return (*_known, Http404, PermissionDenied, DjangoValidationError, exceptions.APIException)


def told(exception: Exception) -> dict[str, Any]:
    """The problem of one of `refusals()`."""
    filled, _headers = _problem(exception)
    assert filled is not None
    return filled


def handler(exception: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER; None lets what nobody foresaw become a 500."""
    filled, headers = _problem(exception)
    if filled is None:
        return None
    set_rollback()
    return Response(filled, status=filled["status"], headers=headers, content_type=CONTENT_TYPE)


def _problem(exception: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    registered = known(exception)
    if registered is not None:
        more = registered.more(exception) if registered.more else {}
        detail = registered.detail(exception)
        return body(status=registered.status, code=registered.code, detail=detail, **more), {}
    if isinstance(exception, Http404):
        return body(status=404, code="not_found", detail=_("There is nothing here.")), {}
    if isinstance(exception, PermissionDenied):
        return body(status=403, code="forbidden", detail=str(exception) or _("Not allowed.")), {}
    if isinstance(exception, DjangoValidationError):
        exception = exceptions.ValidationError(as_serializer_error(exception))
    if isinstance(exception, exceptions.ValidationError):
        return _invalid(exception), {}
    if isinstance(exception, exceptions.APIException):
        return _of_drf(exception)
    return None, {}


def _invalid(exception: exceptions.ValidationError) -> dict[str, Any]:
    """400 with `errors`; sentences that belong to no field make the detail."""
    errors = (
        exception.detail if isinstance(exception.detail, dict) else {"non_field_errors": exception.detail}
    )
    general = errors.get("non_field_errors")
    words = " ".join(map(str, general)) if isinstance(general, list) else _("Some fields are not valid.")
    return body(
        status=status.HTTP_400_BAD_REQUEST, code="invalid", detail=words, errors=dict(_by_path(errors))
    )


def _by_path(errors: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each field's path, such as custom.color or rules.0.value, with its sentences; DRF nests them."""
    if isinstance(errors, Mapping):
        inner = [(str(name), each) for name, each in errors.items()]
    elif isinstance(errors, list):
        inner = [(str(place), each) for place, each in enumerate(errors) if isinstance(each, Mapping | list)]
    else:
        inner, errors = [], [errors]
    if isinstance(errors, list) and (texts := [str(e) for e in errors if not isinstance(e, Mapping | list)]):
        yield path, texts
    for name, each in inner:
        general = path and name == "non_field_errors"
        yield from _by_path(each, path if general else f"{path}.{name}".lstrip("."))


def _of_drf(exception: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers: dict[str, str] = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exception, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    code = exception.get_codes()
    stable = code if isinstance(code, str) else exception.default_code
    return body(status=exception.status_code, code=stable, detail=str(exception.detail)), headers
