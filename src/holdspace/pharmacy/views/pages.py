"""What an inspector, a custodian or a nurse reads: one page from the invoice to the person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from holdspace.care.models import Task
from holdspace.core.codes import Code
from holdspace.core.ledger import Act
from holdspace.core.words import WORDS
from holdspace.people.access import May
from holdspace.people.guard import log_list, requires
from holdspace.people.models import Clinic, Membership
from holdspace.pharmacy import books
from holdspace.pharmacy.actions import DISCREPANCY, stream_of
from holdspace.pharmacy.models import Count, Movement, Receipt, Vial, mg_text
from holdspace.records.models import AccessWhat, Entry

ACT_WORDS: dict[Act | None, str] = {
    Act.RECEIVE: "received",
    Act.DRAW: "drawn up",
    Act.GIVE: "given",
    Act.WASTE: "wasted",
    Act.PUT_BACK: "put back",
    Act.LOSE: "lost",
    Act.WASTE_RESIDUE: "residue wasted",
    Act.DESTROY: "destroyed",
    Act.TRANSFER: "transferred",
    Act.TAKE_OWN: "patient’s own",
    Act.CORRECT: "taken back",
}
_RELATED = ("vial__product", "by__user", "witness__user", "session", "patient", "corrected_by")


def show_line(row: Movement) -> dict[str, Any]:
    """One movement in words; amounts as mg and mL (or units) without rounding."""
    volume = f"{row.units} units" if row.units else f"{mg_text(row.microlitres)} mL"
    return {
        "row": row,
        "word": ACT_WORDS[books.as_core(row).act],
        "mg": mg_text(row.micrograms),
        "volume": volume,
        "late": abs((row.recorded_at - row.at).total_seconds()) >= 60,
    }


def running(rows: Iterable[Movement]) -> list[dict[str, Any]]:
    """The lines of one container with what was left in it after each."""
    left_ug, shown = 0, []
    for row in rows:
        left_ug += row.micrograms * ((row.target == books.SAFE) - (row.source == books.SAFE))
        volume = mg_text(left_ug * 1000 // (row.concentration_ug_per_ml or 1))
        units = left_ug // row.ug_per_unit if row.ug_per_unit else 0
        shown.append(
            show_line(row)
            | {
                "left_mg": mg_text(left_ug),
                "left": f"{units} units" if row.ug_per_unit else f"{volume} mL",
            }
        )
    return shown


def show_held(held: books.Held, clinic: Clinic, now: datetime) -> dict[str, Any]:
    rules = books.policy_without_people(clinic)
    until = books.usable_until(held.vial, held.opened, rules)
    strength = held.vial.product.concentration_ug_per_ml
    each = held.vial.product.ug_per_unit
    return {
        "vial": held.vial,
        "opened": held.opened,
        "until": until,
        "past": until < now,
        "left_mg": mg_text(held.safe_ug),
        "left": f"{held.safe_ug // each} units"
        if each
        else f"{mg_text(held.safe_ug * 1000 // strength)} mL",
        "drawn_mg": mg_text(held.drawn_ug) if held.drawn_ug else "",
    }


@requires(May.SEE_REGISTER)
def home(request: HttpRequest) -> HttpResponse:
    """What is open, what is owed an answer, what was done last, what was refused."""
    actor, now = _actor(request), _now(request)
    log_list(request, AccessWhat.REGISTER_VIEW, "register")
    held = books.held(actor.clinic, not_empty=True)
    sealed: dict[UUID, list[Vial]] = {}
    for each in held:
        if each.opened is None:
            sealed.setdefault(each.vial.receipt_id, []).append(each.vial)
    latest = Movement.objects.of(actor.clinic).select_related(*_RELATED)
    context = {
        "open_vials": [show_held(h, actor.clinic, now) for h in held if h.opened],
        "sealed": [(vials[0], vials) for vials in sealed.values()],
        "today": actor.clinic.day(now),
        "owed": [_owed(s) for s in books.syringes(_draws(actor), owed_only=True)],
        "lines": [show_line(row) for row in latest.order_by("-recorded_at", "-line", "-id")[:20]],
        "refused": _refused(actor),
        "discrepancies": _discrepancies(actor),
        "counts": Count.objects.of(actor.clinic).select_related("by__user").order_by("-at")[:3],
        "now": now,
    }
    return render(request, "pharmacy/home.html", context)


def _draws(actor: Membership) -> Any:
    return Movement.objects.of(actor.clinic)


def _owed(syringe: books.Syringe) -> dict[str, Any]:
    return {
        "syringe": syringe,
        "row": syringe.row,
        "mark": syringe.row.id.hex[-6:].upper(),
        "left_mg": mg_text(syringe.left_ug),
        "drawn_mg": mg_text(syringe.drawn_ug),
        "may_return": bool(syringe.row.ug_per_unit),
    }


def _discrepancies(actor: Membership) -> Any:
    open_now = Task.objects.of(actor.clinic).filter(kind=DISCREPANCY, closed_at=None)
    return open_now.select_related("owner__user").order_by("due_at")


def _refused(actor: Membership) -> list[dict[str, Any]]:
    """The last refusals from the register's streams, with their sentences."""
    streams = [stream_of(key) for key in actor.clinic.sites.values_list("pk", flat=True)]
    entries = Entry.objects.filter(
        clinic_id=actor.clinic_id, stream__in=streams, act__endswith="_refused"
    ).order_by("-at", "-seq")[:10]
    members = Membership.objects.filter(pk__in={e.actor_id for e in entries})
    names = {m.pk: m.signed_name for m in members.select_related("user")}
    return [
        {
            "at": entry.at,
            "act": entry.act.removesuffix("_refused").replace("_", " "),
            "by": names.get(entry.actor_id, ""),
            "why": [WORDS[Code(code)].sentence for code in json.loads(entry.body)["stops"]],
        }
        for entry in entries
    ]


