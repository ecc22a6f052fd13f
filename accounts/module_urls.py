"""The addresses of the system's modules and of White Label; names are flat in the namespace "portal"."""

from django.urls import path

from accounts import brand_screens, module_screens

urlpatterns = [
    path("modules/", module_screens.modules, name="modules"),
    path("modules/<slug:slug>/", module_screens.module_settings, name="module-settings"),
    path("modules/<slug:slug>/switch/", module_screens.switch, name="module-switch"),
    path("modules/<slug:slug>/ask/", module_screens.ask, name="module-ask"),
    path("modules/<slug:slug>/preview/", module_screens.preview, name="module-preview"),
    path("brand.css", brand_screens.stylesheet, name="brand-css"),
    path("brand/<int:image_id>/", brand_screens.image, name="brand-image"),
]
