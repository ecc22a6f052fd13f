"""Files that people put into image and attachment fields."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scoping import ScopedModel


def random_place(file: StoredFile, _name: str) -> str:
    """Where a file lies below MEDIA_ROOT: by its account, under a name that nobody can guess."""
    return f"{file.account_id}/{secrets.token_hex(20)}"


class StoredFile(ScopedModel):
    """A file as it came; `content_type` is read from an image's bytes, else application/octet-stream.

    Written once by funnels.services.files; it leaves through views that check the account.
    """

    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(_("file"), upload_to=random_place, max_length=120)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )
    origin = models.CharField(max_length=40, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether it was verified as one of the image formats that fields take."""
        return self.content_type.startswith("image/")