@requires(May.SEE_REGISTER)
def vial(request: HttpRequest, vial_id: UUID) -> HttpResponse:
    """Every line of one container with its running balance: printable, from invoice to person."""
    actor, now = _actor(request), _now(request)
    held = books.held(actor.clinic, keys=[vial_id])
    if not held:
        raise Http404
    log_list(request, AccessWhat.REGISTER_VIEW, f"vial {held[0].vial.mark}")
    rows = Movement.objects.filter(vial_id=vial_id).select_related(*_RELATED, "corrected_by")
    context = {
        "held": show_held(held[0], actor.clinic, now),
        "vial": held[0].vial,
        "receipt": held[0].vial.receipt,
        "lines": running(rows.order_by("line")),
        "now": now,
    }
    return render(request, "pharmacy/vial.html", context)


@requires(May.SEE_REGISTER)
def receipts(request: HttpRequest) -> HttpResponse:
    """Deliveries with what 21 CFR 1304.22(c) asks of each, newest first."""
    actor = _actor(request)
    log_list(request, AccessWhat.REGISTER_VIEW, "receipts")
    rows = Receipt.objects.of(actor.clinic).select_related("product", "by__user", "second__user")
    page = Paginator(rows.order_by("-received_at", "-id"), 25).get_page(request.GET.get("page"))
    vials = Vial.objects.filter(receipt__in=[r.pk for r in page]).select_related("product")
    by_receipt: dict[UUID, list[Vial]] = {}
    for row in vials.order_by("number"):
        by_receipt.setdefault(row.receipt_id, []).append(row)
    shown = [(receipt, by_receipt.get(receipt.pk, [])) for receipt in page]
    return render(request, "pharmacy/receipts.html", {"shown": shown, "page": page})


@requires(May.SEE_REGISTER)
def count(request: HttpRequest, count_id: UUID) -> HttpResponse:
    """One count beside the books, the differences first."""
    row = get_object_or_404(Count.objects.of(_actor(request).clinic), pk=count_id)
    log_list(request, AccessWhat.REGISTER_VIEW, "count")
    lines = [
        {
            "vial": line.vial,
            "expected": mg_text(line.expected_ug),
            "counted": None if line.counted_ug is None else mg_text(line.counted_ug),
            "difference": mg_text(line.difference_ug) if line.difference_ug else "",
        }
        for line in row.lines.select_related("vial__product").order_by("id")
    ]
    lines.sort(key=lambda line: (line["counted"] is not None, not line["difference"]))
    off = sum(1 for line in lines if line["difference"] or line["counted"] is None)
    return render(request, "pharmacy/count.html", {"count": row, "lines": lines, "off": off})


def _actor(request: HttpRequest) -> Membership:
    actor: Membership = request.actor  # type: ignore[attr-defined]
    return actor


def _now(request: HttpRequest) -> datetime:
    now: datetime = request.now  # type: ignore[attr-defined]
    return now
