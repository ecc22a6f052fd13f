"""Writes each operation's entry in the OpenAPI document from the resource's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import uritemplate
from django.utils.encoding import force_str
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.rest.fields import ID_SCHEMA
from accounts.rest.filters import IdFilter
from accounts.scopes import scope_of

if TYPE_CHECKING:
    from accounts.rest.resource import Operation, Resource

PROBLEM_TYPE = "application/problem+json"
ERRORS = {
    400: "The request cannot be read: see `code` and `errors`.",
    401: "The API key is missing, unknown, revoked or expired.",
    403: "The key lacks the scope, or a module is off.",
    404: "There is no such row in this account; another account's row answers the same.",
    409: "It conflicts with how things stand, or a twin of this request is being worked on.",
    412: "Someone else changed the row: its version is not the one in If-Match.",
    413: "The body is larger than 1 MiB, or 8 MiB for a bulk call.",
    415: "The body is not application/json.",
    422: "Understood, and it cannot be done; or the Idempotency-Key came with another body.",
    429: "Too many calls in a minute: wait Retry-After seconds.",
    502: "The partner answered something that its contract does not know.",
    503: "The partner cannot be reached or asks to wait.",
}
HEADERS = {  # of every answer to a key; the document names them once, in its components
    "RateLimit-Limit": "Calls a minute that this key has.",
    "RateLimit-Remaining": "Calls that are left.",
    "RateLimit-Reset": "Seconds until a new minute begins.",
}
COMPONENTS = {
    "headers": {
        name: {"description": words, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        for name, words in {**HEADERS, "Retry-After": "Seconds to wait before the next call."}.items()
    }
}
WAITS = (429, 503)
WITH_BODY = ("POST", "PUT", "PATCH")


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457); branch on `code`, show `detail`."""

    type = serializers.CharField(help_text="Where the code is explained.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The HTTP status again.")
    detail = serializers.CharField(help_text="A sentence for people, in the language of Accept-Language.")
    code = serializers.CharField(help_text="Stable: programs branch on this.")
    errors = serializers.DictField(
        required=False,
        help_text="Path of a field, parameter or header, such as `custom.color` → list of sentences.",
        child=serializers.ListField(child=serializers.CharField()),
    )


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How to sign in, for the OpenAPI document."""

    target_class = "accounts.api_auth.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "An API key of the account."}


class ApiSchema(AutoSchema):
    """Reads `operations`, `filters` and the path tables of a Resource."""

    @property
    def resource(self) -> Resource:
        """The view, which is a Resource wherever this schema stands."""
        return cast("Resource", self.view)

    @property
    def operation(self) -> Operation:
        """The entry of the action that is being described."""
        return self.resource.operation

    def get_operation_id(self) -> str:
        """deals_move: the resource and what is done."""
        return f"{self.resource.basename}_{self.resource.action}".replace("-", "_")

    def _is_list_view(self, serializer: Any = None) -> bool:  # noqa: ARG002  # the framework guesses by names
        return self.resource.listing

    def _get_paginator(self) -> Any:
        return super()._get_paginator() if self.resource.listing else None

    def get_tags(self) -> list[str]:
        """The first word of the path."""
        return self.path.removeprefix("/api/v1/").split("/")[:1]

    def get_summary(self) -> str:
        """One line."""
        return self.operation.summary

    def get_description(self) -> str:
        """What the line does not say, and the scope that a key needs, with those beside it."""
        scopes = (scope_of(path=self.path, method=self.method), *self.operation.scopes)
        told = " and ".join(f"`{scope}`" for scope in scopes)
        return f"{self.operation.description}\n\nScope: {told}".strip()

    def get_extensions(self) -> dict[str, Any]:
        """The scope once more, for programs; `x-also-scopes` where it takes others beside it."""
        also = {"x-also-scopes": list(self.operation.scopes)} if self.operation.scopes else {}
        return {"x-scope": scope_of(path=self.path, method=self.method), **also}

    def get_request_serializer(self) -> Any:
        """The body, if there is one."""
        return self.resource.described(self.operation)[0]

    def get_response_serializers(self) -> Any:
        """The answer by its status."""
        operation = self.operation
        if operation.status == 204:
            return {204: None}
        _body, shows = self.resource.described(operation)
        shown = shows(many=True) if self.resource.listing else shows
        return dict.fromkeys((operation.status, *operation.also), shown)

    def get_override_parameters(self) -> list[Any]:
        """Path ids, filters and the headers."""
        resource = self.resource
        parameters = []
        for name in uritemplate.variables(self.path):
            model = resource.path_ids.get(name) or (resource.model if name == "id" else None)
            schema = (
                {**ID_SCHEMA, "x-of": model.__name__}
                if model
                else {"type": "string", "pattern": "^[a-z0-9_-]+$"}
            )
            words = resource.path_words.get(name, "")
            parameters.append(
                OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=words)
            )
        if resource.listing:
            parameters += [each.parameter() for each in resource.filters]
        if self.method == "POST":
            parameters.append(
                _header("Idempotency-Key", "Makes a repetition safe; kept 24 hours.", maximum=200)
            )
        if self.operation.versioned:
            parameters.append(
                _header("If-Match", 'The ETag you last saw, such as W/"3"; answers 412 if it is old.')
            )
        if self._has_etag():
            etag = {"type": "string", "examples": ['W/"3"']}
            parameters.append(
                OpenApiParameter(
                    "ETag", etag, OpenApiParameter.HEADER, response=[200, 201], description="The version."
                )
            )
        return parameters

    def _has_etag(self) -> bool:
        _body, shows = self.resource.described(self.operation)
        shown = self.resource.action != "list" and self.operation.status != 204
        return shown and isinstance(shows, type) and "version" in shows().fields

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(ProblemSerializer, direction).ref
        for status in self._error_statuses():
            content = {PROBLEM_TYPE: {"schema": problem}}
            bodies.setdefault(str(status), {"description": force_str(ERRORS[status]), "content": content})
        for code, answer in bodies.items():
            named = [*HEADERS, *(["Retry-After"] if int(code) in WAITS else [])]
            references = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
            answer["headers"] = {**answer.get("headers", {}), **references}
        return bodies

    def _error_statuses(self) -> list[int]:
        operation, resource = self.operation, self.resource
        statuses = {400, 401, 403, 429, *operation.errors}
        points = any(isinstance(each, IdFilter) for each in resource.filters) and resource.listing
        if points or uritemplate.variables(self.path) or operation.request:
            statuses.add(404)
        if self.method in WITH_BODY:
            statuses |= {413, 415}
        if self.method == "POST":
            statuses |= {409, 422}
        if operation.versioned:
            statuses.add(412)
        if operation.remote:
            statuses |= {502, 503}
        return sorted(statuses)


def with_headers(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """drf-spectacular's hook: the headers that every answer refers to."""
    result.setdefault("components", {}).update(COMPONENTS)
    return result


def _header(name: str, words: str, *, maximum: int | None = None) -> OpenApiParameter:
    schema: dict[str, Any] = {"type": "string", **({"maxLength": maximum} if maximum else {})}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=words)
