"""Private psychotherapy notes: their author's own page, and the release that two others sign.

Nothing here may be cached, searched by address or printed with the chart. The access log keeps
that a page was opened, never a word of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from holdspace.care import actions
from holdspace.care.actions import private
from holdspace.care.forms import (
    PrivateNoteForm,
    ReleaseAnswerForm,
    ReleaseReadForm,
    ReleaseRequestForm,
)
from holdspace.care.models import Course, NoteRelease, PrivateNote
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, log_list, requires
from holdspace.people.models import Membership, Patient, TeamMember
from holdspace.records import actions as records
from holdspace.records.models import AccessWhat


@dataclass(frozen=True, slots=True)
class Shown:
    """One note with its earlier versions; `struck` is the reason when it was struck."""

    newest: private.Opened
    earlier: tuple[private.Opened, ...]
    struck: str = ""
    struck_at: Any = None


@never_cache
@sensitive_post_parameters()
@sensitive_variables()
def private_notes(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """One's own private notes about a person: list, write, amend, strike, search."""
    course = course_or_404(request, course_id, May.WRITE_PRIVATE_NOTES, AccessWhat.NOTE_VIEW)
    actor, now = request.actor, request.now
    patient = course.patient
    if patient.is_restricted and not _on_team(actor, patient):
        raise Http404  # an emergency opens the chart and never a private note
    form, about = PrivateNoteForm(), None
    if request.method == "POST" and "search" not in request.POST:
        form = PrivateNoteForm(request.POST)
        about = _own(course, actor, request.POST.get("note", ""))
        if form.is_valid() and _kept(request, form, course, about):
            return redirect("care:private_notes", course.id)
    wanted = request.POST.get("q", "").strip() if "search" in request.POST else ""
    notes = shown(private.own_notes(course, actor))
    context = {
        "person": banner(patient, now),
        "course": course,
        "form": form,
        "about": about,
        "q": wanted,
        "notes": [n for n in notes if not wanted or _says(n, wanted)],
        "count": len(notes),
        "releases": NoteRelease.objects.of(course.clinic)
        .filter(patient=patient, author=actor)
        .select_related("by__user")
        .order_by("at"),
    }
    return render(request, "care/private_notes.html", context)


def _on_team(actor: Membership, patient: Patient) -> bool:
    return TeamMember.objects.filter(patient=patient, membership=actor, ended_at=None).exists()


def _own(course: Course, actor: Membership, key: str) -> PrivateNote | None:
    if not key:
        return None
    try:
        wanted = UUID(key)
    except ValueError:
        raise Http404 from None
    found = PrivateNote.objects.of(course.clinic).filter(course=course, by=actor, pk=wanted).first()
    if found is None:
        raise Http404
    return found


def _kept(
    request: HttpRequest, form: PrivateNoteForm, course: Course, about: PrivateNote | None
) -> bool:
    strikes = "strike" in request.POST
    try:
        private.write_private_note(
            course=course, text=form.cleaned_data["text"], amends=about, strike=strikes,
            by=request.actor, now=request.now,
        )  # fmt: skip
    except actions.WrongInput as wrong:
        form.add_error("text", in_words(wrong))
        return False
    messages.success(request, _("Struck.") if strikes else _("Kept. Only you can read it."))
    return True


def shown(notes: list[private.Opened]) -> list[Shown]:
    """Versions gathered into notes, the newest note first."""
    amended = {n.row.amends_id: n for n in notes if n.row.amends_id}
    found = []
    for first in (n for n in notes if n.row.amends_id is None):
        chain = [first]
        while chain[-1].row.id in amended:
            chain.append(amended[chain[-1].row.id])
        last = chain.pop() if chain[-1].row.strikes else None
        *earlier, newest = chain
        reason = (last.text or "") if last else ""
        when = last.row.written_at if last else None
        found.append(Shown(newest, tuple(reversed(earlier)), reason, when))
    return sorted(found, key=lambda n: n.newest.row.written_at, reverse=True)


def _says(note: Shown, wanted: str) -> bool:
    return wanted.casefold() in (note.newest.text or "").casefold()


# --- the release ----------------------------------------------------------------------------------


