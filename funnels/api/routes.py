"""Where the CRM's resources stand below /api/v1/."""

from __future__ import annotations

from accounts.rest.resource import Resource
from funnels.api import refusals
from funnels.api.board import ChecklistItems, Funnels, LossReasons, Stages
from funnels.api.deals import Deals
from funnels.api.fields import Fields
from funnels.api.files import Files
from funnels.api.journal import InteractionRecords, Tasks
from funnels.api.people import Companies, Persons
from funnels.api.products import Products
from funnels.api.requirements import Requirements

refusals.register()

ROUTES: list[tuple[str, type[Resource], str]] = [
    ("funnels", Funnels, "funnels"),
    ("stages", Stages, "stages"),
    ("loss-reasons", LossReasons, "loss-reasons"),
    ("checklist-items", ChecklistItems, "checklist-items"),
    ("requirements", Requirements, "requirements"),
    ("fields", Fields, "fields"),
    ("files", Files, "files"),
    ("products", Products, "products"),
    ("persons", Persons, "persons"),
    ("companies", Companies, "companies"),
    ("deals", Deals, "deals"),
    ("interaction-records", InteractionRecords, "interaction-records"),
    ("tasks", Tasks, "tasks"),
]
