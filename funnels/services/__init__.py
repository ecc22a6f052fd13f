"""The only writers of the CRM's tables; each takes `origin=` and tells `changed` inside its transaction."""

from funnels.services.check_ins import check_in, client_of, place_of, set_place
from funnels.services.checklist import (
    before,
    checklist_of,
    earliest,
    mark_checklist_item,
    missing,
    pending_checklist,
)
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
from funnels.services.erasing import erase_person
from funnels.services.files import MOST_BYTES, refuse_file, store_file
from funnels.services.history import complete_task, create_task, log_interaction
from funnels.services.identity import ensure_company, ensure_person, make_contact
from funnels.services.journal import ChecklistPending, NotAllowed
from funnels.services.people import (
    EmailTaken,
    ErasedBefore,
    create_company,
    create_person,
    delete_company,
    delete_person,
    person_by_email,
    update_company,
    update_person,
)
from funnels.services.products import (
    BIGGEST_QUANTITY,
    Line,
    create_product,
    delete_product,
    set_deal_products,
    update_product,
)
from funnels.services.requirements import MOST as MOST_REQUIREMENTS
from funnels.services.requirements import add_requirement, delete_requirement, unmet, update_requirement
from funnels.services.responsibles import MOST_RESPONSIBLES
from funnels.services.setup import (
    FieldExists,
    add_checklist_item,
    add_loss_reason,
    add_stage,
    create_custom_field,
    create_funnel,
    delete_loss_reason,
    ensure_custom_field,
    rename,
    update_custom_field,
)
from funnels.services.tasks import delete_task, update_task

__all__ = [
    "BIGGEST_QUANTITY",
    "MOST_BYTES",
    "MOST_REQUIREMENTS",
    "MOST_RESPONSIBLES",
    "ChecklistPending",
    "EmailTaken",
    "ErasedBefore",
    "FieldExists",
    "Line",
    "NotAllowed",
    "add_checklist_item",
    "add_loss_reason",
    "add_requirement",
    "add_stage",
    "before",
    "check_in",
    "checklist_of",
    "client_of",
    "complete_task",
    "create_company",
    "create_custom_field",
    "create_deal",
    "create_funnel",
    "create_person",
    "create_product",
    "create_task",
    "delete_company",
    "delete_deal",
    "delete_loss_reason",
    "delete_person",
    "delete_product",
    "delete_requirement",
    "delete_task",
    "earliest",
    "ensure_company",
    "ensure_custom_field",
    "ensure_person",
    "erase_person",
    "log_interaction",
    "lose_deal",
    "make_contact",
    "mark_checklist_item",
    "missing",
    "move_deal",
    "pending_checklist",
    "person_by_email",
    "place_of",
    "refuse_file",
    "rename",
    "reopen_deal",
    "set_deal_products",
    "set_place",
    "set_related_contacts",
    "set_system_fields",
    "store_file",
    "unmet",
    "update_company",
    "update_custom_field",
    "update_deal",
    "update_person",
    "update_product",
    "update_requirement",
    "update_task",
    "win_deal",
]
