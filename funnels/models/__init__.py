"""The CRM's tables; only funnels.services writes them."""

from funnels.models.board import (
    ChecklistItem,
    ChecklistMark,
    Deal,
    Funnel,
    LossReason,
    RelatedContact,
    Requirement,
    Stage,
)
from funnels.models.fields import CustomField
from funnels.models.files import StoredFile
from funnels.models.history import Change, CheckIn, InteractionRecord, Task, TaskResponsible
from funnels.models.people import Company, Person, Phone
from funnels.models.products import DealProduct, Product

__all__ = [
    "Change",
    "CheckIn",
    "ChecklistItem",
    "ChecklistMark",
    "Company",
    "CustomField",
    "Deal",
    "DealProduct",
    "Funnel",
    "InteractionRecord",
    "LossReason",
    "Person",
    "Phone",
    "Product",
    "RelatedContact",
    "Requirement",
    "Stage",
    "StoredFile",
    "Task",
    "TaskResponsible",
]
