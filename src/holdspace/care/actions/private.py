"""Private psychotherapy notes: written and read by their author alone; released by two others.

What is chained is that something was written or read, never a word of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care import secrecy
from holdspace.care.actions.facts import WrongInput, write
from holdspace.care.actions.tasks import open_task
from holdspace.care.models import Course, NoteRelease, PrivateNote
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.models import Membership, Patient
from holdspace.people.signing import Signature
from holdspace.people.staff import working_in

NOTE_CHARACTERS_MAX = 60_000
READ_WITHIN = timedelta(hours=72)  # clinic default, awaiting signature
ANSWER_WITHIN = timedelta(hours=72)
RELEASE_TASK = "note_release"


@dataclass(frozen=True, slots=True)
class Opened:
    """One note as its author reads it; `text` is None where its key is not on this machine."""

    row: PrivateNote
    text: str | None


@transaction.atomic
def write_private_note(
    *,
    course: Course,
    text: str,
    by: Membership,
    now: datetime,
    amends: PrivateNote | None = None,
    strike: bool = False,
) -> PrivateNote:
    """Keep a note, a new version of one's own note, or (`strike`) the reason why one was wrong.

    Raises WrongInput for somebody who keeps no private notes, an empty text, a note of somebody
    else, or one that is not the newest version.
    """
    if not by.may(May.WRITE_PRIVATE_NOTES, now):
        raise WrongInput("by", "Your role keeps no private notes.", "a therapist")
    text = text.strip()
    if not text:
        raise WrongInput("text", "There is nothing to keep.", "a few words")
    if len(text) > NOTE_CHARACTERS_MAX:
        limit = f"up to {NOTE_CHARACTERS_MAX} characters"
        raise WrongInput("text", "This is too long for one note.", limit)
    if amends is not None:
        _check_own_newest(amends, course, by)
    row = PrivateNote.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        version=amends.version + 1 if amends else 1,
        amends=amends,
        strikes=strike,
        written_at=now,
        by=by,
    )
    row.body = seal_for(by, text, bound_to=f"note:{row.id}")
    act = "private_note_struck" if strike else "private_note_written"
    return write(row, act=act, now=now)


def _check_own_newest(note: PrivateNote, course: Course, by: Membership) -> None:
    # Whoever amends holds the course: of two versions at once the second is told, not forked.
    Course.objects.select_for_update(of=("self",)).get(pk=course.pk)
    if note.by_id != by.id or note.course_id != course.id:
        raise WrongInput("note", "This note is not yours.", "a note of your own")
    if note.strikes or PrivateNote.objects.filter(amends=note).exists():
        raise WrongInput("note", "There is a newer version of this note.", "the newest version")


def own_notes(course: Course, by: Membership) -> list[Opened]:
    """Every version of this author's own notes about this course, the newest first."""
    rows = PrivateNote.objects.of(course.clinic).filter(course=course, by=by)
    return [Opened(row, _text(row)) for row in rows.order_by("-written_at", "-version")]


def _text(row: PrivateNote) -> str | None:
    """What a note says; only `own_notes` and `read_release` may ask."""
    if row.body is None or row.by_id is None:
        return ""
    try:
        return secrecy.unseal(
            row.body, clinic=row.clinic_id, author=row.by_id, bound_to=f"note:{row.id}"
        )
    except secrecy.KeyMissing:
        return None


def seal_for(by: Membership, text: str, *, bound_to: str) -> str:
    """Encrypt a text of this author. Raises WrongInput when the clinic's key file is missing."""
    try:
        return secrecy.seal(
            text,
            clinic=by.clinic_id,
            author=by.id,
            bound_to=bound_to,
            may_begin=not PrivateNote.objects.exists(),
        )
    except secrecy.KeyMissing as error:
        raise WrongInput(
            "text", "The key of the private notes is not on this machine; nothing was kept.",
            "the kept copy of notes.key put back, by whoever runs this server",
        ) from error  # fmt: skip


# --- the custodian's release ---------------------------------------------------------------------


