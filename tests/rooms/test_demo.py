"""The demo rehearses the whole house: what it promises to show is there, and it is all true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from holdspace.care import facts as loader
from holdspace.care.models import (
    Course,
    Decision,
    Document,
    Event,
    EventKind,
    ProtocolVersion,
    Relief,
    Session,
    Task,
)
from holdspace.config.demo.play import Cast, play, signins
from holdspace.config.management.commands import demo
from holdspace.core import gates
from holdspace.core import protocol as core_protocol
from holdspace.core.canonical import from_text
from holdspace.core.codes import Code
from holdspace.core.decision import Decision as CoreDecision
from holdspace.core.decision import Door, ReliefKind
from holdspace.core.facts import DocumentKind, Ending, Facts, Role
from holdspace.core.journey import State
from holdspace.core.units import Kind
from holdspace.people.models import Clinic, Membership
from holdspace.people.staff import shown_credentials
from holdspace.pharmacy import hatch
from holdspace.records.models import AccessEvent
from holdspace.records.verify import verify
from holdspace.schedule.models import Appointment

NOW = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)  # a Monday, 14:00 in Denver
# One play for the whole file, and in one process.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The demo as it stands at NOW; taken back when the file is done."""
    hasher = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(PASSWORD_HASHERS=hasher):
            yield play(NOW)
        transaction.set_rollback(True)


@pytest.fixture
def _django_db_helper(cast: Cast) -> None:
    """The play's own transaction stands in for one transaction around each test."""


def _day(cast: Cast, story: str) -> Session:
    return Session.objects.filter(patient=cast.patient(story)).order_by("-number")[0]


def _kinds(session: Session) -> set[str]:
    return set(session.events.values_list("kind", flat=True))


def _stops(cast: Cast, story: str, door: Door) -> set[Code]:
    """Why the last refusal of this door was a refusal."""
    rows = Decision.objects.filter(patient=cast.patient(story), door=door.value, allowed=False)
    row = rows.order_by("-decided_at").first()
    assert row is not None and row.findings, f"{story}: never refused at {door.value}"
    return {finding.code for finding in from_text(CoreDecision, row.findings).stops}


# --- the record ----------------------------------------------------------------------------------


def test_every_entry_of_the_played_record_verifies(cast: Cast) -> None:
    report = verify()
    assert report.ok and report.entries > 2000


def test_every_decision_replays_to_the_same_answer(cast: Cast) -> None:
    protocols = {p.digest: core_protocol.load(p.text) for p in ProtocolVersion.objects.all()}
    rows = list(Decision.objects.all())
    assert {row.door for row in rows} == set(Door) and len(rows) > 90
    for row in rows:
        assert row.facts and row.findings
        again = gates.decide(
            Door(row.door),
            from_text(Facts, row.facts),
            protocols[row.protocol_digest],
            row.program_version,
        )
        assert again == from_text(CoreDecision, row.findings), row.door


def test_nothing_that_was_played_lies_in_the_future(cast: Cast) -> None:
    assert not Event.objects.filter(recorded_at__gt=NOW).exists()
    assert not Decision.objects.filter(decided_at__gt=NOW).exists()
    assert not AccessEvent.objects.exists(), "nobody has looked at a chart yet"


# --- the people ----------------------------------------------------------------------------------


def test_people_stand_in_every_state_but_the_last_one(cast: Cast) -> None:
    """Nobody dies in a demo that is shown to people who consider this treatment."""
    assert set(cast.states.values()) == set(State) - {State.DIED}
    assert len(cast.people) >= 14


def test_a_diagnosis_after_the_clearance_is_seen_to_suspend_it(cast: Cast) -> None:
    patient = cast.patient("learns_of_an_aneurysm")
    event = Event.objects.get(patient=patient, kind=EventKind.CLEARANCE_SUSPENDED)
    assert "new in the history: Aneurysm (I71.40)" in (event.body or "")
    known = loader.load(Course.objects.get(patient=patient), now=NOW)
    assert {r.title for r in known.investigations} >= {"ECG", "ALT", "Potassium"}
    held = loader.load(Course.objects.get(patient=cast.patient("waits_for_a_plan")), now=NOW)
    assert held.latest(Kind.QTC) is not None and len(held.diagnoses) == 2


def test_names_stretch_the_pages(cast: Cast) -> None:
    names = [stage.patient.name for stage in cast.people.values()]
    assert any(len(name) > 50 for name in names)
    assert any("á" in name for name in names)
    assert any("\u0627" <= letter <= "\u064a" for name in names for letter in name)


