"""What ends is said in time: one task for each credential and threshold, one for each renewal.

The exclusion lists are read again every month: one task for everybody whose month is over.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import transaction

from holdspace.care.actions.rounds import each
from holdspace.care.actions.tasks import open_task
from holdspace.care.facts import load as load_facts
from holdspace.care.facts import protocol_of
from holdspace.care.models import (
    Course,
    Document,
    Event,
    EventKind,
    ProtocolVersion,
    Strike,
    Task,
)
from holdspace.core import facts as core
from holdspace.core.canonical import from_text
from holdspace.core.course import clearance_left
from holdspace.core.credentials import valid_until, warning_days
from holdspace.core.facts import DocumentKind, Role
from holdspace.core.protocol import load
from holdspace.people.access import May
from holdspace.people.models import Clinic, Credential, Membership
from holdspace.people.staff import LISTS_DAYS, exclusion_check_of, first_working, working_in

CREDENTIAL_ENDS, RENEWAL_DUE = "credential_ends", "renewal_due"
LISTS_TASK = "exclusion_lists"
LISTS_MAX = "credentials.exclusion_check_age_days_max"
DAYS_TO_READ = 7  # a door stops so many days after the task at the earliest
NAMED = 3
BEFORE_RENEWAL = timedelta(days=30)
SESSIONS_LEFT = "clearance.sessions_left_to_renew"
RENEWED_WITHIN = timedelta(days=7)  # where sessions run low; the next one is not far
TO_ESCALATE = timedelta(days=3)
# What is renewed, by whom, and the setting that says how long it holds.
RENEWED = {
    DocumentKind.CONSENT: ("consent.valid_days", Role.THERAPIST, "Consent"),
    DocumentKind.CLEARANCE: ("clearance.valid_days", Role.PRESCRIBER, "Clearance"),
}
KEEPERS = (Role.ADMINISTRATOR, Role.MEDICAL_DIRECTOR)


def warn_of_endings(now: datetime) -> list[Task]:
    """Open the tasks that are due at `now`, in every clinic; asked again it opens none twice."""
    clinics = list(Clinic.objects.order_by("id"))
    opened = [
        tasks
        for part in (_credentials, _exclusion_lists, _renewals)
        for tasks in each("what ends", clinics, partial(part, now=now))
    ]
    return [task for tasks in opened for task in tasks]


def _credentials(clinic: Clinic, now: datetime) -> list[Task]:
    """At 60, 30 and 7 days, and when it has ended: the holder's task, then the administrator's."""
    opened = each("what ends", working_in(clinic, now), partial(_of_holder, now=now))
    return [task for tasks in opened for task in tasks]


def _of_holder(holder: Membership, now: datetime) -> list[Task]:
    opened = each("what ends", holder.credentials.all(), partial(_credential, holder, now=now))
    return [task for task in opened if task]


def _credential(holder: Membership, row: Credential, now: datetime) -> Task | None:
    threshold = warning_days(row.expires_on, now, holder.clinic.timezone)
    if threshold is None or row.revoked_at is not None or _is_renewed(holder, row):
        return None
    return _once(holder.clinic, f"{CREDENTIAL_ENDS}_{threshold}", row, holder, now)


def _is_renewed(holder: Membership, row: Credential) -> bool:
    """Whether the same credential is on file with a later last day, or with none."""
    same = (
        c
        for c in holder.credentials.all()
        if (c.kind, c.state, c.subject) == (row.kind, row.state, row.subject)
        and c.pk != row.pk
        and c.revoked_at is None
    )
    return any(
        c.expires_on is None or (row.expires_on is not None and c.expires_on > row.expires_on)
        for c in same
    )


@transaction.atomic
def _once(
    clinic: Clinic, kind: str, row: Credential, holder: Membership, now: datetime
) -> Task | None:
    # two sweeps at once open one task
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if Task.objects.filter(clinic=clinic, kind=kind, about=row.pk).exists():
        return None
    keeper = _keeper(clinic, now, but=holder)
    owner = holder if holder.may(May.SEE_TASKS, now) or keeper is None else keeper
    assert row.expires_on is not None, "what has no end gives no warning"
    ends = row.expires_on
    words = f"{row.get_kind_display()} of {holder.name} ends on {ends:%d %b %Y}"
    return open_task(
        clinic=clinic, kind=kind, title=f"{words[:1].upper()}{words[1:]}: renew it",
        owner=owner, due_at=max(now, valid_until(ends, clinic.timezone)), by=None, now=now,
        escalates_to=keeper if keeper != owner else None,
        escalates_at=now + TO_ESCALATE if keeper and keeper != owner else None, about=row.pk,
    )  # fmt: skip


def _keeper(clinic: Clinic, now: datetime, but: Membership | None = None) -> Membership | None:
    """Who keeps the staff's papers and sees tasks: a task that nobody finds warns nobody."""
    for role in KEEPERS:
        for member in working_in(clinic, now, role):
            if member != but and member.may(May.SEE_TASKS, now):
                return member
    return None


# ---------------------------------------------------------------- the exclusion lists


