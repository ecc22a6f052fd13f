"""Addresses of the API for integrators, below /api/v1/."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.routers import SimpleRouter

from accounts import problems
from accounts.api import ROUTES as PEOPLE
from funnels.api.routes import ROUTES as CRM
from integrations.api.routes import ROUTES as INTEGRATIONS


class Router(SimpleRouter):
    """Takes addresses with and without the last slash: a redirect would lose the body of a POST."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


@csrf_exempt  # keys open the API, no cookie does: whoever writes to a wrong address is told that it is wrong
def nothing_here(_request: HttpRequest) -> HttpResponse:
    """An address that nothing stands at."""
    return problems.response(status=404, code="not_found", detail=_("There is nothing here."))


router = Router()
for prefix, resource, name in (*CRM, *INTEGRATIONS, *PEOPLE):
    router.register(prefix, resource, basename=name)

urlpatterns = [*router.urls, re_path("^.*$", nothing_here)]
