"""A resource of the API: rows of one account, strict in what it takes, versioned, and safe to repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts import problems
from accounts.api_auth import ApiKeyAuthentication, HasApiKey
from accounts.idempotency import REPLAYED, answer_once, answer_remote_once, once_of
from accounts.models import ApiKey
from accounts.modules import module_on, off_words, several
from accounts.rest.errors import (
    ModuleOff,
    NotHere,
    PreconditionFailed,
    ScopeMissing,
    TooManyCalls,
    UnknownParameter,
    invalid,
    unknown,
)
from accounts.rest.fields import Strict, read_id, rows_of
from accounts.rest.filters import Filter
from accounts.rest.pages import IdCursorPagination
from accounts.rest.parsing import AlwaysJSON, BoundedJSON
from accounts.rest.schema import ApiSchema
from accounts.scopes import SAFE, opens, scope_of
from accounts.throttling import KeyThrottle

PAGING = ("cursor", "limit", "order")
_LACKS = gettext_lazy("This API key lacks the scope “%(scope)s”. An administrator can make one that has it.")
_TAG = re.compile(r'\s*(?:W/)?"([0-9]+)"\s*')


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing a resource does, as the schema and the guards need it.

    `request` and `response` are serializers (`response` the resource's own when None); `errors` are further
    statuses, `also` further good ones; `remote` talks to a partner, so no transaction is held;
    `versioned` honours If-Match; `parts`: commits in parts by itself (bulk.py); `scopes` are needed beside
    the address's own, where the answer shows rows of other areas.
    """

    summary: str
    description: str = ""
    request: type[Strict] | None = None
    response: type[Strict] | None = None
    status: int = 200
    errors: Sequence[int] = ()
    also: Sequence[int] = ()
    remote: bool = False
    versioned: bool = False
    parts: bool = False
    scopes: Sequence[str] = ()


