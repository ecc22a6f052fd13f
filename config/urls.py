"""Addresses."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.health import healthz
from accounts.problem_page import codes
from accounts.sites import portal

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("i18n/setlang/", set_language, name="set_language"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # The split view serves its script from its own address: the policy allows no inline script.
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/docs/errors/", codes, name="api-codes"),
]
if find_spec("config.api_urls"):
    urlpatterns.append(path("api/v1/", include("config.api_urls")))
urlpatterns.append(path("", portal.urls))

handler400 = "accounts.errors.bad_request"
handler403 = "accounts.errors.forbidden"
handler404 = "accounts.errors.not_found"
handler500 = "accounts.errors.server_error"