def test_every_role_has_somebody_who_can_sign_in(cast: Cast) -> None:
    held = {role for member in cast.house.staff.values() for role in member.roles_at(NOW)}
    assert held == set(Role)
    emails = set(Membership.objects.values_list("user__email", flat=True))
    assert {row.email for row in cast.signins} == emails
    assert all(m.user.check_password(cast.signins[0].password) for m in cast.house.staff.values())


def test_one_licence_is_close_to_its_end(cast: Cast) -> None:
    member = cast.house.staff["prescriber2"]
    shown = shown_credentials(member.credentials.all(), cast.house.clinic, NOW)
    assert shown[0].tone == "attention"


# --- the situations ------------------------------------------------------------------------------


def test_an_aneurysm_was_refused_and_the_person_sent_on_kindly(cast: Cast) -> None:
    assert _stops(cast, "has_an_aneurysm", Door.CLEAR_FOR_MEDICINE) == {
        Code.CONTRAINDICATION_PRESENT
    }
    course = Course.objects.get(patient=cast.patient("has_an_aneurysm"))
    ended = [h for h in loader.happenings(course) if h.kind is EventKind.COURSE_DECLINED]
    assert "988" in ended[0].body.way_on


def test_two_things_are_asked_for_and_one_person_is_asked_again_later(cast: Cast) -> None:
    asked = Task.objects.filter(patient=cast.patient("assesses"), kind="asked_for", closed_at=None)
    assert {t.reason for t in asked} == {"assessment_missing", "suicide_screen_missing"}
    (again,) = Task.objects.filter(patient=cast.patient("not_now"), kind="ask_again")
    assert again.due_at > NOW + timedelta(days=50) and again.closed_at is None
    course = Course.objects.get(patient=cast.patient("not_now"))
    letter = course.documents.get(kind="letter_to_person")
    assert "sorry for your loss" in letter.body and "988" in letter.body


def test_a_held_finding_waits_for_a_plan(cast: Cast) -> None:
    assert _stops(cast, "waits_for_a_plan", Door.CLEAR_FOR_MEDICINE) == {Code.CLEARANCE_NEEDED}
    assert not Relief.objects.filter(patient=cast.patient("waits_for_a_plan")).exists()


def test_a_plan_answered_the_finding_about_age(cast: Cast) -> None:
    relief = Relief.objects.get(patient=cast.patient("rests"))
    assert relief.kind == ReliefKind.PLAN.value


def test_a_waived_pressure_was_refused_first_and_dosed_after(cast: Cast) -> None:
    assert _stops(cast, "is_waived", Door.GIVE_DOSE) == {Code.BP_SYSTOLIC_HIGH}
    relief = Relief.objects.get(patient=cast.patient("is_waived"))
    assert relief.kind == ReliefKind.WAIVER.value and relief.second_by is not None
    assert EventKind.DOSE_GIVEN in _kinds(_day(cast, "is_waived"))


def test_a_session_was_held_for_its_pressure_and_all_was_wasted(cast: Cast) -> None:
    day = _day(cast, "is_held_today")
    assert _stops(cast, "is_held_today", Door.GIVE_DOSE) == {
        Code.BP_SYSTOLIC_HIGH,
        Code.BP_DIASTOLIC_HIGH,
    }
    assert EventKind.DOSE_GIVEN not in _kinds(day)
    reserved = hatch.reservations(session=day)[0]
    assert (reserved.drawn_mg, reserved.wasted_mg, reserved.left_mg) == (50, 50, 0)


def test_an_observation_is_overdue_in_the_running_session(cast: Cast) -> None:
    day = _day(cast, "is_in_session")
    given = day.events.get(kind=EventKind.DOSE_GIVEN)
    last = day.observations.filter(kind=Kind.SYSTOLIC.value).order_by("-taken_at")[0]
    assert NOW - given.at == timedelta(minutes=35)
    assert NOW - last.taken_at == timedelta(minutes=25)


def test_the_resting_person_may_not_leave_yet_and_has_monitor_readings(cast: Cast) -> None:
    day = _day(cast, "rests")
    assert _stops(cast, "rests", Door.DISCHARGE) == {Code.STAY_TOO_SHORT}
    imported = day.imported.all()
    assert imported.count() == 185
    assert {row.validity for row in imported} == {"valid", "invalid"}
    assert day.observations.filter(source__startswith="monitor").exists()


