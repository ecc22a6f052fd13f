"""Administração → Módulos do Sistema (S1): what each does, its switch, its settings, and asking for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import brand_images, contracting, contrast, white_label
from accounts import modules as registry
from accounts.models import BrandImage, Module, ModuleRequest
from accounts.module_forms import SettingsForm, posted
from accounts.module_settings import InvalidSettings, Kind, Setting, declared_of, set_module_settings
from accounts.module_settings.checking import Unfit, checked
from accounts.module_settings.counters import counters
from accounts.module_settings.reading import chosen
from accounts.modules import MODULES, ModuleName, standing
from accounts.portal import PortalRequest, origin, page, render_page
from accounts.scoping import SomeoneElseChangedThis


@dataclass(frozen=True, kw_only=True)
class Row:
    """One module as the list shows it; `tone` colours its state."""

    name: ModuleName
    state: str
    tone: str
    on: bool
    contracted: bool
    version: int
    settings: bool
    asked: datetime | None


@page(administrator=True)
@require_safe
def modules(request: PortalRequest) -> HttpResponse:
    """Basic and additional modules with text, state, switch and settings (S1, S2)."""
    versions = dict(Module.objects.of(request.account).values_list("slug", "version"))
    open_requests = ModuleRequest.objects.of(request.account).filter(answered_at=None)
    asked = dict(open_requests.values_list("slug", "at"))
    rows = [
        _row(request, name, versions.get(name.slug, 0), asked.get(name.slug)) for name in MODULES.values()
    ]
    context = {
        "title": _("System modules"),
        "basic": [row for row in rows if row.name.basic],
        "additional": [row for row in rows if not row.name.basic],
    }
    return render_page(request, "accounts/modules/list.html", context)


@page(administrator=True)
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: PortalRequest, slug: str) -> HttpResponse:
    """GET: what stops when the module goes off (S4). POST `on`=1 or 0: does it."""
    name = _name(slug)
    if request.method != "POST":
        stopping = [words for each in registry.stops for words in each(request.account, slug)]
        version = (
            Module.objects.of(request.account).filter(slug=slug).values_list("version", flat=True).first()
        )
        title = _("Switch off “%(module)s”?") % {"module": name.label}
        context = {"title": title, "name": name, "stops": stopping, "version": version or 0}
        return render_page(request, "accounts/modules/switch.html", context)
    on = request.POST.get("on") == "1"
    try:
        contracting.switch_module(
            account=request.account, slug=slug, enabled=on, origin=origin(request), version=_version(request)
        )
    except contracting.NotContracted as refused:
        messages.error(request, refused.words)
    except SomeoneElseChangedThis:
        messages.error(request, _changed())
    else:
        words = _("“%(module)s” is on.") if on else _("“%(module)s” is off. Its data is kept.")
        messages.success(request, words % {"module": name.label})
    return redirect("portal:modules")


@page(administrator=True)
@require_POST
def ask(request: PortalRequest, slug: str) -> HttpResponse:
    """The account asks CS and support for a module that it has not contracted (S2)."""
    name = _name(slug)
    text = request.POST.get("text", "")
    try:
        contracting.ask_for_module(
            account=request.account, slug=slug, text=text, user=request.user, origin=origin(request)
        )
    except contracting.NotContracted as refused:
        messages.error(request, refused.words)
    else:
        words = _("Your request for “%(module)s” was sent. CS or support will contact you.")
        messages.success(request, words % {"module": name.label})
    return redirect("portal:modules")


@page(administrator=True)
@require_http_methods(["GET", "HEAD", "POST"])
def module_settings(request: PortalRequest, slug: str) -> HttpResponse:
    """The module's settings by their declarations; what is refused stands beside its field (S3)."""
    name, settings = _name(slug), _open_settings(request, slug)
    row = Module.objects.of(request.account).filter(slug=slug).first()
    values = _values(request, settings, row)
    status = 200
    form = SettingsForm(request.POST or None, settings=settings, values=values)
    if request.method == "POST":
        try:
            _save(request, slug, settings)
        except InvalidSettings as refused:
            form.refuse(refused.errors, refused.suggestions)
            status = 422
        except SomeoneElseChangedThis:
            form.add_error(None, _changed())
            status = 422
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("portal:module-settings", slug)
    context = {
        "title": _("Settings: %(module)s") % {"module": name.label},
        "name": name,
        "form": form,
        "groups": form.groups(),
        "version": request.POST.get("version", "") or (row.version if row else 0),
        "files": any(setting.kind is Kind.IMAGE for setting in settings),
        "numbers": {each.key: values[each.key] for each in settings if each.kind is Kind.NEXT_NUMBER},
        "preview": slug == white_label.SLUG,
        "off": slug not in standing(request).on,
    }
    return render_page(request, "accounts/modules/settings.html", context, status=status)


