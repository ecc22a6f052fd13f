"""Where partners, connections and their traffic stand below /api/v1/."""

from __future__ import annotations

from integrations.api import discovery, refusals
from integrations.api.automations import Automations
from integrations.api.configuration import Configuration
from integrations.api.connections import CatalogItems, Catalogs, Connections
from integrations.api.discovery import Route
from integrations.api.endpoints import EventDeliveries, EventKinds, Events, WebhookEndpoints
from integrations.api.explaining import Explanations, LeadExplanations, PersonExplanations
from integrations.api.field_maps import Conflicts, FieldMaps, Matrices
from integrations.api.partners import Partners
from integrations.api.privacy import Erasures, Exports
from integrations.api.traffic import Exchanges, Inbox, Leads, Outbox
from integrations.api.workflow import WorkflowRuns

refusals.register()

CATALOG = "connections/(?P<connection>[0-9]+)/catalog"
ROUTES: list[Route] = [
    ("partners", Partners, "partners"),
    *discovery.routes(),
    (f"{CATALOG}/(?P<kind>[a-z0-9_-]+)", CatalogItems, "catalog-items"),
    (CATALOG, Catalogs, "catalogs"),
    ("connections/(?P<connection>[0-9]+)/field-maps", FieldMaps, "field-maps"),
    ("connections/(?P<connection>[0-9]+)/matrix", Matrices, "matrices"),
    ("connections", Connections, "connections"),
    ("configuration", Configuration, "configuration"),
    ("automations", Automations, "automations"),
    ("workflow-runs", WorkflowRuns, "workflow-runs"),
    ("leads", Leads, "leads"),
    ("leads/(?P<lead>[0-9]+)/explain", LeadExplanations, "lead-explanations"),
    ("deals/(?P<deal>[0-9]+)/explain", Explanations, "deal-explanations"),
    ("persons/(?P<person>[0-9]+)/explain", PersonExplanations, "person-explanations"),
    ("privacy/export", Exports, "privacy-export"),
    ("privacy/erase", Erasures, "privacy-erase"),
    ("inbox", Inbox, "inbox"),
    ("outbox", Outbox, "outbox"),
    ("exchanges", Exchanges, "exchanges"),
    ("conflicts", Conflicts, "conflicts"),
    ("webhook-endpoints/(?P<endpoint>[0-9]+)/deliveries", EventDeliveries, "event-deliveries"),
    ("webhook-endpoints", WebhookEndpoints, "webhook-endpoints"),
    ("events/kinds", EventKinds, "event-kinds"),
    ("events", Events, "events"),
]
