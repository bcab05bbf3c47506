"""Pages that put something into the register; a refusal is shown with its findings, text kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from holdspace.care.actions import WrongInput, discard_draft
from holdspace.care.typed import say_wrong
from holdspace.care.web import show_finding
from holdspace.core.decision import Finding
from holdspace.core.ledger import DoseType
from holdspace.people import actions as people
from holdspace.people.access import May
from holdspace.people.guard import requires
from holdspace.people.models import Membership, Site
from holdspace.people.signing import SignatureRefused
from holdspace.pharmacy import actions, books, hatch
from holdspace.pharmacy.actions import Delivery, Label
from holdspace.pharmacy.catalogue import shipped
from holdspace.pharmacy.forms import (
    CorrectForm,
    CountForm,
    ProductForm,
    ReceiveForm,
    SyringeForm,
    WasteForm,
)
from holdspace.pharmacy.models import Movement, Product, mg_text
from holdspace.pharmacy.views.pages import show_line

RECEIVE_DRAFT = "register-receive"
CHECKED = "I checked this delivery with my colleague."


def _site(request: HttpRequest) -> Site:
    """The address whose register is written; a clinic with several says which (?site=)."""
    actor: Membership = request.actor  # type: ignore[attr-defined]
    sites = actor.clinic.sites.order_by("name")
    wanted = request.GET.get("site")
    found = sites.filter(pk=wanted).first() if wanted else sites.first()
    if found is None:
        raise Http404
    return found


def _stops(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [show_finding(f, names={}) for f in findings if not f.passes]


def _choices(clinic: object) -> list[tuple[str, str]]:
    """Products the clinic knows, then the shipped list: NDC, strength and size together."""
    known = {p.ndc_key: p for p in Product.objects.of(clinic).order_by("drug", "ndc")}
    found = [(key, f"{p.ndc} · {p} · {p.size}") for key, p in known.items()]
    for key, listed in shipped().items():
        if key not in known:
            strength = mg_text(listed.concentration_ug_per_ml)
            words = (
                f"{listed.ndc} · {listed.drug} {strength} mg/mL · {mg_text(listed.nominal_ul)} mL"
            )
            found.append((key, words))
    return found


@requires(May.HANDLE_REGISTER)
def receive(request: HttpRequest) -> HttpResponse:
    """A delivery of one lot becomes one row for each container."""
    actor, now, site = request.actor, request.now, _site(request)  # type: ignore[attr-defined]
    form = ReceiveForm(request.POST or None, products=_choices(actor.clinic))
    stops: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = {name: data[name] for name in Delivery.__dataclass_fields__}
        try:
            second = _second(request, data["second_email"], data["second_password"])
            made = actions.receive(
                delivery=Delivery(**fields), site=site, by=actor, now=now, second=second
            )
        except WrongInput as error:
            say_wrong(form, error)
        except SignatureRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            if made.allowed and made.receipt:
                discard_draft(key=request.POST.get("draft_key", RECEIVE_DRAFT), by=actor)
                messages.success(request, _("Received. Mark each container with its four signs."))
                return redirect("pharmacy:receipts")
            stops = _stops(made.findings)
    context = {"form": form, "site": site, "stops": stops, "draft": RECEIVE_DRAFT}
    return render(request, "pharmacy/receive.html", context)


def _second(request: HttpRequest, email: str, password: str) -> Membership | None:
    if not email:
        return None
    second, _signature = people.second_person(
        first=request.actor,  # type: ignore[attr-defined]
        email=email,
        password=password,
        meaning=CHECKED,
        now=request.now,  # type: ignore[attr-defined]
        request=request,
    )
    return second


@requires(May.HANDLE_REGISTER)
def product(request: HttpRequest) -> HttpResponse:
    """A product that is not listed, as its carton says."""
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        strength, size = int(data["strength"] * 1000), data["size"]
        liquid = data["kind"] == "liquid"
        if not liquid and size != size.to_integral_value():
            form.add_error("size", _("Units are whole. Accepted: a whole number."))
            return render(request, "pharmacy/product.html", {"form": form})
        label = Label(
            ndc=data["ndc"],
            drug=data["drug"],
            form="solution" if liquid else "units",
            concentration_ug_per_ml=strength if liquid else 0,
            nominal_ul=int(size * 1000) if liquid else 0,
            ug_per_unit=0 if liquid else strength,
            nominal_units=0 if liquid else int(size),
            dose_type=DoseType(data["dose_type"]),
            beyond_use_days=data["beyond_use_days"],
        )
        try:
            actions.add_product(
                label=label, site=_site(request), by=request.actor, now=request.now  # type: ignore[attr-defined]
            )  # fmt: skip
        except WrongInput as error:
            say_wrong(form, error)
        else:
            messages.success(request, _("Added. It can be received now."))
            return redirect("pharmacy:receive")
    return render(request, "pharmacy/product.html", {"form": form})


@requires(May.GIVE_DOSE, May.HANDLE_REGISTER)
def syringe(request: HttpRequest, draw_id: UUID, act: str) -> HttpResponse:
    """Resolve what is still drawn up: waste it before a second person, put it back, or lost."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    if act not in ("waste", "return", "lost"):
        raise Http404
    draws = Movement.objects.of(actor.clinic).filter(pk=draw_id)
    row = get_object_or_404(draws.select_related("session__course", "session__patient", "patient"))
    found = books.syringe(draw_id)
    if found is None:
        raise Http404
    form: forms.Form = (
        WasteForm(request.POST or None, request=request)
        if act == "waste"
        else SyringeForm(request.POST or None)
    )
    stops: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        moved = _resolve(request, act, row, form)
        if moved.allowed:
            messages.success(request, _("It is in the register."))
            return redirect("pharmacy:vial", row.vial_id)
        stops = _stops(moved.findings)
    context = {
        "form": form,
        "act": act,
        "row": found.row,
        "mark": found.row.id.hex[-6:].upper(),
        "left_mg": mg_text(found.left_ug),
        "stops": stops,
        "now": now,
    }
    return render(request, "pharmacy/syringe.html", context)


