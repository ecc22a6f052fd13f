"""The engine's and the connections' tables."""

from integrations.models.automation import Automation, AutomationRun, WorkflowRun
from integrations.models.catalog import CatalogItem, CatalogShelf, LinkedUser
from integrations.models.connection import Connection
from integrations.models.delivery import Arrival, Delivery, PollCursor
from integrations.models.endpoint import EventDelivery, OutgoingEvent, WebhookEndpoint
from integrations.models.enrollment import Enrollment, Lead
from integrations.models.exchange import Exchange, SyncEvent
from integrations.models.lane import Heartbeat, Lane
from integrations.models.outbox import OutboxAction
from integrations.models.pace import PaceWindow

__all__ = [
    "Arrival",
    "Automation",
    "AutomationRun",
    "CatalogItem",
    "CatalogShelf",
    "Connection",
    "Delivery",
    "Enrollment",
    "EventDelivery",
    "Exchange",
    "Heartbeat",
    "Lane",
    "Lead",
    "LinkedUser",
    "OutboxAction",
    "OutgoingEvent",
    "PaceWindow",
    "PollCursor",
    "SyncEvent",
    "WebhookEndpoint",
    "WorkflowRun",
]