def test_a_dose_outside_its_door_was_partly_wasted_and_reviewed(cast: Cast) -> None:
    day = Session.objects.filter(patient=cast.patient("has_a_variance")).order_by("number")[0]
    assert {EventKind.VARIANCE, EventKind.VARIANCE_REVIEWED} <= _kinds(day)
    reserved = hatch.reservations(session=day)[0]
    assert (reserved.given_mg, reserved.wasted_mg, reserved.left_mg) == (30, 20, 0)


def test_a_therapist_was_changed_with_the_persons_own_words(cast: Cast) -> None:
    patient = cast.patient("changes_therapist")
    paper = Document.objects.get(patient=patient, kind=DocumentKind.THERAPIST_CHANGE.value)
    assert paper.body and "rather stay" in paper.body
    assert Session.objects.filter(patient=patient).count() == 2


def test_a_course_was_completed_with_a_falling_phq9(cast: Cast) -> None:
    course = Course.objects.get(patient=cast.patient("completes"))
    rows = course.observations.filter(kind=Kind.PHQ9_TOTAL.value).order_by("taken_at")
    totals = [int(row.number) for row in rows if row.number is not None]
    assert totals == [21, 17, 13, 10, 7, 4, 4]
    assert course.sessions.count() == 5
    assert Decision.objects.filter(course=course, door=Door.FURTHER_DOSE, allowed=True).exists()


@pytest.mark.parametrize(
    ("story", "ending"),
    [
        ("is_transferred", Ending.TRANSFERRED),
        ("leaves", Ending.LEFT_AGAINST_ADVICE),
        ("is_held_today", Ending.ABANDONED_BEFORE_DOSE),
        ("is_waived", Ending.DISCHARGED),
    ],
)
def test_sessions_end_in_every_way_but_one(cast: Cast, story: str, ending: Ending) -> None:
    course = Course.objects.get(patient=cast.patient(story))
    ends = [h for h in loader.happenings(course) if h.kind is EventKind.SESSION_ENDED]
    assert ends[-1].body.ending is ending


def test_an_answer_about_safety_has_an_owner_and_a_deadline(cast: Cast) -> None:
    task = Task.objects.get(patient=cast.patient("answers_about_safety"), closed_at=None)
    assert task.holds and task.due_at > NOW and task.escalates_to is not None


def test_an_enquiry_waits_for_its_answer_and_another_was_answered(cast: Cast) -> None:
    waiting = Task.objects.get(patient=cast.patient("enquires"))
    assert waiting.closed_at is None and waiting.due_at > NOW
    answered = Task.objects.get(patient=cast.patient("assesses"), kind="enquiry")
    assert answered.outcome and Course.objects.filter(patient=answered.patient).exists()


def test_bookings_were_kept_cancelled_and_missed(cast: Cast) -> None:
    assert {row.state for row in Appointment.objects.all()} == {
        "Booked",
        "Came",
        "Cancelled",
        "Did not come",
    }


# --- the command ---------------------------------------------------------------------------------


@override_settings(HOLDSPACE_DEMO=True)
def test_a_second_start_plays_nothing_and_shows_the_sign_ins(cast: Cast) -> None:
    said = StringIO()
    call_command("demo", "--play-only", stdout=said)
    assert Clinic.objects.count() == 1
    assert all(row.email in said.getvalue() for row in signins())


@override_settings(HOLDSPACE_DEMO=True)
def test_a_demo_is_never_played_beside_a_real_clinic(cast: Cast) -> None:
    with transaction.atomic():
        Clinic.objects.update(is_demo=False)
        with pytest.raises(CommandError, match="not a demo"):
            call_command("demo", "--play-only", stdout=StringIO())
        transaction.set_rollback(True)


def test_a_folder_with_a_database_and_no_stamp_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="not stamped"):
        call_command("demo", "--play-only", stdout=StringIO())


def test_an_empty_folder_is_stamped_before_the_settings_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(demo, "_has_database", lambda: False)
    monkeypatch.setattr(demo.os, "execv", lambda _, words: started.append(words) or _stop())
    with override_settings(HOLDSPACE_DATA=tmp_path), pytest.raises(SystemExit):
        call_command("demo", "--play-only", stdout=StringIO())
    assert (tmp_path / demo.STAMP).is_file()
    assert started[0][1:3] == ["-m", "holdspace.config"]


@pytest.mark.parametrize("words", [["--now", "2026-03-02T14:00"], ["--port", "70000"]])
def test_a_time_without_its_zone_and_an_impossible_port_are_refused(words: list[str]) -> None:
    with pytest.raises((CommandError, SystemExit)):
        call_command("demo", *words, stdout=StringIO())


def _stop() -> None:
    raise SystemExit
