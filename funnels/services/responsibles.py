"""Who else is responsible for a task, and who therefore sees it (S3, Tarefas)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.module_settings import settings_of
from funnels.models import Task, TaskResponsible
from funnels.services.journal import NotAllowed, same_member

MOST_RESPONSIBLES = 50


def set_responsibles(*, task: Task, users: Sequence[User]) -> tuple[list[int], list[int]]:
    """Replaces them inside the caller's transaction; returns the ids before and after, in order.

    Raises NotAllowed while the field is off, for more than MOST_RESPONSIBLES, and for a new one who is no
    active member.
    """
    known = set(
        TaskResponsible.objects.of(task.account_id).filter(task=task).values_list("user_id", flat=True)
    )
    wanted = {user.pk: user for user in users}
    if known == set(wanted):
        return sorted(known), sorted(known)
    if not settings_of(task.account_id)["tasks"]["responsibles"]:
        raise NotAllowed(_("The field “Responsibles” is off in this account: see the module “Tasks”."))
    if len(wanted) > MOST_RESPONSIBLES:
        raise NotAllowed(_("A task has %(most)s responsibles at most.") % {"most": MOST_RESPONSIBLES})
    for pk, user in wanted.items():
        if pk not in known:
            same_member(task.account_id, user)
    TaskResponsible.unscoped.filter(task=task).exclude(user_id__in=wanted).delete()
    TaskResponsible.unscoped.bulk_create(
        TaskResponsible(account_id=task.account_id, task=task, user_id=pk) for pk in wanted if pk not in known
    )
    return sorted(known), sorted(wanted)
