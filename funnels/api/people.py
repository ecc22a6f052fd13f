"""Persons and companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.rest.filters import Filter, Flag, IdFilter, Key, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import CompanyBody, PersonBody
from funnels.api.shapes import CompanyShape, PersonShape
from funnels.fields import email_key, phone_forms, search_key
from funnels.models import Company, Person, Phone


@dataclass(frozen=True, kw_only=True)
class PhoneFilter(Filter):
    """Who has this number, with or without country code and ninth digit; `lookup` is Phone's owner column."""

    name: str = "phone"
    description: str = "Has this phone, written in any way."

    def apply(self, rows: QuerySet[Any], raw: str, account: Account) -> QuerySet[Any]:
        """The owners of the number."""
        key = phone_forms(self.value(raw, account))[1]
        owners = Phone.objects.of(account).filter(key=key, **{f"{self.lookup}__isnull": False})
        return rows.filter(pk__in=owners.values(self.lookup)) if key else rows.none()


NAME = Key(
    name="name",
    lookup="name_key__contains",
    key=search_key,
    description="Name contains; case and accents ignored.",
)


class Persons(Lists, Reads, Resource):
    """Persons; ghosts (M31) are listed only where `is_ghost` asks for them."""

    model, shows = Person, PersonShape
    fetched = ("phones",)
    filters = (
        Key(name="email", lookup="email_key", key=email_key, description="Has this e-mail; case ignored."),
        PhoneFilter(lookup="person_id"),
        NAME,
        IdFilter(name="company", model=Company, description="Works at this company."),
        Flag(name="is_ghost", default="false", description="Ghosts (true) or real persons (false)."),
        Since(),
        WithDeleted(),
    )
    operations = {
        "list": Operation(summary="List persons"),
        "retrieve": Operation(summary="Read a person"),
        "create": Operation(
            summary="Create a person",
            description="An e-mail that another person has answers 409 `email_taken` with that person's id.",
            request=PersonBody,
            status=201,
        ),
        "partial_update": Operation(
            summary="Change a person", request=PersonBody, versioned=True, errors=(409, 422)
        ),
        "destroy": Operation(
            summary="Delete a person", description="History stays.", status=204, versioned=True
        ),
    }

    def create(self, request: Request) -> Response:
        """A person."""
        return self.answer(
            services.create_person(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The person as changed."""
        row = self.locked(id)
        return self.answer(services.update_person(person=row, origin=request.origin, **self.read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_person(person=self.locked(id), origin=request.origin)
        return Response(status=204)


class Companies(Lists, Reads, Resource):
    """Companies."""

    model, shows = Company, CompanyShape
    fetched = ("phones",)
    filters = (
        NAME,
        Filter(name="document", description="Has exactly this CNPJ."),
        PhoneFilter(lookup="company_id"),
        Since(),
        WithDeleted(),
    )
    operations = {
        "list": Operation(summary="List companies"),
        "retrieve": Operation(summary="Read a company"),
        "create": Operation(summary="Create a company", request=CompanyBody, status=201),
        "partial_update": Operation(
            summary="Change a company", request=CompanyBody, versioned=True, errors=(422,)
        ),
    }

    def create(self, request: Request) -> Response:
        """A company."""
        return self.answer(
            services.create_company(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The company as changed."""
        row = self.locked(id)
        return self.answer(services.update_company(company=row, origin=request.origin, **self.read()))