def _exclusion_lists(clinic: Clinic, now: datetime) -> list[Task]:
    """One task when somebody's look-up is four weeks old, and one more when a door would stop."""
    most = _lists_days(clinic)
    ends = {member: _lists_end(member, most, now) for member in working_in(clinic, now)}
    due = [m for m, on in ends.items() if on and now >= _asked_at(clinic, on, now)]
    if not due:
        return []
    newest = max(_asked_at(clinic, on, now) for m in due if (on := ends[m]))
    last = min(on for m in due if (on := ends[m]))
    task = _once_a_month(clinic, due, newest, last, now)
    return [task] if task else []


def _lists_days(clinic: Clinic) -> int:
    """After how many days a look-up is too old for a door, by the newest protocol here."""
    row = ProtocolVersion.objects.of(clinic).order_by("-recorded_at").first()
    return load(row.text).whole(LISTS_MAX) if row else LISTS_DAYS + DAYS_TO_READ


def _lists_end(member: Membership, most: int, now: datetime) -> date | None:
    """The last day on which the newest look-up counts; None where a hit stands: it stops alone."""
    row = exclusion_check_of(member, now)
    if row is None:
        return member.started_on
    return None if row.found else row.checked_on + timedelta(days=most)


def _asked_at(clinic: Clinic, last: date, now: datetime) -> datetime:
    """The midnight, by the clinic's wall, of the newest warning before or after this last day."""
    over = valid_until(last, clinic.timezone)
    first = datetime.combine(last - timedelta(days=DAYS_TO_READ), time(), clinic.zone)
    return over if now >= over else first


@transaction.atomic
def _once_a_month(
    clinic: Clinic, due: list[Membership], newest: datetime, last: date, now: datetime
) -> Task | None:
    # two sweeps at once open one task
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    rows = Task.objects.filter(clinic=clinic, kind=LISTS_TASK)
    owner = _keeper(clinic, now)
    if owner is None or rows.filter(closed_at=None).exists():
        return None
    if rows.filter(opened_at__gte=newest).exists():
        return None  # whoever had it closed it: the doors ask from here on
    names = ", ".join(member.name for member in due[:NAMED])
    more = f" and {len(due) - NAMED} more" if len(due) > NAMED else ""
    title = f"Read the exclusion lists again by {last:%d %b %Y}: {names}{more}"
    return open_task(
        clinic=clinic, kind=LISTS_TASK, title=title[:200], owner=owner, by=None, now=now,
        due_at=max(now, valid_until(last, clinic.timezone)),
    )  # fmt: skip


def _renewals(clinic: Clinic, now: datetime) -> list[Task]:
    """Consent and clearance of every course that is open: days or sessions run low."""
    ended = Event.objects.of(clinic).filter(
        kind__in=[EventKind.COURSE_CLOSED, EventKind.COURSE_DECLINED]
    )
    struck = Strike.objects.of(clinic).values("struck_id")
    going_on = Course.objects.of(clinic).exclude(
        id__in=ended.exclude(id__in=struck).values("course_id")
    )
    courses = list(going_on.select_related("patient", "protocol", "clinic"))
    opened = [
        task
        for kind in RENEWED
        for task in each("renewals", courses, partial(_renewal, kind=kind, now=now))
    ]
    return [task for task in opened if task]


@transaction.atomic
def _renewal(course: Course, kind: DocumentKind, now: datetime) -> Task | None:
    path, role, word = RENEWED[kind]
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = Document.objects.filter(course=course, kind=kind.value, signed_at__lte=now)
    row = rows.exclude(id__in=struck).order_by("-signed_at", "-version").first()
    if row is None:
        return None
    ends = row.signed_at + timedelta(days=protocol_of(course).whole(path))
    printed = from_text(core.Document, row.fact).expires_at
    ends = min(ends, printed) if printed else ends
    if now > ends:
        return None  # it has ended, and the door says so
    said = _few_sessions(course, now) if kind is DocumentKind.CLEARANCE else None
    if said is None and now >= ends - BEFORE_RENEWAL:
        said = f"{word} ends on {ends.astimezone(course.clinic.zone):%d %b %Y}: renew it", ends
    if said is None:
        return None  # there is time
    owner = first_working(course.clinic, now, (role, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR))
    if owner is None:
        return None
    Course.objects.select_for_update(of=("self",)).get(pk=course.pk)
    if Task.objects.filter(course=course, kind=RENEWAL_DUE, about=row.pk).exists():
        return None
    title, due = said
    return open_task(
        clinic=course.clinic, kind=RENEWAL_DUE, title=title, owner=owner, due_at=due, by=None,
        now=now, patient=course.patient, course=course, about=row.pk,
    )  # fmt: skip


def _few_sessions(course: Course, now: datetime) -> tuple[str, datetime] | None:
    """What the task says when few sessions are left of the clearance, and by when it is done."""
    protocol = protocol_of(course)
    few = protocol.whole(SESSIONS_LEFT)
    if course.sessions.count() < protocol.whole("clearance.sessions_max") - few:
        return None  # however they are counted, more are left
    left = clearance_left(load_facts(course, now=now), protocol)
    if left is None or left.sessions > few:
        return None
    ends = left.ends.astimezone(course.clinic.zone)
    title = f"Clearance: {left.sessions} of {left.sessions_max} sessions left: renew it"
    return f"{title} by {ends:%d %b %Y} at the latest", min(left.ends, now + RENEWED_WITHIN)
