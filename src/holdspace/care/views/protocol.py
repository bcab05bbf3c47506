"""The protocol as a clinician reads it: every value with its source, grade and signature."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care.forms import SignProtocolForm
from holdspace.care.models import ProtocolVersion
from holdspace.core import protocol as core_protocol
from holdspace.people.access import May
from holdspace.people.guard import requires


@requires(May.SEE_PROTOCOL)
def protocols(request: HttpRequest) -> HttpResponse:
    """The versions this clinic holds, and whether its director has signed them."""
    actor = request.actor
    rows = ProtocolVersion.objects.of(actor.clinic).prefetch_related("signatures__by__user")
    return render(request, "care/protocols.html", {"rows": rows.order_by("name", "-recorded_at")})


@requires(May.SEE_PROTOCOL)
def protocol(request: HttpRequest, protocol_id: UUID) -> HttpResponse:
    """One version: all values, what awaits a signature, the signature itself."""
    actor, now = request.actor, request.now
    row = ProtocolVersion.objects.of(actor.clinic).filter(pk=protocol_id).first()
    if row is None:
        raise Http404
    may_sign = actor.may(May.SIGN_PROTOCOL, now)
    meaning = _("I approve this protocol for my clinic, with the values listed as unsigned")
    form = SignProtocolForm(request.POST or None, request=request, meaning=meaning)
    if request.method == "POST":
        if not may_sign:
            raise Http404
        if form.is_valid():
            actions.sign_protocol(protocol=row, signature=form.signature, by=actor, now=now)
            messages.success(request, _("Signed. Courses can be opened on this version."))
            return redirect("care:protocol", row.id)
    loaded = core_protocol.load(row.text)
    sections: dict[str, list] = {}
    for setting in loaded.settings.values():
        sections.setdefault(setting.path.split(".")[0], []).append(setting)
    context = {
        "row": row,
        "protocol": loaded,
        "sections": sections,
        "unsigned": loaded.unsigned,
        "signatures": row.signatures.select_related("by__user"),
        "may_sign": may_sign,
        "form": form,
        "meaning": meaning,
    }
    return render(request, "care/protocol.html", context)
