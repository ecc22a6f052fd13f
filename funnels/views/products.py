"""The account's products, and those of a card."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import queries, services
from funnels.models import Deal, Product
from funnels.product_forms import DealProductForm, ProductForm
from funnels.views.answers import act, first_error, screen, show, version_of
from funnels.views.deal import deal_of
from funnels.views.people import paged


@screen(module="products")
def products(request: PortalRequest) -> HttpResponse:
    """?q= name or code · ?page=."""
    text = request.GET.get("q", "").strip()[:100]
    rows = queries.find_products(queries.living_products(request.account), text).order_by("name_key", "id")
    context = {"title": _("Products"), "page": paged(request, rows), "q": text}
    return show(request, "funnels/products.html", context)


@screen("GET", "POST", module="products", permission="records.write")
def product_new(request: PortalRequest) -> HttpResponse:
    """A new product."""
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = services.create_product(
            account=request.account,
            name=given["name"],
            code=given["code"],
            price=given["price"],
            origin=origin(request),
        )
        messages.success(request, _("%(name)s was created.") % {"name": made.name})
        return redirect("portal:products")
    context = {"title": _("New product"), "form": form, "back": reverse("portal:products")}
    return show(request, "funnels/product.html", context, status=422 if form.is_bound else 200)


@screen("GET", "POST", module="products", changes="records.write")
def product(request: PortalRequest, product_id: int) -> HttpResponse:
    """A product's form; a post saves it."""
    row = _product(request, product_id)
    post = request.POST if request.method == "POST" else None
    form = ProductForm(post, initial=ProductForm.initial_of(row))
    if post is not None and form.is_valid() and _save(request, row, form):
        messages.success(request, _("Saved."))
        return redirect("portal:products")
    context = {"title": row.name, "form": form, "product": row, "back": reverse("portal:products")}
    return show(request, "funnels/product.html", context, status=422 if form.is_bound else 200)


def _save(request: PortalRequest, row: Product, form: ProductForm) -> bool:
    given = form.cleaned_data
    try:
        services.update_product(
            product=row,
            name=given["name"],
            code=given["code"],
            price=given["price"],
            version=given["version"],
            origin=origin(request),
        )
    except SomeoneElseChangedThis:
        form.add_error(
            None, _("Someone else changed this product. Reload the page and make your change again.")
        )
        return False
    return True


@screen("POST", module="products", permission="records.delete")
def product_delete(request: PortalRequest, product_id: int) -> HttpResponse:
    """Takes a product out of the choices; cards that have it keep it."""
    row = _product(request, product_id)

    def do() -> str:
        services.delete_product(product=row, origin=origin(request), version=version_of(request))
        return _("%(name)s was deleted.") % {"name": row.name}

    return act(request, back=reverse("portal:products"), do=do)


@screen("POST", module=("deals", "products"), permission="records.write")
def deal_product_add(request: PortalRequest, deal_id: int) -> HttpResponse:
    """A product onto the card; one that is there gets the new quantity and price."""
    row = deal_of(request, deal_id)
    form = DealProductForm(request.POST, account=request.account)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        chosen, price = form.cleaned_data["product"], form.cleaned_data["price"]
        line = services.Line(
            product=chosen,
            quantity=form.cleaned_data["quantity"],
            price=chosen.price if price is None else price,
        )
        with transaction.atomic():
            kept = [line if each.product == chosen else each for each in _lines(row)]
            lines = kept if line in kept else [*kept, line]
            services.set_deal_products(deal=row, lines=lines, origin=origin(request))
        return _("%(name)s is on the card.") % {"name": chosen.name}

    return act(request, back=_card(row.pk), do=do)


@screen("POST", module=("deals", "products"), permission="records.write")
def deal_product_remove(request: PortalRequest, deal_id: int, product_id: int) -> HttpResponse:
    """Takes a product off the card; the product stays."""
    row = deal_of(request, deal_id)
    get_object_or_404(Product.objects.of(request.account), pk=product_id)  # a deleted one, too

    def do() -> str:
        with transaction.atomic():
            lines = [line for line in _lines(row) if line.product.pk != product_id]
            services.set_deal_products(deal=row, lines=lines, origin=origin(request))
        return _("Product removed from the card.")

    return act(request, back=_card(row.pk), do=do)


def _product(request: PortalRequest, product_id: int) -> Product:
    found: Product = get_object_or_404(queries.living_products(request.account), pk=product_id)
    return found


def _lines(deal: Deal) -> list[services.Line]:
    return [
        services.Line(product=row.product, quantity=row.quantity, price=row.price)
        for row in queries.deal_products(deal)
    ]


def _card(deal_id: int) -> str:
    return reverse("portal:deal", args=[deal_id]) + "#products"
