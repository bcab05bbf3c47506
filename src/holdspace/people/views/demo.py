"""In a demo, time can be let pass; a real clinic has no such page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from holdspace.people import clock


@require_POST
def let_time_pass(request: HttpRequest) -> HttpResponse:
    """Move the demo's clock forward by one of the offered steps and go back to the page."""
    if not settings.HOLDSPACE_DEMO:
        raise Http404
    try:
        clock.move_forward(int(request.POST.get("minutes", "")))
    except ValueError as problem:
        return HttpResponse(str(problem), status=400, content_type="text/plain")
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "/")