def _resolve(request: HttpRequest, act: str, row: Movement, form: Any) -> hatch.Moved:
    assert row.session is not None, "a draw has its session"
    now = request.now  # type: ignore[attr-defined]
    common: dict[str, Any] = {
        "preparation": actions.preparation_value(row, now),
        "session": row.session,
        "milligrams": Decimal(form.cleaned_data["milligrams"]),
        "by": request.actor,  # type: ignore[attr-defined]
        "reason": form.cleaned_data["reason"],
        "now": now,
    }
    if act == "waste":
        return hatch.waste(**common, witness=form.second, witness_signature=form.second_signature)
    return hatch.return_unused(**common) if act == "return" else hatch.lose(**common)


@requires(May.HANDLE_REGISTER)
def correct(request: HttpRequest, movement_id: UUID) -> HttpResponse:
    """Take one wrong line back by its reverse, before a second person."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    rows = Movement.objects.of(actor.clinic).select_related("vial__product", "by__user")
    row = get_object_or_404(rows, pk=movement_id)
    form = CorrectForm(request.POST or None, request=request)
    stops: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        assert form.second is not None and form.second_signature is not None
        moved = actions.correct(
            movement=row,
            reason=form.cleaned_data["reason"],
            by=actor,
            witness=form.second,
            witness_signature=form.second_signature,
            now=now,
        )
        if moved.allowed:
            messages.success(request, _("The line is taken back. Both stay in the register."))
            return redirect("pharmacy:vial", row.vial_id)
        stops = _stops(moved.findings)
    context = {"form": form, "line": show_line(row), "row": row, "stops": stops}
    return render(request, "pharmacy/correct.html", context)


@requires(May.HANDLE_REGISTER)
def new_count(request: HttpRequest) -> HttpResponse:
    """Count what is there without seeing the books; the differences are shown once it is kept."""
    actor, now, site = request.actor, request.now, _site(request)  # type: ignore[attr-defined]
    held = books.held(actor.clinic, site, not_empty=True)
    containers = [
        (str(h.vial.pk), h.vial.label, "units" if h.vial.product.ug_per_unit else "mL")
        for h in held
    ]
    form = CountForm(request.POST or None, containers=containers)
    if request.method == "POST" and form.is_valid():
        counted = {h.vial.pk: _counted_ug(h, form.cleaned_data[str(h.vial.pk)]) for h in held}
        try:
            made = actions.count(site=site, counted_ug=counted, by=actor, now=now)
        except WrongInput as error:
            say_wrong(form, error)
        else:
            discard_draft(key=request.POST.get("draft_key", ""), by=actor)
            return redirect("pharmacy:count", made.count.pk)
    return render(request, "pharmacy/new_count.html", {"form": form, "site": site, "held": held})


def _counted_ug(held: books.Held, amount: Decimal | None) -> int | None:
    """Micrograms of a counted volume or number of units; None for what was left empty."""
    if amount is None:
        return None
    product = held.vial.product
    each = product.ug_per_unit or product.concentration_ug_per_ml
    return int(amount * each)
