"""The only writers of the CRM's tables; each takes `origin=` and tells `changed` inside its transaction."""

from funnels.services.checklist import mark_checklist_item, pending_checklist
from funnels.services.deals import (
    create_deal,
    delete_deal,
    lose_deal,
    move_deal,
    reopen_deal,
    set_related_contacts,
    set_system_fields,
    update_deal,
    win_deal,
)
from funnels.services.history import complete_task, create_task, log_interaction
from funnels.services.journal import ChecklistPending, NotAllowed
from funnels.services.people import (
    EmailTaken,
    create_company,
    create_person,
    delete_person,
    person_by_email,
    update_company,
    update_person,
)
from funnels.services.setup import (
    add_checklist_item,
    add_loss_reason,
    add_stage,
    create_funnel,
    delete_loss_reason,
    ensure_custom_field,
    rename,
)

__all__ = [
    "ChecklistPending",
    "EmailTaken",
    "NotAllowed",
    "add_checklist_item",
    "add_loss_reason",
    "add_stage",
    "complete_task",
    "create_company",
    "create_deal",
    "create_funnel",
    "create_person",
    "create_task",
    "delete_deal",
    "delete_loss_reason",
    "delete_person",
    "ensure_custom_field",
    "log_interaction",
    "lose_deal",
    "mark_checklist_item",
    "move_deal",
    "pending_checklist",
    "person_by_email",
    "rename",
    "reopen_deal",
    "set_related_contacts",
    "set_system_fields",
    "update_company",
    "update_deal",
    "update_person",
    "win_deal",
]
