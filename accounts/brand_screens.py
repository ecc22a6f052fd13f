"""What the frame of every page loads of the account's own look: a stylesheet and images (S4)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts import brand_images, white_label
from accounts.middleware import policy
from accounts.models import BrandImage
from accounts.module_settings import settings_for
from accounts.portal import PortalRequest, page

FOR_EVER = "private, max-age=31536000, immutable"


@page()
@require_safe
def stylesheet(request: PortalRequest) -> HttpResponse:
    """?v= the colours' key: that very sheet may be kept for ever; any other is asked for again."""
    chosen = settings_for(request)[white_label.SLUG]
    answer = HttpResponse(white_label.stylesheet(chosen), content_type="text/css; charset=utf-8")
    same = request.GET.get("v", "") == white_label.key_of(chosen) != ""
    answer["Cache-Control"] = FOR_EVER if same else "no-store"
    answer["Vary"] = "Cookie"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@page()
@require_safe
def image(request: PortalRequest, image_id: int) -> HttpResponse:
    """A logo of the account; 404 for everybody else's. A row is written once, so it may be kept for ever."""
    row = get_object_or_404(BrandImage.objects.of(request.account), pk=image_id)
    content = brand_images.bytes_of(row)
    if content is None:
        raise Http404
    answer = HttpResponse(content, content_type=row.content_type)
    answer["Cache-Control"] = FOR_EVER
    answer["Vary"] = "Cookie"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = policy(default_src="'none'", script_src="'none'", sandbox="")
    return answer
