"""Files for image and attachment fields: sent, described, fetched."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.resource import Operation, Reads, Resource
from accounts.rest.schema import ApiSchema
from funnels import services
from funnels.api.bodies import FileBody
from funnels.api.sent import BoundedMultiPart
from funnels.api.shapes import FileShape
from funnels.models import StoredFile
from funnels.services.files import ANY
from funnels.views.files import download


class FilesSchema(ApiSchema):
    """Says that content is bytes."""

    def get_response_serializers(self) -> Any:
        """The answer by its status and, for bytes, their type."""
        if self.resource.action == "content":
            return {(200, ANY): OpenApiTypes.BINARY}
        return super().get_response_serializers()


class Files(Reads, Resource):
    """Files; a custom field of the type image or attachment holds the id of one."""

    model, shows = StoredFile, FileShape
    parser_classes = (BoundedMultiPart,)
    schema = FilesSchema()
    operations = {
        "retrieve": Operation(summary="Describe a file"),
        "create": Operation(
            summary="Send a file",
            description="multipart/form-data with one part `file`, 5 MB at most.",
            request=FileBody,
            status=201,
        ),
        "content": Operation(summary="Fetch a file's content"),
    }

    def create(self, request: Request) -> Response:
        """The file's description."""
        file = self.read()["file"]
        row = services.store_file(
            account=request.account, file=file, name=file.name or "", origin=request.origin
        )
        return self.answer(row)

    @action(detail=True, methods=["get"])
    def content(self, _request: Request, id: str) -> FileResponse:
        """The bytes, as an attachment."""
        return download(self.find(id))
