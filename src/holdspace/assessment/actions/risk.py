"""An answer about safety never lies unread: it has an owner, a deadline and a next in line.

Quiet hours never apply here: what is heard at 23:00 is owned at 23:00.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from holdspace.care import actions as care
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Course, Session, Task
from holdspace.care.shipped import STRICTEST, newest_default
from holdspace.core import risk
from holdspace.core.facts import Role
from holdspace.core.limits import Tier
from holdspace.core.scales import Scale
from holdspace.people import on_call
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership
from holdspace.people.on_call import Reader
from holdspace.people.staff import may_practise, staff_of, working_in

KIND = "risk_answer"
# The therapist answers for those who are in their care, in the hours in which they work.
OPENS, CLOSES, SATURDAY = time(8), time(18), 5
# A form is not sent when nobody begins to read within this time (proposed: a long weekend).
READ_WITHIN = timedelta(hours=88)

escalate_due = care.escalate_due


@transaction.atomic
def hear(
    *,
    course: Course,
    instrument: Scale,
    answers: Mapping[str, int],
    by: Membership | None,
    now: datetime,
    about: UUID,
    session: Session | None = None,
    declined: frozenset[str] = frozenset(),
) -> Task | None:
    """Open, or make more urgent, the task that these answers call for; None: they call for none.

    Call it at every single answer and again at the end, with the form (`about`) and everything
    answered so far: one open task for one reason on one form, whatever the number of calls. A
    worse answer raises its tier; a milder one never lowers it, and a task that was closed is
    opened anew only by a worse answer. The task returned is the most urgent of several.
    """
    concerns = risk.heard(protocol_of(course), instrument, answers, declined)
    if not concerns:
        return None
    course = care.lock_course(course)
    found = [
        _own(course, concern, by, now, about, said(instrument, concern.item, answers))
        for concern in concerns
    ]
    return next((task for task in found if task is not None), None)


@transaction.atomic
def call_now(*, course: Course, title: str, words: str, about: UUID, now: datetime) -> Task:
    """The person asked to be called now: a task like an answer about safety, once for one form."""
    course = care.lock_course(course)
    call = risk.Concern(
        "", "call", Tier.NOW, "", title, "the person's own words", False, 15, (5, 10)
    )
    waiting = course.tasks.filter(kind=KIND, about=about, reason="call", closed_at__isnull=True)
    found = waiting.first()
    if found is not None:
        return found
    owner = owner_of(course, None, now)
    return care.open_concern(
        course=course, concern=call, owner=owner, about=about, words=words, by=None, now=now
    )


def reader(clinic: Clinic, now: datetime) -> Reader | None:
    """Who reads critical answers now, else who begins next; None: nobody is planned."""
    return on_call.reader(clinic, now)


def may_send(
    clinic: Clinic, scale: Scale, now: datetime, *, course: Course | None = None
) -> str | None:
    """Why this form can't be sent to a person now; None when it may."""
    if not risk.is_critical(protocol_of(course) if course else newest_default(STRICTEST), scale):
        return None
    found = reader(clinic, now)
    if found is None:
        return "Nobody is on call to read an answer about safety. Put somebody on call first."
    if found.begins is not None and found.begins - now > READ_WITHIN:
        return "Nobody on call would read an answer about safety for days. Close the gap first."
    return None


def reads_when(clinic: Clinic, now: datetime) -> str:
    """What the person is told before the first question: who reads this, and when."""
    line = clinic.crisis_lines[0]["number"] if clinic.crisis_lines else clinic.emergency_phone
    help_now = _("If you are in danger, call %(line)s or %(emergency)s now.") % {
        "line": line,
        "emergency": clinic.emergency_phone,
    }
    found = reader(clinic, now)
    if found is None:
        return _("Nobody reads this straight away.") + f" {help_now}"
    if found.begins is None:
        said_now = _("A clinician on call hears of an answer about safety at once.")
        return f"{said_now} {help_now}"
    begins = found.begins.astimezone(clinic.zone)
    days = (begins.date() - clinic.day(now)).days
    at = {"time": f"{begins:%H:%M}", "day": date_format(begins, "l")}
    words = {
        0: _("Nobody reads this until %(time)s."),
        1: _("Nobody reads this until %(time)s tomorrow."),
    }.get(days, _("Nobody reads this until %(time)s on %(day)s."))
    return f"{words % at} {help_now}"


def end_of_day(clinic: Clinic, now: datetime) -> datetime:
    """23:59 of today on the clinic's wall."""
    return datetime.combine(clinic.day(now), time(23, 59), clinic.zone)


def prescriber_for(clinic: Clinic, now: datetime) -> Membership | None:
    """A prescriber who works here now, for what only a prescriber can look at."""
    return next(iter(working_in(clinic, now, Role.PRESCRIBER)), None)


def _own(
    course: Course,
    concern: risk.Concern,
    by: Membership | None,
    now: datetime,
    about: UUID,
    words: str,
) -> Task | None:
    rows = course.tasks.filter(kind=KIND, about=about, reason=concern.reason)
    # Held: a task that closes at this very moment is either still open to be raised, or has ended.
    known = list(rows.select_for_update(of=("self",)))
    is_worse = all(concern.is_worse_than(task.tier) for task in known)
    opened = next((task for task in known if task.closed_at is None), None)
    if not is_worse:
        return opened
    if opened is not None:
        return care.raise_task(task=opened, concern=concern, words=words, by=by, now=now)
    return care.open_concern(
        course=course,
        concern=concern,
        owner=owner_of(course, by, now),
        about=about,
        words=words,
        by=by,
        now=now,
    )


def said(instrument: Scale, item: str, answers: Mapping[str, int]) -> str:
    """The question and the answer in their own words, where the instrument has any."""
    if item == risk.TOTAL:
        return instrument.title
    asked = instrument.item(item)
    words = asked.text or f"{instrument.title}, {item}"
    if item not in answers:
        return f"{words} (declined)"
    label = next((o.label for o in asked.options if o.score == answers[item]), "")
    return f"{words} {label or answers[item]}"


def owner_of(course: Course, by: Membership | None, now: datetime) -> Membership:
    """Who owns an answer that is given now; the fact is never refused for want of somebody.

    The clinician who took it; else who is on call; else the person's therapist in working hours;
    else the director; else whoever works here at all.
    """
    if by is not None and by.may(May.READ_CHART, now):
        return by
    for row in on_call.on_call(course.clinic, now):
        return row.membership
    therapist = _therapist_at_work(course, now)
    found = therapist or next(on_call.chain(course.clinic, now), None)
    if found is None:
        found = by or staff_of(course.clinic).order_by("started_on", "id").first()
    if found is None:
        raise care.WrongInput("owner", "Nobody belongs to this clinic.", "a first member of staff")
    return found


def _therapist_at_work(course: Course, now: datetime) -> Membership | None:
    wall = now.astimezone(course.clinic.zone)
    if wall.weekday() >= SATURDAY or not OPENS <= wall.time() < CLOSES:
        return None
    state = load(course, now=now).course
    members = [m for m in working_in(course.clinic, now) if may_practise(m, now)]
    return next((m for m in members if state and str(m.pk) == state.therapist), None)
