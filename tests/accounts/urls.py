"""The product's addresses and a few pages that do what no real page should."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import problems
from accounts.portal import PortalRequest, page, render_page, toast
from accounts.scoping import SomeoneElseChangedThis
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class OutOfMilkError(Exception):
    """What a service might refuse."""

    missing = ("leite",)


problems.register(OutOfMilkError, 422, "out_of_milk", more=lambda error: {"missing": list(error.missing)})


@page()
def plain(request: PortalRequest) -> HttpResponse:
    return toast(render_page(request, "portal/welcome.html", {"title": "Plain"}), "Feito")


@page(administrator=True)
def administration(request: PortalRequest) -> HttpResponse:
    return render_page(request, "portal/welcome.html", {"title": "Administration"})


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


@page()
def stale(request: PortalRequest) -> HttpResponse:
    raise SomeoneElseChangedThis


class Body(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=5)


class Endpoint(APIView):
    RAISES = {
        "missing": Http404,
        "denied": PermissionDenied,
        "stale": SomeoneElseChangedThis,
        "milk": OutOfMilkError,
        "breaks": RuntimeError,
    }

    def get(self, request: Request, what: str) -> Response:
        if what in self.RAISES:
            raise self.RAISES[what]("as palavras")
        return Response({"account": request.account.pk, "origin": str(request.origin)})

    def post(self, request: Request, what: str) -> Response:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(status=204)


urlpatterns = [
    path("t/plain/", plain),
    path("t/administration/", administration),
    path("t/breaks/", breaks),
    path("t/stale/", stale),
    path("api/t/<what>/", Endpoint.as_view()),
    path("api/breaks", breaks),
    *product,
]
