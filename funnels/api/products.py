"""Products."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import Filter, Key, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import ProductBody
from funnels.api.shapes import ProductShape
from funnels.fields import search_key
from funnels.models import Product


class Products(Lists, Reads, Resource):
    """What the account sells."""

    module = "products"
    model, shows = Product, ProductShape
    filters = (
        Key(
            name="name",
            lookup="name_key__contains",
            key=search_key,
            description="Name contains; case and accents ignored.",
        ),
        Filter(name="code", description="Has exactly this code."),
        Since(),
        WithDeleted(),
    )
    operations = {
        "list": Operation(summary="List products"),
        "retrieve": Operation(summary="Read a product"),
        "create": Operation(summary="Create a product", request=ProductBody, status=201),
        "partial_update": Operation(
            summary="Change a product", request=ProductBody, versioned=True, errors=(422,)
        ),
        "destroy": Operation(
            summary="Delete a product", description="Deals that have it keep it.", status=204, versioned=True
        ),
    }

    def create(self, request: Request) -> Response:
        """A product."""
        return self.answer(
            services.create_product(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The product as changed."""
        row = self.locked(id)
        return self.answer(services.update_product(product=row, origin=request.origin, **self.read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_product(product=self.locked(id), origin=request.origin)
        return Response(status=204)
