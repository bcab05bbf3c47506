"""The room is made good before the dose, and that is written down: a list, not a door."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from holdspace.care.actions import WrongInput, lock_course
from holdspace.care.actions.facts import write
from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Session
from holdspace.comfort.models import RoomCheck
from holdspace.people.access import May
from holdspace.people.models import Membership

DONE, NOT_WANTED = "done", "not wanted"
NOTE_MAX = 500


@transaction.atomic
def check_room(
    *,
    course: Course,
    session: Session | None,
    done: Collection[str],
    not_wanted: Collection[str],
    note: str,
    by: Membership,
    now: datetime,
) -> RoomCheck:
    """Keep the list as it stands: what is done, and what the person does not want.

    Raises WrongInput for a line that is not on the clinic's list or is said both ways, and when
    nothing was said at all.
    """
    if not by.may(May.OBSERVE, now):
        raise WrongInput("by", "Your role does not chart.", "a clinician")
    items = protocol_of(course).comfort
    for key in (*done, *not_wanted):
        if key not in items:
            raise WrongInput(key, "This is not on the clinic's list.", ", ".join(items))
    for key in set(done) & set(not_wanted):
        raise WrongInput(key, "It is said both ways.", "done, or not wanted")
    note = note.strip()
    if len(note) > NOTE_MAX:
        raise WrongInput("note", "This is too long.", f"up to {NOTE_MAX} characters")
    if not done and not not_wanted and not note:
        raise WrongInput("note", "Nothing was ticked or written.", "at least one line")
    course = lock_course(course)
    said = dict.fromkeys(done, DONE) | dict.fromkeys(not_wanted, NOT_WANTED)
    row = RoomCheck.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        items={key: [item.words, said[key]] for key, item in items.items() if key in said},
        note=note or None,
        by=by,
    )
    return write(row, act="room_checked", now=now)
