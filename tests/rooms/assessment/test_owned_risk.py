"""An answer about safety at 23:00 has an owner at 23:00, and goes on until somebody acts.

The clinic is quiet from 21:00 to 08:00 on its wall; the nurse is on call unless a row says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from holdspace.assessment import actions
from holdspace.assessment.actions.risk import may_send, reader, reads_when
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.actions import WrongInput
from holdspace.care.models import Course, Message, Task, TaskStep
from holdspace.core.codes import Code
from holdspace.core.decision import Door
from holdspace.core.facts import CredentialKind, Role
from holdspace.core.limits import Tier
from holdspace.core.risk import Concern
from holdspace.people import actions as people
from holdspace.people.models import Membership, OnCall
from tests.rooms.factory import House, played
from tests.rooms.people.cast import member

pytestmark = pytest.mark.django_db

DENVER = ZoneInfo("America/Denver")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house() -> House:
    """The clinic at nine in the morning, with the nurse on call for days."""
    house = played(stocked=False)
    house.on_call()
    return house


@pytest.fixture
def night(house: House) -> House:
    """The same clinic at 23:00 of a Monday."""
    house.later(hours=14)
    assert house.clinic.quiet.holds(house.now, DENVER)
    return house


def asked(house: House, course: Course | None = None, instrument: str = "phq-9") -> FormRequest:
    return actions.ask_to_fill(
        course=course or house.enquirer().course, instrument=instrument, point="baseline",
        due_at=house.now + timedelta(days=1), by=house.therapist, now=house.now,
    )  # fmt: skip


def give(house: House, form: FormRequest, *options: int | None) -> None:
    """Item 9 of the PHQ-9 is answered alone; nothing else is, and nothing is sent off."""
    for option in options:
        if option is None:
            actions.decline_item(request=form, item="phq9_9", now=house.now)
        else:
            actions.answer_item(request=form, item="phq9_9", option=option, now=house.now)


def answered(house: House, option: int = 3) -> Task:
    form = asked(house)
    give(house, form, option)
    return Task.objects.get(kind="risk_answer", about=form.id)


def after(house: House, minutes: int, task: Task) -> Task:
    """The worker looks round so many minutes later."""
    house.later(minutes=minutes)
    care.escalate_due(house.now)
    task.refresh_from_db()
    return task


# --- at the answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "tier", "due_in", "next_in"),
    [
        (1, "same_day", timedelta(minutes=59), timedelta(minutes=29, seconds=30)),
        (2, "now", timedelta(minutes=15), timedelta(minutes=5)),
        (3, "now", timedelta(minutes=15), timedelta(minutes=5)),
    ],
)
def test_at_23_00_the_answer_itself_opens_one_owned_task_and_tells_its_owner(
    night: House, option: int, tier: str, due_in: timedelta, next_in: timedelta
) -> None:
    task = answered(night, option)
    assert (task.tier, task.owner, task.holds) == (tier, night.nurse, True)
    assert task.due_at == night.now + due_in
    assert (task.escalates_at, task.escalates_to) == (night.now + next_in, night.director)
    message = Message.objects.get(about=task.pk)
    assert (message.member, message.template, message.state) == (night.nurse, "task_now", "queued")
    assert message.not_before == night.now, "quiet hours hold nothing back"


def test_an_answer_of_zero_opens_nothing(night: House) -> None:
    give(night, asked(night), 0, None, 0)
    assert not Task.objects.filter(kind="risk_answer").exists()


@pytest.mark.parametrize(
    ("options", "tier", "raised"),
    [
        ((1,), "same_day", 0),
        ((1, 1), "same_day", 0),  # given twice
        ((3, 3), "now", 0),
        ((1, 3), "now", 1),  # worse: more urgent, and unread again
        ((3, 1), "now", 0),  # milder: never less urgent
        ((3, 0), "now", 0),  # taken back: it was heard
        ((1, None), "same_day", 0),  # declined afterwards
        ((2, 3, 1, 0, 3), "now", 0),
    ],
)
def test_an_answer_that_changes_stays_one_task_and_is_only_ever_raised(
    night: House, options: tuple[int | None, ...], tier: str, raised: int
) -> None:
    form = asked(night)
    give(night, form, *options)
    task = Task.objects.get(kind="risk_answer", about=form.id)
    assert task.tier == tier and task.closed_at is None
    assert task.steps.filter(what=TaskStep.What.RAISED).count() == raised
    assert Message.objects.filter(about=task.pk).count() == 1 + raised


@pytest.mark.parametrize(
    ("closed_at", "then", "tasks"), [(3, 3, 1), (3, 1, 1), (1, 1, 1), (1, 2, 2), (1, 3, 2)]
)
def test_after_a_task_was_closed_only_a_worse_answer_opens_another(
    night: House, closed_at: int, then: int, tasks: int
) -> None:
    task = answered(night, closed_at)
    closed(night, task, night.nurse)
    give(night, FormRequest.objects.get(pk=task.about), then)
    assert Task.objects.filter(kind="risk_answer").count() == tasks


def test_a_raised_task_that_was_read_is_unread_again_with_the_earlier_deadline(
    night: House,
) -> None:
    task = answered(night, 1)
    care.read_task(task=task, by=night.nurse, now=night.now)
    night.later(minutes=2)
    give(night, FormRequest.objects.get(pk=task.about), 3)
    task.refresh_from_db()
    assert (task.read_at, task.due_at) == (None, night.now + 15 * MINUTE)
    assert task.escalates_at == night.now + 5 * MINUTE


# --- from one to the next -------------------------------------------------------------------------

LINE = [(0, "nurse"), (4, "nurse"), (5, "director"), (9, "director"), (10, "prescriber"),
        (15, "therapist"), (29, "therapist"), (60, "therapist")]  # fmt: skip


@pytest.mark.parametrize(("minutes", "owner"), LINE)
def test_unread_it_goes_to_the_next_in_line_and_then_on(
    night: House, minutes: int, owner: str
) -> None:
    """Looked at every minute, as the worker does; one line for each moment."""
    task = answered(night)
    for _ in range(minutes):
        after(night, 1, task)
    assert task.owner == getattr(night, owner)
    told = Message.objects.filter(about=task.pk).values_list("member", flat=True)
    had = {name for at, name in LINE if at <= minutes}
    assert set(told) == {getattr(night, name).pk for name in had}


def test_after_hours_of_silence_every_step_is_taken_once_and_together(night: House) -> None:
    task = after(night, 180, answered(night))
    line = [night.nurse, night.director, night.prescriber, night.therapist]
    had = [step.to_id for step in task.steps.filter(to__isnull=False)]
    assert sorted(had) == sorted(who.pk for who in line)
    assert task.owner == night.therapist
    assert care.escalate_due(night.now) == 0


def test_when_everybody_had_it_whoever_comes_on_call_later_still_gets_it(night: House) -> None:
    task = after(night, 40, answered(night))
    after(night, 20, task)
    assert task.steps.filter(what=TaskStep.What.NOBODY_FURTHER).count() == 1
    newcomer = joined(night)
    people.set_on_call(
        membership=newcomer, starts_at=night.now, ends_at=night.now + timedelta(hours=8), rank=1,
        by=night.director, now=night.now,
    )  # fmt: skip
    assert after(night, 15, task).owner == newcomer


def test_who_was_passed_over_still_holds_it_and_the_first_to_read_it_has_it(night: House) -> None:
    task = after(night, 5, answered(night))
    assert task.owner == night.director
    care.read_task(task=task, by=night.nurse, now=night.now)
    task.refresh_from_db()
    assert (task.owner, task.read_at) == (night.nurse, night.now)
    assert after(night, 9, task).owner == night.nurse  # read: it waits until the deadline
    assert after(night, 1, task).owner == night.prescriber  # read, and not done by then


def joined(house: House) -> Membership:
    return member(house.cast, Role.SESSION_CLINICIAN, now=house.now, name="Wren Castillo")


# --- the owner is not there -----------------------------------------------------------------------


def left(house: House) -> None:
    people.end_membership(membership=house.nurse, by=house.director, now=house.now)


def is_shut_out(house: House) -> None:
    house.nurse.user.is_active = False
    house.nurse.user.save(update_fields=["is_active"])


def on_leave(house: House) -> None:
    row = OnCall.objects.get(membership=house.nurse, ended_at=None)
    people.end_on_call(row=row, by=house.director, now=house.now)


def licence_ended(house: House) -> None:
    licence = house.nurse.credentials.get(kind=CredentialKind.LICENCE)
    people.revoke_credential(
        credential=licence, because="lapsed at the board", by=house.cast.administrator,
        now=house.now,
    )  # fmt: skip


def on_a_list(house: House) -> None:
    people.check_exclusion(
        membership=house.nurse, on=house.clinic.day(house.now), found=True,
        words="OIG list, entry 12", by=house.cast.administrator, now=house.now,
    )  # fmt: skip


def no_longer_reads_charts(house: House) -> None:
    for grant in house.nurse.grants.filter(ended_at=None):
        people.end_role(grant=grant, by=house.director, now=house.now)


ABSENT = [left, is_shut_out, on_leave, licence_ended, on_a_list, no_longer_reads_charts]


@pytest.mark.parametrize("absent", ABSENT, ids=lambda f: f.__name__)
def test_an_answer_never_goes_to_somebody_who_is_not_there(
    night: House, absent: Callable[[House], None]
) -> None:
    form = asked(night)
    absent(night)
    give(night, form, 3)
    assert Task.objects.get(about=form.id).owner == night.director
    assert reader(night.clinic, night.now) is None
    assert may_send(night.clinic, instruments()["phq-9"], night.now) is not None
    assert may_send(night.clinic, instruments()["gad-7"], night.now) is None


@pytest.mark.parametrize(
    ("absent", "minutes"),
    [(left, 1), (is_shut_out, 1), (no_longer_reads_charts, 5), (on_leave, 5), (licence_ended, 5)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_an_owner_who_goes_after_the_answer_is_passed_over_in_time(
    night: House, absent: Callable[[House], None], minutes: int
) -> None:
    task = answered(night)
    assert task.owner == night.nurse
    absent(night)
    assert after(night, minutes, task).owner != night.nurse
    told = Message.objects.filter(about=task.pk).values_list("member", flat=True)
    assert night.director.pk in told


@pytest.mark.parametrize(
    ("wants", "address", "goes_on"),
    [(True, True, False), (False, True, False), (True, False, True), (False, False, True)],
)
def test_who_wants_no_mail_is_here_all_the_same_and_who_has_no_address_is_not_waited_for(
    house: House, wants: bool, address: bool, goes_on: bool
) -> None:
    if not address:
        house.nurse.user.email = ""
        house.nurse.user.save(update_fields=["email"])
    care.choose_staff_mail(wants_tasks=wants, quiet=None, by=house.nurse, now=house.now)
    course, tomorrow = house.enquirer().course, house.now + timedelta(days=1)
    concern = Concern(
        "phq9_9", "item_9", Tier.NEXT_WORKING_DAY, "", "Talk about it tomorrow.", "PHQ-9", False
    )
    task = care.open_concern(
        course=course, concern=concern, owner=house.nurse, about=course.id, by=None, now=house.now
    )
    planned = task.escalates_at
    task = after(house, 1, task)
    assert (task.owner != house.nurse) is goes_on
    assert bool(Message.objects.filter(member=house.nurse)) is (wants and address)
    if not goes_on:
        assert task.escalates_at == planned and planned.date() == tomorrow.date()
        assert [step.what for step in task.steps.all()] == ["opened"]


def test_an_owner_without_an_address_is_not_waited_for(night: House) -> None:
    night.nurse.user.email = ""
    night.nurse.user.save(update_fields=["email"])
    task = answered(night)
    assert task.owner == night.nurse and not Message.objects.filter(about=task.pk).exists()
    assert after(night, 1, task).owner == night.director
    assert task.escalates_at == task.opened_at + 5 * MINUTE, "the plan of the others stands"
    assert after(night, 4, task).owner == night.prescriber


def test_whoever_may_not_practise_stands_last_in_the_line_and_is_not_left_out(night: House) -> None:
    for who in (night.prescriber, night.therapist, night.nurse):
        licence = who.credentials.get(kind=CredentialKind.LICENCE)
        people.revoke_credential(
            credential=licence, because="lapsed", by=night.cast.administrator, now=night.now
        )
    task = answered(night)
    assert task.owner == night.director
    had = [after(night, 5, task).owner for _ in range(3)]
    assert had == [night.prescriber, night.therapist, night.nurse]


def test_a_licence_counts_until_midnight_of_its_last_day(night: House) -> None:
    licence = night.nurse.credentials.get(kind=CredentialKind.LICENCE)
    licence.expires_on = date(2026, 3, 2)
    licence.save(update_fields=["expires_on"])
    assert answered(night).owner == night.nurse
    night.later(minutes=61)
    assert answered(night).owner == night.director


# --- the list of who is on call -------------------------------------------------------------------


def on_list(house: House, who: Membership, begins: int, ends: int, rank: int = 1) -> None:
    people.set_on_call(
        membership=who, starts_at=house.now + begins * MINUTE, ends_at=house.now + ends * MINUTE,
        rank=rank, by=house.director, now=house.now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "first", "second"),
    [
        # who, from and until (minutes after the answer), rank
        ([("nurse", -60, 3, 1)], "nurse", "director"),  # ends before it escalates: a gap
        ([("nurse", -60, 3, 1), ("therapist", 3, 600, 1)], "nurse", "therapist"),
        ([("nurse", -60, 3, 1), ("therapist", 6, 600, 1)], "nurse", "director"),
        ([("nurse", -60, 600, 1), ("therapist", -60, 600, 2)], "nurse", "therapist"),
        ([("nurse", -60, 600, 2), ("therapist", -60, 600, 1)], "therapist", "nurse"),
        ([("nurse", -60, 600, 1), ("therapist", -30, 600, 1)], "nurse", "therapist"),  # two at once
        ([("nurse", -60, 0, 1)], "director", "prescriber"),  # ended at this very minute
        ([("nurse", 0, 600, 1)], "nurse", "director"),  # begins at this very minute
        ([("nurse", 1, 600, 1)], "director", "nurse"),  # begins a minute late
        ([], "director", "prescriber"),
    ],
)
def test_it_goes_to_whoever_is_on_call_at_that_minute(
    rows: list[tuple[str, int, int, int]], first: str, second: str
) -> None:
    house = played(stocked=False)
    form = asked(house)
    house.later(hours=13)
    for who, begins, ends, rank in rows:
        on_list(house, getattr(house, who), begins + 60, ends + 60, rank)
    house.later(hours=1)
    give(house, form, 2)
    task = Task.objects.get(about=form.id)
    assert task.owner == getattr(house, first)
    assert after(house, 5, task).owner == getattr(house, second)


def test_of_two_on_call_at_once_one_owns_it_and_a_look_takes_it_from_nobody(night: House) -> None:
    on_list(night, night.therapist, 0, 600)
    task = answered(night)
    care.read_task(task=task, by=night.therapist, now=night.now)
    task.refresh_from_db()
    assert (task.owner, task.read_at) == (night.nurse, None)
    with pytest.raises(WrongInput, match="somebody else"):
        closed(night, task, night.therapist)
    after(night, 5, task)
    care.read_task(task=task, by=night.therapist, now=night.now)
    care.read_task(task=task, by=night.nurse, now=night.now)
    task.refresh_from_db()
    assert task.owner == night.therapist


# --- when the clocks change -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "option", "first", "due"),  # all on UTC; the wall of Denver beside it
    [
        # 8 March 2026, 02:00 becomes 03:00
        ("03-08T08:50", 3, "03-08T08:55", "03-08T09:05"),  # 01:50 → 01:55, then 03:05
        ("03-08T08:59", 3, "03-08T09:04", "03-08T09:14"),  # 01:59 → 03:04
        ("03-08T08:50", 1, "03-08T09:50", "03-08T12:50"),  # four real hours: 06:50
        ("03-08T06:30", 1, "03-08T06:44:30", "03-08T06:59"),  # the evening before: 23:59
        # 1 November 2026, 02:00 becomes 01:00
        ("11-01T07:50", 3, "11-01T07:55", "11-01T08:05"),  # 01:50 → the second 01:05
        ("11-01T08:50", 3, "11-01T08:55", "11-01T09:05"),  # the second 01:50 → 02:05
        ("11-01T07:50", 1, "11-01T08:50", "11-01T11:50"),  # four real hours: 04:50
        ("11-02T05:30", 1, "11-02T06:30", "11-02T06:59"),  # the day of 25 hours ends at 23:59
    ],
)
def test_the_night_of_new_time_changes_no_minute(
    answer: str, option: int, first: str, due: str
) -> None:
    house = played(stocked=False)
    form = asked(house)
    house.now = utc(answer) - timedelta(hours=2)
    house.on_call()
    house.now = utc(answer)
    give(house, form, option)
    task = Task.objects.get(about=form.id)
    assert (task.owner, task.escalates_at, task.due_at) == (house.nurse, utc(first), utc(due))
    house.now = utc(first) - timedelta(seconds=1)
    assert care.escalate_due(house.now) == 0
    house.now = utc(first)
    assert care.escalate_due(house.now) == 1


@pytest.mark.parametrize(
    ("now", "begins", "said"),
    [
        ("03-08T06:00", "03-08T14:00", "Nobody reads this until 08:00 tomorrow."),
        ("03-08T08:30", "03-08T14:00", "Nobody reads this until 08:00."),
        ("11-01T05:00", "11-01T15:00", "Nobody reads this until 08:00 tomorrow."),
        ("11-01T07:30", "11-01T08:30", "Nobody reads this until 01:30."),  # the second 01:30
        ("03-07T06:00", "03-08T14:00", "Nobody reads this until 08:00 on Sunday."),
        ("03-08T14:00", "03-08T14:00", "A clinician on call hears of an answer about safety"),
    ],
)
def test_before_the_first_question_the_hour_is_that_of_the_wall(
    now: str, begins: str, said: str
) -> None:
    house = played(stocked=False)
    house.now = utc(now)
    people.set_on_call(
        membership=house.nurse, starts_at=utc(begins), ends_at=utc(begins) + timedelta(hours=9),
        rank=1, by=house.director, now=house.now,
    )  # fmt: skip
    words = reads_when(house.clinic, house.now)
    assert words.startswith(said) and "988" in words


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


# --- until it is resolved -------------------------------------------------------------------------


def closed(house: House, task: Task, by: Membership, outcome: str = "Talked; a plan.") -> Task:
    care.read_task(task=task, by=by, now=house.now)
    return care.close_task(task=task, outcome=outcome, code="reached_plan", by=by, now=house.now)


@pytest.mark.parametrize(
    ("read", "outcome", "code", "field"),
    [
        (False, "Talked; a plan.", "reached_plan", "task"),
        (True, "  ", "reached_plan", "outcome"),
        (True, "Talked; a plan.", "", "code"),
        (True, "Talked; a plan.", "went_well", "code"),
    ],
)
def test_it_is_not_closed_unread_or_without_its_outcome(
    night: House, read: bool, outcome: str, code: str, field: str
) -> None:
    task = answered(night)
    if read:
        care.read_task(task=task, by=night.nurse, now=night.now)
    with pytest.raises(WrongInput) as wrong:
        care.close_task(task=task, outcome=outcome, code=code, by=night.nurse, now=night.now)
    assert wrong.value.field == field
    task.refresh_from_db()
    assert task.closed_at is None


@pytest.mark.parametrize("door", [
    Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION, Door.OPEN_SESSION, Door.NEXT_SESSION,
])  # fmt: skip
def test_it_holds_the_next_door_until_it_is_resolved(night: House, door: Door) -> None:
    task = answered(night)
    assert task.course is not None
    assert stops(night, task.course, door) == {str(task.pk)}
    closed(night, task, night.nurse)
    assert stops(night, task.course, door) == set()


def stops(house: House, course: Course, door: Door) -> set[str]:
    found = care.ask(door, course, by=house.prescriber, now=house.now).stops
    return {f.subject for f in found if f.code is Code.RISK_TASK_OPEN}
