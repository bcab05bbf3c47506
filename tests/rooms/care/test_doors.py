"""A door's answer is kept, yes or no, with what it was told; and asking to see keeps nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection, connections

from holdspace import __version__
from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.models import Course, Decision
from holdspace.core import decision as core
from holdspace.core import gates
from holdspace.core import protocol as core_protocol
from holdspace.core.canonical import digest, from_text
from holdspace.core.decision import Door
from holdspace.core.facts import Facts, Role, Route
from holdspace.records.models import Entry, sealed_models
from holdspace.records.verify import verify
from tests.rooms.factory import PROTOCOL, played
from tests.rooms.people.cast import NOW, clinic_at, member, person

EIGHT = 8


def opening(house, patient, **changes):
    asked = {"protocol": house.protocol, "route": Route.IM, "by": house.prescriber}
    return care.open_course(patient=patient, now=house.now, **{**asked, **changes})


def counts():
    return {model: model.objects.count() for model in sealed_models()}


@pytest.mark.django_db
def test_a_refusal_is_kept_with_its_frozen_facts_and_nothing_else_changes():
    house = played(stocked=False)
    child = person(house.cast, birth_date=date(2011, 5, 2), has_guardian=False)
    before = counts()
    outcome = opening(house, child)
    after = counts()
    assert not outcome.allowed and outcome.made is None
    assert [f.code.value for f in outcome.decision.stops] == ["age_below_minimum"]
    assert {m for m in after if after[m] != before[m]} == {Decision}
    assert after[Decision] == before[Decision] + 1
    row = Decision.objects.get(pk=outcome.row.pk)
    assert not row.allowed and row.by == house.prescriber
    told = from_text(Facts, row.facts)
    assert (told.now, told.person.birth_date) == (house.now, child.birth_date)
    assert row.facts_digest == digest(row.facts) == outcome.decision.facts
    entry = Entry.objects.get(subject_id=row.pk)
    assert (entry.act, entry.stream) == ("door_refused", f"patient:{child.pk}")
    assert "age_below_minimum" in entry.body


@pytest.mark.django_db
def test_a_yes_is_kept_like_a_no_and_names_the_decision_it_stands_on():
    house = played(stocked=False)
    patient = person(house.cast, has_guardian=False)
    outcome = opening(house, patient)
    assert outcome.allowed and outcome.made.protocol == house.protocol
    assert Entry.objects.get(subject_id=outcome.row.pk).act == "door_passed"
    opened = Entry.objects.get(subject_id=outcome.made.pk)
    assert opened.act == "course_opened" and str(outcome.row.pk) in opened.body


@pytest.mark.django_db
def test_every_kept_decision_replays_to_the_same_findings():
    house = played()
    guest = house.guest()
    assert not guest.start(identity_confirmed=False).allowed
    house.later(minutes=1)
    day = guest.open()
    day.give("50 mg")
    assert not day.discharge().allowed
    day.settle()
    assert day.discharge().allowed
    rows = Decision.objects.filter(patient=guest.patient)
    assert {Door(row.door) for row in rows} >= {
        Door.OPEN_COURSE, Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION, Door.NEXT_SESSION,
        Door.OPEN_SESSION, Door.GIVE_DOSE, Door.DISCHARGE,
    }  # fmt: skip
    protocol = core_protocol.load(house.protocol.text)
    for row in rows:
        kept = from_text(core.Decision, row.findings)
        again = gates.decide(
            Door(row.door), from_text(Facts, row.facts), protocol, row.program_version
        )
        assert again == kept
        assert row.facts_digest == digest(row.facts) == kept.facts
        assert (row.allowed, row.protocol_digest) == (kept.allowed, protocol.digest)
        assert row.program_version == __version__


@pytest.mark.django_db
def test_a_preview_answers_like_the_door_and_keeps_nothing():
    house = played(stocked=False)
    course = house.enquirer().course
    before, entries = counts(), Entry.objects.count()
    seen = care.ask(Door.BEGIN_PREPARATION, course, by=house.therapist, now=house.now)
    assert (counts(), Entry.objects.count()) == (before, entries)
    kept = care.pass_door(Door.BEGIN_PREPARATION, course, by=house.therapist, now=house.now)
    assert kept.decision == seen


@pytest.mark.django_db
def test_a_protocol_without_its_directors_signature_opens_courses_in_a_demo_only():
    for is_demo in (True, False):
        cast = clinic_at(is_demo=is_demo)
        prescriber = member(cast, Role.PRESCRIBER)
        text = PROTOCOL.read_text()
        row = care.adopt_protocol(clinic=cast.clinic, text=text, by=cast.director, now=NOW)
        outcome = care.open_course(
            patient=person(cast, has_guardian=False), protocol=row, route=Route.IM,
            by=prescriber, now=NOW,
        )  # fmt: skip
        codes = [f.code.value for f in outcome.decision.stops]
        assert codes == ([] if is_demo else ["protocol_unsigned"])


@pytest.mark.django_db
def test_what_a_colleague_wrote_a_moment_after_i_looked_at_the_clock_is_seen_at_the_door():
    house = played(stocked=False)
    guest = house.enquirer()
    mine = house.now
    guest.house.later(seconds=5)
    guest.observe(weight=72)
    facts = loader.load(guest.course, now=mine, actor=house.prescriber)
    assert len(facts.observations) == 1


@pytest.mark.django_db
def test_a_course_is_opened_on_the_protocols_of_its_own_clinic():
    house, other = played(stocked=False), played(stocked=False)
    with pytest.raises(care.WrongInput) as wrong:
        opening(house, person(house.cast, has_guardian=False), protocol=other.protocol)
    assert wrong.value.field == "protocol"


def test_eight_openings_at_once_give_one_course_and_seven_kept_refusals(committed_db):
    house = played(stocked=False)
    patient = person(house.cast, has_guardian=False)
    together = Barrier(EIGHT)

    def attempt(_number):
        try:
            connection.ensure_connection()
            together.wait(timeout=60)
            return opening(house, patient)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EIGHT) as pool:
        outcomes = list(pool.map(attempt, range(EIGHT)))
    assert sum(outcome.allowed for outcome in outcomes) == 1
    assert Course.objects.filter(patient=patient).count() == 1
    kept = Decision.objects.filter(patient=patient)
    assert kept.count() == EIGHT and kept.filter(allowed=False).count() == EIGHT - 1
    for outcome in outcomes:
        if not outcome.allowed:
            assert [f.code.value for f in outcome.decision.stops] == ["course_already_open"]
    assert str(patient.id) not in str(verify().broken)
