"""The one base of the staff admin: reads without counting, writes through services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.paginator import InfinitePaginator

from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from accounts.staff_acts import Act, Declined, Edit, bulk, perform, sentence
from accounts.staff_forms import StaffForm
from accounts.staff_scope import OpenedAccountAdmin
from accounts.staff_shown import (
    Related,
    column,
    is_long,
    labels_of,
    long_field,
    pretty,
    relate,
    related_tables,
)

LONGEST_NUMBER = 18  # digits that every database's big integer holds


def digits(typed: str) -> str:
    """What a search by a number looks for; blank (nothing) where the text is none."""
    text = typed.strip()
    return text if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else ""


def trimmed(typed: str) -> str:
    """What a search by an exact text looks for."""
    return typed.strip()


class StaffAdmin(OpenedAccountAdmin):
    """Read-only, unless a subclass names `adds` and `create`, `writes` and `update`, or `remove`.

    `finders`: lookup → how typed text is normalised for it, on indexed columns. `never_shown`: fields with
    secrets. `acts` and `related`: buttons and tables under a row.
    """

    section: ClassVar[Any] = ""
    icon: ClassVar[str] = "table_rows"
    rank: ClassVar[int] = 500  # in the menu
    plural: ClassVar[Any] = ""  # where the model gives no translated name

    adds: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ()
    never_shown: ClassVar[frozenset[str]] = frozenset()
    finders: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    also_read: ClassVar[tuple[str, ...]] = ()  # relations that a row's own text needs
    acts: ClassVar[tuple[Act, ...]] = ()
    related: ClassVar[tuple[Related, ...]] = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = (SomeoneElseChangedThis, Declined)
    create: ClassVar[Callable[..., models.Model] | None] = None
    remove: ClassVar[Callable[..., None] | None] = None

    form = StaffForm
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page, list_max_show_all = 50, 0
    list_disable_select_all = True
    list_filter_submit = True
    sortable_by = ()  # sorting by a column without an index reads the whole table
    ordering = ("-pk",)
    compressed_fields = True
    change_form_outer_before_template = "accounts/staff/acts.html"
    change_form_outer_after_template = "accounts/staff/row.html"

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        self.raw_id_fields = [f.name for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)]
        self._long = {f.name: long_field(f, self.readable) for f in self._fields() if is_long(f)}

    # --- What subclasses fill in

    def update(self, edit: Edit) -> None:  # noqa: ARG002 - the signature is given
        """Calls the service with what changed; `edit.version` is the one that the person saw."""
        raise PermissionDenied

    def readable(self, name: str, value: Any) -> str:  # noqa: ARG002 - the signature is given
        """A long field's value as text that may be shown."""
        return pretty(value)

    # --- Lists

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Rows of the open account; a list never reads the long fields it does not show."""
        rows: models.QuerySet[Any] = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "").endswith("_change"):
            return rows
        shown = self.list_display
        return rows.defer(*(f.name for f in self._fields() if is_long(f) and f.name not in shown))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Fields without a translated name of their own become columns that have one."""
        own = {field.name: field for field in self._fields()}
        return [
            column(own[name]) if name in own and not isinstance(own[name].verbose_name, Promise) else name
            for name in super().get_list_display(request)
        ]

    def get_list_select_related(self, request: HttpRequest) -> tuple[str, ...]:  # noqa: ARG002 - the signature is given
        keys = {field.name for field in self._fields() if isinstance(field, models.ForeignKey)}
        return (*(name for name in self.list_display if name in keys), *self.also_read)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:  # noqa: ARG002 - the signature is given
        return tuple(self.finders)

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 - the signature is given
        queryset: models.QuerySet[Any],
        search_term: str,
    ) -> tuple[models.QuerySet[Any], bool]:
        """Rows that one finder knows by the whole text, as it is stored for comparing."""
        if not search_term.strip():
            return queryset, False
        wanted = models.Q(pk__in=())
        for lookup, normal in self.finders.items():
            if text := normal(search_term):
                wanted |= models.Q((lookup, text))
        return queryset.filter(wanted), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.plural or self.opts.verbose_name_plural)}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The acts that fit many rows, for who may change them; nothing is deleted in bulk."""
        if not self.has_act_permission(request) or "_popup" in request.GET:
            return {}
        return {act.slug: (bulk(act), act.slug, act.label) for act in self.acts if act.bulk}

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        """Only the ticked rows: "all of them" could be millions."""
        posted = request.POST.copy()
        posted["select_across"] = "0"
        request.POST = posted  # type: ignore[assignment]  # a copy that may be read like the original
        return super().response_action(request, queryset)

    # --- One row

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> list[tuple[Any, Any]]:
        if obj is None:
            return [(None, {"fields": list(self.adds)})]
        rest = [self._long.get(f.name, f.name) for f in self._fields() if f.name not in self.writes]
        own = {field.name for field in (*self.opts.concrete_fields, *self.opts.many_to_many)}  # forms add
        known = [name for name in self.writes if name in own]
        written = [*self.writes, "seen_version"] if self.has_change_permission(request, obj) else known
        groups = [(None, {"fields": written})] if self.writes else []
        return [*groups, (_("Read only") if groups else None, {"fields": rest})]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        if obj is None:
            return []
        return list(flatten_fieldsets(self.get_fieldsets(request, obj)[-1:]))

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        request.staff_row = obj  # type: ignore[attr-defined]  # formfield_for_foreignkey is not told the row
        made = super().get_form(request, obj, change=change, labels=labels_of(self.model), **kwargs)
        made.refused = getattr(request, "staff_refused", "")
        return made

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """A refusal rolls everything back; the same form comes again with the service's words on it."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as refused:
            request.staff_refused = sentence(refused)  # type: ignore[attr-defined]  # read by get_form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            offered = [act for act in self.acts if self.has_act_permission(request) and act.fits(row)]
            context["acts"] = [
                (act, self._address("act", row.pk, act.slug), act.options(row)) for act in offered
            ]
            context["related_tables"] = related_tables(row, self.related, within=self.limiter(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Through the service; the row in hand then shows what the service made."""
        origin = Origin.user(request.user)
        if change:
            version = form.cleaned_data.get("seen_version")
            self.update(Edit(row=obj, version=version, values=form.changed_values(), origin=origin))
        elif self.create is not None:
            values = {name: value for name, value in form.cleaned_data.items() if name != "seen_version"}
            made = self.create(values=values, origin=origin)
            self.of_the_open_account(request, made)
            obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        if self.remove is not None:
            self.remove(row=obj, origin=Origin.user(request.user))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except self.refusals as refused:
            messages.error(request, sentence(refused))
            return HttpResponseRedirect(self._address("change", object_id))

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:  # noqa: ARG002 - the signature is given
        """The rows themselves only: services hide them or take care of what belongs to them."""
        names = [str(each) for each in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    # --- Acts

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        view = self.admin_site.admin_view(self.act_view)
        return [path("<path:object_id>/act/<slug:slug>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """POST: one act on one row, then back to the row."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act = next((each for each in self.acts if each.slug == slug), None)
        row = self.get_object(request, unquote(object_id))
        if act is None or row is None:
            raise Http404
        if not self.has_act_permission(request):
            raise PermissionDenied
        option = request.POST.get("option", "")
        if option and option not in {value for value, _words in act.options(row)}:
            raise Http404
        if perform(request, act, row, option=option, refusals=self.refusals):
            self.log_change(request, row, str(act.label))
        return HttpResponseRedirect(self._address("change", row.pk))

    # --- Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.create is not None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(self.writes) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.remove is not None and super().has_delete_permission(request, obj)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Django's permission to change, also for rows that nobody edits by hand."""
        return super().has_change_permission(request)

    def _fields(self) -> list[models.Field[Any, Any]]:
        return [field for field in self.opts.concrete_fields if field.name not in self.never_shown]

    def _address(self, view: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=args)


__all__ = ["Act", "Related", "StaffAdmin", "digits", "relate", "trimmed"]
