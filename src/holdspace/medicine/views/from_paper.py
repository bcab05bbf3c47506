"""The sheet that was written while the screens were dark, copied into the chart afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from holdspace.care.actions import WrongInput
from holdspace.care.models import Session
from holdspace.care.typed import say_wrong
from holdspace.core.facts import Route
from holdspace.medicine import actions, answers
from holdspace.medicine import envelope as envelopes
from holdspace.medicine.paper_forms import DOSES, LINES, DoseForm, LineForm, SheetForm
from holdspace.medicine.views.session import banner_of
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.models import Membership, key_or_none
from holdspace.people.staff import working_in

OPEN_LINES = 5  # the others are folded away


def from_paper(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Chart a whole sheet at once, each line at the time that stands on it; once, however sent."""
    session = session_of(request, session_id, May.OBSERVE)
    sheet = _Sheet(request, session)
    if request.method == "POST" and sheet.is_valid():
        try:
            sent = _copy(request, session, sheet)
        except WrongInput as error:
            say_wrong(sheet.head, error)
        else:
            if sent.is_charted:
                answers.say(request, sent.row.said)
                return redirect("medicine:session", session_id=session.id)
            sheet.head.add_error(None, answers.other_body())
    context = {
        "session": session,
        "person": banner_of(session.course, request.now),  # type: ignore[attr-defined]
        "head": sheet.head,
        "doses": sheet.doses,
        "open_lines": [line for n, line in enumerate(sheet.lines) if sheet.is_open(n, line)],
        "more_lines": [line for n, line in enumerate(sheet.lines) if not sheet.is_open(n, line)],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "medicine/from_paper.html", context, status=status)


class _Sheet:
    """The forms of one sheet; the day of the sheet is read first, since every line hangs on it."""

    def __init__(self, request: HttpRequest, session: Session) -> None:
        data = request.POST if request.method == "POST" else None
        clinic, now = session.course.clinic, request.now  # type: ignore[attr-defined]
        first = {"on": clinic.day(session.opened_at).isoformat(), "entry": uuid4()}
        self.head = SheetForm(data, initial=first)
        self.on = self.head.cleaned_data.get("on") if data and self.head.is_valid() else None
        staff = [(str(m.id), m.signed_name) for m in working_in(clinic, now)]
        common: dict[str, Any] = {"on": self.on, "zone": clinic.zone}
        self.lines = [LineForm(data, prefix=f"l{n}", now=now, **common) for n in range(LINES)]
        common |= {"staff": staff, "own": Route(session.course.route)}
        self.doses = [DoseForm(data, prefix=f"d{n}", **common) for n in range(DOSES)]

    def is_valid(self) -> bool:
        if not self.head.is_valid():
            return False
        filled = self.filled_lines + self.filled_doses
        if not filled:
            self.head.add_error(None, "Nothing was entered. Accepted: at least one line.")
        return bool(filled) and [form.is_valid() for form in filled].count(False) == 0

    @property
    def filled_lines(self) -> list[Any]:
        return [form for form in self.lines if form.is_filled]

    @property
    def filled_doses(self) -> list[Any]:
        return [form for form in self.doses if form.is_filled]

    def is_open(self, number: int, line: LineForm) -> bool:
        return number < OPEN_LINES or line.is_filled


def _copy(request: HttpRequest, session: Session, sheet: _Sheet) -> actions.Sent:
    now: datetime = request.now  # type: ignore[attr-defined]
    by: Membership = request.actor  # type: ignore[attr-defined]
    envelope = envelopes.of(request, "from-paper", session, now)
    assert envelope is not None, "the sheet has its id, or its form was not valid"
    lines = [form.line() for form in sheet.filled_lines]
    doses = [_dose(form.cleaned_data, session) for form in sheet.filled_doses]
    return actions.once(
        session=session, envelope=envelope, by=by, now=now,
        act=lambda: actions.copy_from_paper(
            session=session, lines=lines, doses=doses, by=by, now=now
        ),
        said=lambda rows: "The sheet is copied. Each line stands at its own time.",
    )  # fmt: skip


def _dose(data: dict[str, Any], session: Session) -> actions.PaperDose:
    key = key_or_none(data["given_by"])
    giver = Membership.objects.get(clinic_id=session.clinic_id, pk=key)
    return actions.PaperDose(data["at"], data["milligrams"], giver, data["words"], data["route"])