@transaction.atomic
def ask_for_release(
    *,
    patient: Patient,
    author: Membership,
    ground: str,
    reason: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> NoteRelease:
    """Ask that one author's notes about one person are read once, on a legal ground.

    The author and those who may answer get a task. Raises WrongInput for a ground that is not
    one, or for the author.
    """
    _check_custodian(by, author, signature, now)
    if ground not in NoteRelease.Ground.values:
        raise WrongInput("ground", "This is no legal ground.", ", ".join(NoteRelease.Ground.values))
    if len(reason.strip()) < 10:
        raise WrongInput(
            "reason", "A release needs its papers.", "which order or consent, its date"
        )
    if author.clinic_id != by.clinic_id or patient.clinic_id != by.clinic_id:
        raise WrongInput("author", "This is another clinic's.", "somebody of this clinic")
    asked = _step(NoteRelease.Step.ASKED, None, patient, author, by, now, ground, reason.strip())
    for owner, title in _to_be_told(author, by, now):
        open_task(
            clinic=by.clinic, patient=patient, kind=RELEASE_TASK, title=title, owner=owner,
            due_at=now + ANSWER_WITHIN, about=asked.id, by=by, now=now,
        )  # fmt: skip
    return asked


def _to_be_told(author: Membership, by: Membership, now: datetime) -> list[tuple[Membership, str]]:
    """The author is told, whoever can answer is asked."""
    found = []
    if not author.ended_at and author.roles_at(now):
        found.append((author, "Somebody asks to read private notes that you wrote"))
    for role in (Role.MEDICAL_DIRECTOR, Role.REVIEWER):
        others = [m for m in working_in(by.clinic, now, role) if m.id not in (by.id, author.id)]
        others = [m for m in others if m.may(May.SEE_TASKS, now)]  # a reviewer looks at the page
        if others and role not in by.roles_at(now):
            found.append((others[0], "A release of private notes waits for your answer"))
    return found


@transaction.atomic
def answer_release(
    *,
    release: NoteRelease,
    approve: bool,
    reason: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> NoteRelease:
    """The second of the two: the medical director for the reviewer, or the other way round.

    Raises WrongInput for the one who asked, for the author, for two of the same role, or when it
    was answered already.
    """
    release = NoteRelease.objects.select_for_update(of=("self",)).get(pk=release.pk)
    _check_custodian(by, release.author, signature, now)
    asked_by = release.by
    assert asked_by is not None, "a release is asked for by somebody"
    if by.id == asked_by.id or by.user_id == asked_by.user_id:
        raise WrongInput("by", "You asked for this yourself.", "the other of the two people")
    both = custodian_roles(by, now) | custodian_roles(asked_by, now)
    if len(both) < 2:
        raise WrongInput(
            "by", "Two people of one role are not enough.",
            "the privacy reviewer and the medical director",
        )  # fmt: skip
    if release.answer() is not None:
        raise WrongInput("release", "This was answered already.", "an open request")
    if len(reason.strip()) < 3:
        raise WrongInput("reason", "An answer needs its reason.", "a few words")
    step = NoteRelease.Step.APPROVED if approve else NoteRelease.Step.REFUSED
    return _step(
        step, release, release.patient, release.author, by, now, release.ground, reason.strip(),
        expires_at=now + READ_WITHIN if approve else None,
    )  # fmt: skip


@transaction.atomic
def read_release(
    *, release: NoteRelease, signature: Signature, by: Membership, now: datetime
) -> list[Opened]:
    """The one reading, by the one who asked, within its time; that it was read is chained first."""
    release = NoteRelease.objects.select_for_update(of=("self",)).get(pk=release.pk)
    _check_custodian(by, release.author, signature, now)
    if by.id != release.by_id:
        raise WrongInput("by", "Somebody else asked for this.", "the one who asked")
    answer = release.answer()
    if answer is None or answer.expires_at is None or now > answer.expires_at:
        raise WrongInput("release", "This may not be read, or no longer.", "an approval in force")
    if release.steps.filter(step=NoteRelease.Step.READ).exists():
        raise WrongInput("release", "This was read once already.", "a new request")
    _step(
        NoteRelease.Step.READ, release, release.patient, release.author, by, now, release.ground, ""
    )
    rows = PrivateNote.objects.filter(
        clinic=release.clinic_id, patient=release.patient, by=release.author
    )
    return [Opened(row, _text(row)) for row in rows.order_by("written_at", "version")]


def custodian_roles(member: Membership, now: datetime) -> frozenset[Role]:
    """Which side of a release somebody may stand on."""
    return member.roles_at(now) & {Role.MEDICAL_DIRECTOR, Role.REVIEWER}


def _check_custodian(
    by: Membership, author: Membership, signature: Signature, now: datetime
) -> None:
    if not signature.is_by(by.id, now):
        raise WrongInput("password", "This signature is not yours or is too old.", "sign again")
    if not by.may(May.RELEASE_PRIVATE_NOTES, now):
        raise WrongInput(
            "by", "Your role releases no notes.", "the privacy reviewer or the medical director"
        )
    if by.id == author.id or by.user_id == author.user_id:
        raise WrongInput("by", "Nobody releases their own notes.", "two people who did not write")


def _step(
    step: NoteRelease.Step,
    request: NoteRelease | None,
    patient: Patient,
    author: Membership,
    by: Membership,
    now: datetime,
    ground: str,
    reason: str,
    expires_at: datetime | None = None,
) -> NoteRelease:
    row = NoteRelease.draft(
        now=now,
        clinic_id=by.clinic_id,
        patient=patient,
        request=request,
        author=author,
        step=step,
        ground=ground,
        reason=reason,
        at=now,
        expires_at=expires_at,
        by=by,
    )
    codes = {"author": str(author.id), "ground": ground}
    return write(row, act=f"note_release_{step}", now=now, codes=codes)