@never_cache
@requires(May.RELEASE_PRIVATE_NOTES)
def releases(request: HttpRequest) -> HttpResponse:
    """Every release that was asked for, and the form to ask for one."""
    actor, now = request.actor, request.now
    form = ReleaseRequestForm(
        request.POST or None,
        request=request,
        authors=_authors(actor),
        meaning=_("I ask for this release on the ground that I state"),
    )
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["person"]
        patient = Patient.objects.filter(clinic=actor.clinic, display_id__iexact=number).first()
        if patient is None:
            form.add_error("person", _("Nobody here has this number. Accepted: P-0042."))
        else:
            try:
                asked = private.ask_for_release(
                    patient=patient,
                    author=Membership.objects.get(
                        clinic=actor.clinic, pk=form.cleaned_data["author"]
                    ),
                    ground=form.cleaned_data["ground"],
                    reason=form.cleaned_data["reason"],
                    signature=form.signature,
                    by=actor,
                    now=now,
                )
            except actions.WrongInput as wrong:
                say_wrong(form, wrong)
            else:
                messages.success(request, _("Asked. The author knows of it; the other answers."))
                return redirect("care:release", asked.id)
    log_list(request, AccessWhat.RECORD_VIEW, "releases of private notes")
    rows = NoteRelease.objects.of(actor.clinic).filter(request=None)
    rows = rows.select_related("patient", "author__user", "by__user").order_by("-at")
    context = {"form": form, "rows": [(row, _stands(row, now)) for row in rows]}
    return render(request, "care/releases.html", context)


def _authors(actor: Membership) -> list[tuple[str, str]]:
    """Everybody who ever kept private notes here, also those who have left."""
    rows = Membership.objects.filter(
        Q(pk__in=PrivateNote.objects.of(actor.clinic).values("by_id")), clinic=actor.clinic
    )
    return [(str(m.id), m.signed_name) for m in rows.select_related("user").order_by("user__name")]


def _stands(row: NoteRelease, now: Any) -> str:
    steps = {s.step: s for s in row.steps.all()}
    if NoteRelease.Step.READ in steps:
        return _("read once")
    answer = steps.get(NoteRelease.Step.APPROVED)
    if answer:
        return _("approved") if now <= answer.expires_at else _("approved, its time has passed")
    return _("refused") if NoteRelease.Step.REFUSED in steps else _("waits for an answer")


@never_cache
@sensitive_variables()
def release(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """One release: what was asked and answered; its author sees that, and two others act."""
    actor, now = actor_or_404(request), request.now
    rows = NoteRelease.objects.of(actor.clinic).filter(request=None)
    row = rows.select_related("patient", "author__user", "by__user").filter(pk=release_id).first()
    acts = actor.may(May.RELEASE_PRIVATE_NOTES, now)
    if row is None or not (acts or row.author_id == actor.id):
        raise Http404
    answer = row.answer()
    done = row.steps.filter(step=NoteRelease.Step.READ).select_related("by__user").first()
    others = acts and actor.id not in (row.author_id, row.by_id)
    may_answer = answer is None and others
    approved = answer is not None and answer.step == NoteRelease.Step.APPROVED
    may_read = bool(
        approved and not done and acts and actor.id == row.by_id and now <= answer.expires_at
    )
    form = _release_form(request, may_answer, may_read)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            if may_read:
                return _read_once(request, row, form)
            _answer(request, row, form)
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            return redirect("care:release", row.id)
    _log(request, row, AccessWhat.RECORD_VIEW, "a release of private notes")
    context = {
        "row": row, "answer": answer, "done": done, "form": form, "may_read": may_read,
        "may_answer": may_answer, "acts": acts,
    }  # fmt: skip
    return render(request, "care/release.html", context)


def _release_form(
    request: HttpRequest, may_answer: bool, may_read: bool
) -> ReleaseAnswerForm | ReleaseReadForm | None:
    if may_read:
        meaning = _("I read these notes once, on the ground that was approved")
        return ReleaseReadForm(request.POST or None, request=request, meaning=meaning)
    if may_answer:
        meaning = _("I looked at the ground myself; this is my answer")
        return ReleaseAnswerForm(request.POST or None, request=request, meaning=meaning)
    return None


def _answer(request: HttpRequest, row: NoteRelease, form: ReleaseAnswerForm) -> None:
    private.answer_release(
        release=row,
        approve=form.cleaned_data["answer"] == "approve",
        reason=form.cleaned_data["reason"],
        signature=form.signature,
        by=request.actor,
        now=request.now,
    )
    messages.success(request, _("Answered."))


def _read_once(request: HttpRequest, row: NoteRelease, form: ReleaseReadForm) -> HttpResponse:
    notes = private.read_release(
        release=row, signature=form.signature, by=request.actor, now=request.now
    )
    _log(request, row, AccessWhat.NOTE_VIEW, "read on release")
    return render(request, "care/release_read.html", {"row": row, "notes": shown(notes)})


def _log(request: HttpRequest, row: NoteRelease, what: AccessWhat, detail: str) -> None:
    records.log_access(
        by=request.actor,
        now=request.now,
        what=what,
        patient_id=row.patient_id,
        user_label=request.actor.name,
        detail=detail,
        ip=request.META.get("REMOTE_ADDR") or None,
        agent=request.headers.get("User-Agent", ""),
    )
