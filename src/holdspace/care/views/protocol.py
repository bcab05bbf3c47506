"""The protocol as a clinician reads it: every value with its source, grade and signature."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care.forms import AdoptForm, SignProtocolForm
from holdspace.care.models import ProtocolVersion
from holdspace.care.shipped import newest_default, protocol_names, protocol_text
from holdspace.core import protocol as core_protocol
from holdspace.core.protocol_schema import SETTINGS
from holdspace.people.access import May
from holdspace.people.guard import requires

TEXT_BYTES_MAX = 1_000_000


@requires(May.SEE_PROTOCOL)
def protocols(request: HttpRequest) -> HttpResponse:
    """The versions this clinic holds; its director takes a shipped one or the clinic's own."""
    actor, now = request.actor, request.now
    may_adopt = actor.may(May.SIGN_PROTOCOL, now)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = AdoptForm(*sent, shipped=protocol_names())
    problems: tuple[object, ...] = ()
    if request.method == "POST":
        if not may_adopt:
            raise Http404
        if form.is_valid():
            try:
                row = actions.adopt_protocol(
                    clinic=actor.clinic, text=_text(form), by=actor, now=now
                )
            except core_protocol.ProtocolError as refused:
                problems = refused.problems
            else:
                messages.success(request, _("Taken. Read it, then sign it."))
                return redirect("care:protocol", row.id)
    rows = ProtocolVersion.objects.of(actor.clinic).prefetch_related("signatures__by__user")
    context = {
        "rows": rows.order_by("name", "-recorded_at"),
        "form": form,
        "may_adopt": may_adopt,
        "problems": problems,
    }
    return render(request, "care/protocols.html", context)


def _text(form: AdoptForm) -> str:
    sent = form.cleaned_data["file"]
    if sent is None:
        return protocol_text(form.cleaned_data["shipped"])
    return sent.read(TEXT_BYTES_MAX).decode("utf-8", errors="replace")


def _read(row: ProtocolVersion) -> core_protocol.Protocol:
    """A text as a course that is pinned to it would read it today."""
    return core_protocol.load(row.text, pinned=True, fallback=newest_default(row.name))


@requires(May.SEE_PROTOCOL)
def compare(request: HttpRequest, before_id: UUID, after_id: UUID) -> HttpResponse:
    """Two versions of this clinic, value by value."""
    held = ProtocolVersion.objects.of(request.actor.clinic).in_bulk([before_id, after_id])
    if len(held) != 2:
        raise Http404
    before, after = held[before_id], held[after_id]
    changes = core_protocol.diff(_read(before), _read(after))
    context = {"before": before, "after": after, "changes": changes}
    return render(request, "care/compare.html", context)


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
    loaded = _read(row)
    sections: dict[str, list] = {}
    for setting in loaded.settings.values():
        name = setting.path.split(".")[0]
        section = "PDMP" if name == "pdmp" else name.replace("_", " ").capitalize()
        sections.setdefault(section, []).append((SETTINGS[setting.path].label, setting))
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
