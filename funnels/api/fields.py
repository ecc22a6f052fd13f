"""The fields of deals, persons and companies: custom ones, and those that every account has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import Choice, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import FieldBody, FieldChangesBody
from funnels.api.shapes import BuiltInFieldsShape, FieldShape
from funnels.fields import FieldType
from funnels.models import CustomField

DEAL, PERSON, COMPANY = CustomField.Entity
BUILT_IN = (
    (DEAL, "title", gettext_lazy("title"), FieldType.TEXT),
    (DEAL, "amount", gettext_lazy("value"), FieldType.CURRENCY),
    (DEAL, "owner", gettext_lazy("owner"), FieldType.USER),
    (DEAL, "person", gettext_lazy("main contact"), FieldType.CLIENT),
    (DEAL, "company", gettext_lazy("company"), FieldType.CLIENT),
    (PERSON, "name", gettext_lazy("name"), FieldType.TEXT),
    (PERSON, "email", gettext_lazy("e-mail"), FieldType.TEXT),
    (PERSON, "phones", gettext_lazy("phone"), FieldType.TEXT),
    (PERSON, "company", gettext_lazy("company"), FieldType.CLIENT),
    (COMPANY, "name", gettext_lazy("name"), FieldType.TEXT),
    (COMPANY, "document", gettext_lazy("CNPJ"), FieldType.CNPJ),
    (COMPANY, "phones", gettext_lazy("phone"), FieldType.TEXT),
)


class Fields(Lists, Reads, Resource):
    """Custom fields."""

    model, shows = CustomField, FieldShape
    filters = (
        Choice(name="entity", choices=CustomField.Entity.values, description="Of these rows."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List custom fields"),
        "retrieve": Operation(summary="Read a custom field"),
        "create": Operation(summary="Create a custom field", request=FieldBody, status=201),
        "partial_update": Operation(
            summary="Rename a custom field, or add options",
            description="Its key and type never change, and options never go: values of them are stored.",
            request=FieldChangesBody,
            versioned=True,
            errors=(409, 422),
        ),
        "built_in": Operation(
            summary="List the fields that every account has",
            description="They are properties of the rows themselves, not of `custom`.",
            response=BuiltInFieldsShape,
        ),
    }

    def create(self, request: Request) -> Response:
        """A custom field; a label or key that is taken is refused."""
        return self.answer(
            services.create_custom_field(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The field with its new label or further options."""
        row = self.locked(id)
        return self.answer(services.update_custom_field(field=row, origin=request.origin, **self.read()))

    @action(detail=False, methods=["get"], url_path="built-in", url_name="built-in")
    def built_in(self, _request: Request) -> Response:
        """All of them."""
        rows = [{"entity": e, "key": k, "label": str(label), "type": t} for e, k, label, t in BUILT_IN]
        return Response(BuiltInFieldsShape({"results": rows}).data)
