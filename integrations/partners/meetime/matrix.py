"""The matrix of field types (M13) and the pairs that are always associated (M11), as data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.contract import FixedField, Mappable, TheirType

TEXT, LONG_TEXT, SELECT = "text", "long_text", "select"
AS_TEXT = (
    "integer",
    "currency",
    "decimal",
    "date",
    "time",
    "cpf",
    "cnpj",
    "percent",
    "address",
    "currency_symbol",
)
AS_CHOICE = ("options", "checkbox", "user", "product", "client")
PAIRS = (
    ("text", TEXT),
    ("long_text", LONG_TEXT),
    *((ours, TEXT) for ours in AS_TEXT),
    *((ours, theirs) for ours in AS_CHOICE for theirs in (SELECT, TEXT)),
)
"""Seed 000, table of field types; image, attachment, colour and developer stand beside none."""

MAPPABLE = Mappable(
    catalog="custom_fields",
    record="lead",
    types={
        TEXT: TheirType(label=_("Text (255)"), longest=255),
        LONG_TEXT: TheirType(label=_("Long text")),
        SELECT: TheirType(label=_("Selection")),
    },
    pairs=PAIRS,
    fixed=(
        FixedField(
            entity="person", ours="name", theirs="name", label=_("Name"), their_label=_("Name (lead)")
        ),
        FixedField(
            entity="person", ours="email", theirs="email", label=_("E-mail"), their_label=_("E-mail (lead)")
        ),
        FixedField(
            entity="person",
            ours="phones",
            theirs="phones",
            label=_("Phones, all of them"),
            their_label=_("Phone (lead)"),
            note=_("A number removed on one side stays on the other."),
        ),
        FixedField(
            entity="company",
            ours="name",
            theirs="company",
            label=_("Name"),
            their_label=_("Company (lead)"),
        ),
        FixedField(
            entity="company",
            ours="phones",
            theirs="phones",
            label=_("Phones, all of them"),
            their_label=_("Phone (lead)"),
            note=_("A number removed on one side stays on the other."),
        ),
        FixedField(
            entity="deal",
            ours="related",
            theirs="related",
            label=_("Related contacts"),
            their_label=_("Leads of the same deal"),
        ),
        *(
            FixedField(entity="deal", ours=key, theirs=key, label=label, their_label=their_label, way=way)
            for key, label, their_label, way in (
                ("meetime_latest_owner", _("Latest owner (Meetime)"), _("Owner (lead)"), "both"),
                ("meetime_initial_owner", _("Initial owner (Meetime)"), _("Owner (lead)"), "here"),
                ("meetime_latest_cadence", _("Latest cadence (Meetime)"), _("Cadence (lead)"), "here"),
                ("meetime_initial_cadence", _("Initial cadence (Meetime)"), _("Cadence (lead)"), "here"),
            )
        ),
    ),
)
