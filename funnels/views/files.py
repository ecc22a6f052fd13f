"""The way out for files of image and attachment fields."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.middleware import policy
from accounts.portal import PortalRequest
from funnels.models import StoredFile
from funnels.views.answers import screen
from funnels.visibility import file_seen


@screen()
def file(request: PortalRequest, file_id: int) -> HttpResponse:
    """The account's file as a download; 404 for everybody else's, and for one of cards that are not seen."""
    row = get_object_or_404(StoredFile.objects.of(request.account), pk=file_id)
    if not file_seen(request.membership, row):
        raise Http404
    return download(row)  # type: ignore[return-value]  # a streaming answer


def download(row: StoredFile) -> FileResponse:
    """The bytes, so that no browser opens them as a page of ours; 404 where they are gone from the disk."""
    try:
        content = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(content, as_attachment=True, filename=row.name, content_type=row.content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = policy(default_src="'none'", script_src="'none'", sandbox="")
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
