"""Persons and companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.rest import bulk
from accounts.rest.filters import Filter, Flag, IdFilter, Key, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import seen, services
from funnels.api.bodies import CompanyBody, NothingBody, PersonBody
from funnels.api.many import CompaniesBody, ManyCompanies, ManyPersons, PersonsBody
from funnels.api.shapes import CompanyShape, PersonShape
from funnels.fields import email_key, phone_forms, search_key
from funnels.models import Company, Person, Phone
from funnels.services.identity import document_forms


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


@dataclass(frozen=True, kw_only=True)
class DocumentFilter(Filter):
    """Which companies have this CNPJ, with or without punctuation; blank: those without one."""

    def value(self, raw: str, account: Account) -> list[str]:
        """As it may be stored."""
        return document_forms(super().value(raw, account))

    def apply(self, rows: QuerySet[Any], raw: str, account: Account) -> QuerySet[Any]:
        """The companies."""
        return rows.filter(document__in=self.value(raw, account))


NAME = Key(
    name="name",
    lookup="name_key__contains",
    key=search_key,
    description="Name contains; case and accents ignored.",
)


class Persons(ManyPersons, Lists, Reads, Resource):
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
        "bulk": bulk.operation(noun="persons", body=PersonsBody),
        "contact": Operation(
            summary="Make a ghost a contact",
            description="Who is no ghost is left as she is. The card whose ghost it was gets her (M31).",
            request=NothingBody,
            versioned=True,
            errors=(422,),
        ),
    }

    def list(self, request: Request, **path: str) -> Response:
        """One page; that it was read stands in the audit trail."""
        seen.list_of_persons(account=request.account, origin=request.origin)
        return super().list(request, **path)

    def retrieve(self, request: Request, id: str, **path: str) -> Response:
        """The person; that she was read stands in the audit trail."""
        answer = super().retrieve(request, id, **path)
        seen.persons([int(id)], account=request.account, origin=request.origin)
        return answer

    def create(self, _request: Request) -> Response:
        """A person."""
        return self.answer(self.make(self.read()))

    def partial_update(self, _request: Request, id: str) -> Response:
        """The person as changed."""
        row = self.locked(id)
        return self.answer(self.change(row, self.read(instance=row)))

    def make(self, values: dict[str, Any]) -> Person:
        """A new person."""
        return services.create_person(account=self.request.account, origin=self.request.origin, **values)

    def change(self, row: Person, values: dict[str, Any]) -> Person:
        """The person with other values."""
        return services.update_person(person=row, origin=self.request.origin, **values)

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_person(person=self.locked(id), origin=request.origin)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def contact(self, request: Request, id: str) -> Response:
        """The person, a ghost no more."""
        self.read()
        return self.answer(services.make_contact(person=self.locked(id), origin=request.origin))


class Companies(ManyCompanies, Lists, Reads, Resource):
    """Companies."""

    model, shows = Company, CompanyShape
    fetched = ("phones",)
    filters = (
        NAME,
        DocumentFilter(name="document", description="Has this CNPJ, written in any way."),
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
        "destroy": Operation(
            summary="Delete a company",
            description="Persons, deals and history keep it.",
            status=204,
            versioned=True,
        ),
        "bulk": bulk.operation(noun="companies", body=CompaniesBody),
    }

    def create(self, _request: Request) -> Response:
        """A company."""
        return self.answer(self.make(self.read()))

    def partial_update(self, _request: Request, id: str) -> Response:
        """The company as changed."""
        row = self.locked(id)
        return self.answer(self.change(row, self.read(instance=row)))

    def make(self, values: dict[str, Any]) -> Company:
        """A new company."""
        return services.create_company(account=self.request.account, origin=self.request.origin, **values)

    def change(self, row: Company, values: dict[str, Any]) -> Company:
        """The company with other values."""
        return services.update_company(company=row, origin=self.request.origin, **values)

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_company(company=self.locked(id), origin=request.origin)
        return Response(status=204)