@page(administrator=True)
@require_safe
def preview(request: PortalRequest, slug: str) -> HttpResponse:
    """The portal in the typed colours on both themes, or why they cannot be used; nothing is saved (S3)."""
    if slug != white_label.SLUG:
        raise Http404
    typed: dict[str, str] = {}
    refused: list[dict[str, str]] = []
    measures = []
    for setting in _open_settings(request, slug):
        if setting.kind is not Kind.COLOUR:
            continue
        try:
            colour = checked(setting, request.GET.get(setting.key, ""), request.account)
        except Unfit as unfit:
            words = {"key": setting.key, "label": str(setting.label), "words": unfit.words}
            refused.append({**words, "suggestion": unfit.suggestion})
            continue
        typed[setting.key] = colour
        if colour:
            ratio = contrast.shown(contrast.weakest(colour).ratio)
            measures.append({"label": setting.label, "colour": colour, "ratio": ratio})
    looks = [
        {
            "theme": theme,
            "properties": ";".join(f"{k}:{v}" for k, v in white_label.properties(typed, theme).items()),
        }
        for theme in contrast.GROUNDS
    ]
    context = {
        "looks": looks,
        "refused": refused,
        "measures": measures,
        "name": request.GET.get("tab_name", "")[:40] or white_label.OWN_NAME,
    }
    return render(request, "accounts/modules/preview.html", context)


def _row(request: PortalRequest, name: ModuleName, version: int, asked: datetime | None) -> Row:
    now = standing(request)
    on, contracted = name.slug in now.on, name.slug in now.contracted
    if name.later:
        state, tone = _("Comes later"), "info"
    elif on:
        state, tone = _("Switched on"), "ok"
    elif contracted:
        state, tone = _("Switched off"), "warn"
    else:
        state, tone = _("Not contracted"), ""
    return Row(
        name=name,
        state=state,
        tone=tone,
        on=on,
        contracted=contracted,
        version=version,
        settings=contracted and bool(_offered(request, name.slug)),
        asked=asked,
    )


def _offered(request: PortalRequest, slug: str) -> list[Setting]:
    contracted = standing(request).contracted
    return [each for each in declared_of(slug) if not each.needs or each.needs in contracted]


def _open_settings(request: PortalRequest, slug: str) -> list[Setting]:
    """What the page offers; 404 for a module without settings, 403 in words where a contract is missing."""
    declared = declared_of(slug)
    if slug not in MODULES or not declared:
        raise Http404
    offered = _offered(request, slug) if slug in standing(request).contracted else []
    if not offered:
        needed = declared[0].needs or slug
        words = _("These settings are available while the module “%(module)s” is contracted.")
        raise PermissionDenied(words % {"module": MODULES[needed].label})
    return offered


def _values(request: PortalRequest, settings: list[Setting], row: Module | None) -> dict[str, Any]:
    kept = row.settings if row is not None else {}
    return {
        each.key: counters[each.name].read(request.account)[0]
        if each.kind is Kind.NEXT_NUMBER
        else chosen(each, kept)
        for each in settings
    }


def _save(request: PortalRequest, slug: str, settings: list[Setting]) -> None:
    """All that the page sent or nothing; a picture whose settings are refused is not kept."""
    stored: list[BrandImage] = []
    try:
        with transaction.atomic():
            values = {**posted(request, settings), **_stored(request, settings, stored)}
            set_module_settings(
                account=request.account,
                slug=slug,
                values=values,
                version=_version(request),
                origin=origin(request),
            )
    except (InvalidSettings, SomeoneElseChangedThis):
        for image in stored:
            brand_images.forget_file(image)
        raise


def _stored(request: PortalRequest, settings: list[Setting], stored: list[BrandImage]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for setting in settings:
        file = request.FILES.get(setting.key) if setting.kind is Kind.IMAGE else None
        if file is None:
            continue
        try:
            made = brand_images.store_image(
                account=request.account, kind=setting.image, file=file, origin=origin(request)
            )
        except Unfit as unfit:
            errors[setting.key] = [unfit.words]
        else:
            stored.append(made)
            values[setting.key] = made.pk
    if errors:
        raise InvalidSettings(errors)
    return values


def _name(slug: str) -> ModuleName:
    name = MODULES.get(slug)
    if name is None:
        raise Http404
    return name


def _version(request: PortalRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _changed() -> str:
    return _("Someone else changed this module meanwhile. Look at it again and repeat your change.")
