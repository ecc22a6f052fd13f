"""What happened: interaction records, tasks, and the journal of changes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scoping import ScopedModel, VersionedModel
from funnels.models.board import Deal
from funnels.models.people import Company, Person


class InteractionRecord(VersionedModel):
    """A contact that took place, on a person, a deal or both (M33).

    `source` is the partner's own id for it, unique in the account, so nothing is recorded twice.
    """

    class Type(models.TextChoices):
        SIMPLE = "simple", _("Simple record")
        PHONE = "phone", _("Phone record")
        EMAIL = "email", _("E-mail record")
        WHATSAPP = "whatsapp", _("WhatsApp record")
        MEETING = "meeting", _("Meeting record")

    type = models.CharField(_("type"), max_length=10, choices=Type.choices, default=Type.SIMPLE)
    text = models.TextField(_("text"), blank=True)
    occurred_at = models.DateTimeField(_("when"))
    author = models.CharField(_("by"), max_length=160, blank=True)
    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, null=True, blank=True, related_name="interactions"
    )
    deal = models.ForeignKey(
        Deal, on_delete=models.CASCADE, null=True, blank=True, related_name="interactions"
    )
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, null=True, blank=True, related_name="interactions"
    )
    origin = models.CharField(max_length=40, editable=False)
    source = models.CharField(max_length=160, null=True, blank=True, editable=False)  # noqa: DJ001  # NULL is not unique, "" would be

    class Meta(VersionedModel.Meta):
        verbose_name = _("interaction record")
        verbose_name_plural = _("interaction records")
        indexes = [models.Index(fields=["deal", "-occurred_at"], name="interaction_of_deal")]
        constraints = [models.UniqueConstraint(fields=["account", "source"], name="interaction_source_once")]

    def __str__(self) -> str:
        return f"{self.get_type_display()} · {self.occurred_at:%Y-%m-%d}"


class Task(VersionedModel):
    """Something somebody has to do, usually for a deal; `source` keeps the engine from asking twice."""

    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks")
    assignee = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assignee")
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    origin = models.CharField(max_length=40, editable=False)
    source = models.CharField(max_length=160, null=True, blank=True, editable=False)  # noqa: DJ001  # NULL is not unique, "" would be

    class Meta(VersionedModel.Meta):
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [models.UniqueConstraint(fields=["account", "source"], name="task_source_once")]

    def __str__(self) -> str:
        return self.title


class TaskResponsible(ScopedModel):
    """One more person responsible for a task (S3, Tarefas: “Responsáveis”)."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="responsibles")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopedModel.Meta):
        verbose_name = _("responsible person")
        verbose_name_plural = _("responsible persons")
        constraints = [models.UniqueConstraint(fields=["task", "user"], name="task_responsible_once")]

    def __str__(self) -> str:
        return f"{self.task} · {self.user}"


class CheckIn(ScopedModel):
    """Somebody arrived or left, for a task or an interaction record; written once (S3, Tarefas).

    `distance` in metres from where the client is, None where nobody knows; `outside` of the account's radius.
    """

    class Kind(models.TextChoices):
        IN = "in", _("Check-in")
        OUT = "out", _("Check-out")

    task = models.ForeignKey(Task, on_delete=models.CASCADE, null=True, blank=True, related_name="check_ins")
    record = models.ForeignKey(
        InteractionRecord, on_delete=models.CASCADE, null=True, blank=True, related_name="check_ins"
    )
    kind = models.CharField(_("kind"), max_length=3, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("at"))
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    accuracy = models.PositiveIntegerField(_("accuracy in metres"), null=True, blank=True)
    distance = models.PositiveIntegerField(_("distance in metres"), null=True, blank=True)
    outside = models.BooleanField(_("outside the radius"), default=False)

    class Meta(ScopedModel.Meta):
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(task__isnull=False, record__isnull=True)
                | models.Q(task__isnull=True, record__isnull=False),
                name="check_in_of_one",
            ),
            models.UniqueConstraint(fields=["task", "kind", "user"], name="check_in_of_task_once"),
            models.UniqueConstraint(fields=["record", "kind", "user"], name="check_in_of_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class Change(ScopedModel):
    """One line of the journal: what a service changed, before and after, and by whom; never edited.

    `deal` is the card it shows on; `fields` maps a field to [before, after].
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        MOVED = "moved", _("moved")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        REOPENED = "reopened", _("reopened")
        DELETED = "deleted", _("deleted")

    entity = models.CharField(max_length=24)
    entity_id = models.BigIntegerField()
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, blank=True, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fields = models.JSONField(default=dict)
    origin_kind = models.CharField(max_length=12)
    origin_id = models.BigIntegerField(null=True, blank=True)
    origin_label = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["deal", "id"], name="change_of_deal"),
            models.Index(fields=["account", "-id"], name="change_latest"),
            models.Index(fields=["entity", "entity_id", "id"], name="change_of_entity"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.entity_id} {self.kind}"
