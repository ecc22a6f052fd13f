"""The CRM's tables; only funnels.services writes them."""

from funnels.models.board import (
    ChecklistItem,
    ChecklistMark,
    Deal,
    Funnel,
    LossReason,
    RelatedContact,
    Stage,
)
from funnels.models.fields import CustomField
from funnels.models.history import Change, InteractionRecord, Task
from funnels.models.people import Company, Person, Phone

__all__ = [
    "Change",
    "ChecklistItem",
    "ChecklistMark",
    "Company",
    "CustomField",
    "Deal",
    "Funnel",
    "InteractionRecord",
    "LossReason",
    "Person",
    "Phone",
    "RelatedContact",
    "Stage",
    "Task",
]