class Resource(GenericViewSet[Any]):
    """The base of every resource; `related` and `fetched` keep the number of queries of a list constant."""

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (HasApiKey,)
    throttle_classes = (KeyThrottle,)
    parser_classes = (BoundedJSON,)
    content_negotiation_class = AlwaysJSON
    metadata_class = None  # the OpenAPI document says it all; OPTIONS answers 405
    pagination_class = IdCursorPagination
    schema = ApiSchema()
    lookup_field = "id"
    lookup_value_regex = "[0-9]+"
    queryset = None

    model: ClassVar[type[models.Model]]
    shows: ClassVar[type[Strict]]
    operations: ClassVar[Mapping[str, Operation]] = {}
    filters: ClassVar[Sequence[Filter]] = ()
    related: ClassVar[Sequence[str]] = ()
    fetched: ClassVar[Sequence[str | models.Prefetch[Any]]] = ()
    path_ids: ClassVar[Mapping[str, type[models.Model]]] = {}
    path_words: ClassVar[Mapping[str, str]] = {}
    page_key: ClassVar[str] = "id"
    paged: ClassVar[bool] = True
    module: ClassVar[str | tuple[str, ...]] = ""  # that has to be on, or each of several (S4)

    # --- Guards ---------------------------------------------------------------------------------------

    def get_exception_handler(self) -> Callable[..., Any]:
        """Problem details, whatever the project's setting says."""
        return _problem

    def check_permissions(self, request: Request) -> None:
        """Calls are counted first, so that those which are refused count as well; then the key's scope."""
        super().check_throttles(request)
        super().check_permissions(request)
        if self.action is None:
            return  # no such method here: 405 follows
        also = self.operations[self.action].scopes if self.action in self.operations else ()  # not of OPTIONS
        for scope in (scope_of(path=request.path, method=str(request.method)), *also):
            if not opens(cast(ApiKey, request.auth).scopes, scope):
                raise ScopeMissing(str(_LACKS % {"scope": scope}), scope=scope)

    def check_throttles(self, request: Request) -> None:
        """Done before the permissions."""

    def throttled(self, _request: Request, wait: float | None) -> NoReturn:
        """429 with the seconds to wait."""
        raise TooManyCalls(retry_after=int(wait or 1))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer to a key says what the key may still do."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if allowance := getattr(request, "allowance", None):
            for name, value in allowance.headers().items():
                response[name] = value
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Signs in, checks module and parameters, and puts the guards around what writes."""
        super().initial(request, *args, **kwargs)
        if self.action is None:
            return  # no such method here: 405 follows
        for slug in several(self.module):
            if not module_on(request.account, slug):
                raise ModuleOff(off_words(slug), module=slug)
        self._refuse_unknown_parameters(request)
        method = str(request.method).lower()
        if request.method not in SAFE:
            setattr(self, method, self._guarded(getattr(self, method)))

    def _refuse_unknown_parameters(self, request: Request) -> None:
        known = {each.name for each in self.filters} | set(PAGING) if self.listing else set()
        if strangers := [name for name in request.query_params if name not in known]:
            raise unknown(UnknownParameter, strangers, _("This endpoint does not know this parameter."))

    def _guarded(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        remote = self.operation.remote

        def guarded(request: Request, *args: Any, **kwargs: Any) -> Response:
            def work() -> Response:
                return handler(request, *args, **kwargs)

            once = once_of(request)
            self.beforehand()
            if self.operation.parts:
                self.once = once
                return work()
            if once is not None:
                keep = answer_remote_once if remote else answer_once
                response = keep(once=once, work=work, now=timezone.now())
                if REPLAYED in response:
                    response.data = self.replayed(response.data)
                return response
            if remote:
                return work()
            with transaction.atomic():
                return work()

        return guarded

    # --- What resources are written with ---------------------------------------------------------------

    @property
    def operation(self) -> Operation:
        """What the request asks for."""
        return self.operations[str(self.action)]

    @property
    def listing(self) -> bool:
        """Whether the request asks for a page of a list."""
        return self.action == "list" and self.paged

    def described(self, operation: Operation) -> tuple[Any, Any]:
        """The serializers of body and answer, as the OpenAPI document names them."""
        return operation.request, operation.response or self.shows

    def rows(self) -> QuerySet[Any]:
        """The account's rows as they are shown."""
        rows = self.model.objects.of(self.request.account)  # type: ignore[attr-defined]
        return rows.select_related(*self.related).prefetch_related(*self.fetched)  # type: ignore[no-any-return]

    def find(self, id: str) -> Any:
        """One row as it is shown; raises NotHere."""
        return found(self.rows(), id)

    def replayed(self, body: Any) -> Any:
        """A kept answer as it is told again: whoever keeps something sealed in it opens it here."""
        return body

    def beforehand(self) -> None:
        """What must be done outside the transaction in which the operation writes and its answer is kept."""

    def locked(self, id: str) -> Any:
        """A living row under lock, its version compared with If-Match; NotHere, PreconditionFailed."""
        row = found(rows_of(self.model, self.request.account).select_for_update(), id)
        self.check_version(row)
        return row

    def check_version(self, row: Any) -> None:
        """Raises PreconditionFailed when If-Match names another version; without the header all is well."""
        header = self.request.headers.get("If-Match")
        if header is None or header.strip() == "*":
            return
        tags = [_TAG.fullmatch(tag) for tag in header.split(",")]
        if not all(tags):
            raise invalid(parameter="If-Match", words=_('Send the ETag as you got it, such as W/"3".'))
        if row.version not in {int(tag[1]) for tag in tags if tag}:
            raise PreconditionFailed

    def read(self, **options: Any) -> dict[str, Any]:
        """The body's values by the operation's serializer; PATCH reads only what is there.

        `instance` is the row that is changed: what stands on it may be written back, deleted or not.
        """
        assert self.operation.request is not None
        partial = self.request.method == "PATCH"
        context = self.get_serializer_context()
        serializer = self.operation.request(
            data=self.request.data, partial=partial, context=context, **options
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(self, row: Any) -> Response:
        """The row as it stands now, with its ETag; a new one also with its address."""
        fresh = found(self.rows(), str(row.pk))
        response = self.show(fresh, status=self.operation.status)
        if self.action == "create":
            response["Location"] = f"{settings.PUBLIC_URL}{self.request.path.rstrip('/')}/{row.pk}/"
        return response

    def show_context(self, rows: list[Any]) -> dict[str, Any]:  # noqa: ARG002  # for what is asked once for all rows
        """What the serializer knows beside the rows."""
        return dict(self.get_serializer_context())

    def show(self, row: Any, *, status: int = 200) -> Response:
        """One row as an answer."""
        data = self.shows(row, context=self.show_context([row])).data
        version = getattr(row, "version", None)
        headers = {"ETag": f'W/"{version}"'} if version is not None else None
        return Response(data, status=status, headers=headers)

    def filtered(self) -> QuerySet[Any]:
        """The account's rows that the query parameters ask for; deleted ones only where asked for."""
        rows, given = self.rows(), self.request.query_params
        for each in self.filters:
            raw = given.get(each.name, each.default)
            if raw is not None:
                rows = each.apply(rows, raw, self.request.account)
        return rows


def _problem(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """The problem; what says when to come back says it in the header too."""
    response = problems.handler(exception, context)
    if response is not None and response.data and "retry_after" in response.data:
        response["Retry-After"] = str(response.data["retry_after"])
    return response


class Lists:
    """GET on the collection: pages by id."""

    def list(self: Any, _request: Request, **_path: str) -> Response:
        """One page."""
        page = self.paginate_queryset(self.filtered())
        context = self.show_context(page)
        return self.get_paginated_response(self.shows(page, many=True, context=context).data)  # type: ignore[no-any-return]


class Reads:
    """GET on one row."""

    def retrieve(self: Any, _request: Request, id: str, **_path: str) -> Response:
        """The row and its ETag."""
        return self.show(self.find(id))  # type: ignore[no-any-return]


def found(rows: QuerySet[Any], id: str, *, column: str = "pk") -> Any:
    """The row with that id; raises NotHere, for another account's row too."""
    number = read_id(id)
    row = rows.filter(**{column: number}).first() if number is not None else None
    if row is None:
        raise NotHere
    return row
