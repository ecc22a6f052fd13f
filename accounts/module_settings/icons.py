"""The icons that a module's entry in the menu may have, each with the words for who does not see it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ICONS = {  # Material Symbols name → what it shows
    "handshake": _("Handshake"),
    "view_kanban": _("Board"),
    "sell": _("Price tag"),
    "shopping_cart": _("Shopping cart"),
    "storefront": _("Shop"),
    "payments": _("Money"),
    "request_quote": _("Quote"),
    "receipt_long": _("Receipt"),
    "work": _("Briefcase"),
    "business_center": _("Business case"),
    "assignment": _("Clipboard"),
    "fact_check": _("Checked list"),
    "rocket_launch": _("Rocket"),
    "trending_up": _("Rising line"),
    "target": _("Target"),
    "flag": _("Flag"),
    "star": _("Star"),
    "bolt": _("Lightning bolt"),
    "construction": _("Tools"),
    "engineering": _("Engineer"),
    "apartment": _("Building"),
    "home_work": _("House and building"),
    "real_estate_agent": _("House in a hand"),
    "school": _("Graduation cap"),
    "local_shipping": _("Truck"),
    "inventory_2": _("Box"),
    "agriculture": _("Tractor"),
    "medical_services": _("First-aid kit"),
    "directions_car": _("Car"),
    "flight": _("Aeroplane"),
    "restaurant": _("Cutlery"),
    "support_agent": _("Person with a headset"),
}
