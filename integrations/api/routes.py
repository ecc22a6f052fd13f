"""Where partners, connections and their traffic stand below /api/v1/."""

from __future__ import annotations

from integrations.api import discovery, refusals
from integrations.api.automations import Automations
from integrations.api.connections import CatalogItems, Catalogs, Connections
from integrations.api.discovery import Route
from integrations.api.partners import Partners
from integrations.api.traffic import Exchanges, Explanations, Inbox, Leads, Outbox

refusals.register()

CATALOG = "connections/(?P<connection>[0-9]+)/catalog"
ROUTES: list[Route] = [
    ("partners", Partners, "partners"),
    *discovery.routes(),
    (f"{CATALOG}/(?P<kind>[a-z0-9_-]+)", CatalogItems, "catalog-items"),
    (CATALOG, Catalogs, "catalogs"),
    ("connections", Connections, "connections"),
    ("automations", Automations, "automations"),
    ("leads", Leads, "leads"),
    ("deals/(?P<deal>[0-9]+)/explain", Explanations, "deal-explanations"),
    ("inbox", Inbox, "inbox"),
    ("outbox", Outbox, "outbox"),
    ("exchanges", Exchanges, "exchanges"),
]
