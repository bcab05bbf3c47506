"""A new fact suspends the clearance in the moment it is written; struck, it never happened."""

from __future__ import annotations

from decimal import Decimal

import pytest

from holdspace.care import actions as care
from holdspace.care.events import AdverseEvent, RescueDrug
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Event, EventKind, Task
from holdspace.core import facts as core
from holdspace.core.course import suspension
from holdspace.core.decision import Door
from holdspace.core.diagnoses import DiagnosisStatus
from holdspace.core.facts import Answer, DocumentKind, Ending
from holdspace.core.gates import decide
from holdspace.medicine import actions as medicine
from tests.rooms.factory import Guest, House, played, readings, sign
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return played(stocked=False)


def suspended(guest: Guest) -> list[Event]:
    return list(guest.course.events.filter(kind=EventKind.CLEARANCE_SUSPENDED))


def why(guest: Guest) -> str:
    facts = load(guest.course, now=guest.now)
    paper = facts.document(DocumentKind.CLEARANCE)
    found = suspension(facts, protocol_of(guest.course), paper)
    return found.what if found else ""


def answered(guest: Guest, key: str, given: Answer = Answer.YES) -> None:
    said = core.Condition(key, given, guest.now, str(guest.house.nurse.id))
    care.take_history(course=guest.course, conditions=(said,), by=guest.house.nurse, now=guest.now)


def named(guest: Guest, *names: str) -> None:
    by = guest.house.nurse
    taken = tuple(core.Medication(name, "", guest.now, str(by.id)) for name in names)
    care.take_history(course=guest.course, medications=taken, by=by, now=guest.now)


def test_a_new_diagnosis_suspends_says_why_and_is_owned(house: House) -> None:
    guest = house.guest()
    answered(guest, "hypertension_treated")
    (event,) = suspended(guest)
    assert event.at == guest.now and event.label == "sensitive"
    assert why(guest).startswith("new in the history")
    task = Task.objects.get(course=guest.course, kind="clearance_suspended")
    assert task.owner == house.prescriber
    chart = signed_in(house.therapist).get(f"/chart/{guest.patient.id}/").content.decode()
    assert "Clearance suspended: new in the history" in chart


def test_the_same_answer_and_the_same_medicines_again_are_not_new(house: House) -> None:
    guest = house.enquirer()
    guest.assess(hypertension_treated=Answer.NO)
    named(guest, "Melatonin")
    house.later(minutes=5)
    guest.clear()
    house.later(days=1)
    answered(guest, "hypertension_treated", Answer.NO)
    named(guest, "melatonin ")
    assert why(guest) == "" and not suspended(guest)
    named(guest, "Melatonin", "Sertraline")
    assert why(guest) == "new medicine: Sertraline"


def test_a_new_clearance_ends_it_and_the_next_new_fact_suspends_again(house: House) -> None:
    guest = house.guest()
    named(guest, "Melatonin")
    assert why(guest)
    house.later(minutes=5)
    guest.clear()
    assert why(guest) == ""
    house.later(minutes=5)
    named(guest, "Melatonin", "Sertraline")
    assert why(guest) == "new medicine: Sertraline"
    assert len(suspended(guest)) == 2


@pytest.mark.parametrize("grade", [1, 2, 3, 4])
def test_an_adverse_event_suspends_from_grade_three_and_struck_no_longer(
    house: House, grade: int
) -> None:
    day = house.guest().open()
    row = medicine.adverse_event(
        **day.common, event=AdverseEvent(term="Syncope", grade=grade), at=day.now, by=house.nurse
    )
    assert bool(why(day.guest)) is (grade >= 3)
    if grade < 3:
        return
    house.later(minutes=1)
    care.strike(
        row=row, reason="Another person's", signature=sign(house.director, house.now),
        by=house.director, now=house.now,
    )  # fmt: skip
    assert why(day.guest) == ""
    assert suspended(day.guest), "that it was suspended stays in the record"


def test_a_rescue_drug_suspends_and_is_owed_two_reviews(house: House) -> None:
    day = house.guest().open()
    medicine.rescue_drug(
        **day.common, drug=RescueDrug("Ondansetron", "4 mg IV"), at=day.now, by=house.nurse
    )
    assert why(day.guest) == "rescue drug: Ondansetron 4 mg IV"
    owners = Task.objects.filter(kind="adverse_event_review", course=day.guest.course)
    assert {t.owner for t in owners} == {house.director, house.prescriber}
    with pytest.raises(care.WrongInput, match="amount"):
        medicine.rescue_drug(
            **day.common, drug=RescueDrug("Ondansetron", " "), at=day.now, by=house.nurse
        )


def test_a_transfer_suspends_and_its_own_finding_keeps_the_next_session_shut(house: House) -> None:
    day = house.guest().open()
    event = medicine.end_session(
        **day.common, ending=Ending.TRANSFERRED, by=house.nurse, reason="Chest pain; EMS"
    )
    assert why(day.guest) == "transferred from a session"

    def stops() -> dict[str, str]:
        found = care.ask(Door.NEXT_SESSION, day.guest.course, by=house.coordinator, now=house.now)
        return {f.code.value: f.evidence for f in found.stops}

    assert "prescriber's review and a review" in stops()["transfer_unreviewed"]
    for by in (house.prescriber, house.director):
        medicine.review_adverse_event(
            **day.common, event=str(event.id), conclusion="Seen at the hospital; well.",
            signature=sign(by, house.now), by=by,
        )  # fmt: skip
    assert "transfer_unreviewed" not in stops()
    assert "clearance_suspended" in stops(), "a physician still has to clear anew"


def test_after_a_death_no_task_that_is_closed_opens_a_door(house: House) -> None:
    day = house.guest().open()
    medicine.end_session(**day.common, ending=Ending.DIED, by=house.nurse, reason="Died here")
    Task.objects.filter(course=day.guest.course).update(closed_at=house.now)
    found = care.ask(Door.NEXT_SESSION, day.guest.course, by=house.coordinator, now=house.now)
    assert "person_died" in {f.code.value for f in found.stops}


PRIVATE = ("pregnan", "positive", "test result")


def test_a_positive_pregnancy_test_suspends_without_being_named(house: House) -> None:
    guest = house.guest()
    care.observe(
        course=guest.course, readings=readings(pregnancy_test="positive"), taken_at=guest.now,
        by=house.nurse, now=guest.now,
    )  # fmt: skip
    (event,) = suspended(guest)
    task = Task.objects.get(course=guest.course, kind="clearance_suspended")
    for text in (why(guest), event.body, task.title):
        assert not any(word in text.lower() for word in PRIVATE), text
    desk = signed_in(house.coordinator)
    for address in (
        f"/people/{guest.patient.id}/",
        f"/chart/course/{guest.course.id}/book/",
        "/chart/tasks/?show=open",
    ):
        answer = desk.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode().lower()
        assert not any(word in page for word in PRIVATE), address


def test_who_ordered_or_gave_the_dose_is_no_uninvolved_reviewer() -> None:
    house = played()
    day = house.guest().open()
    day.give("50 mg")
    row = medicine.adverse_event(
        **day.common, event=AdverseEvent(term="Apnoea", grade=3), at=day.now, by=house.nurse
    )
    medicine.review_adverse_event(
        **day.common, event=str(row.id), conclusion="Repositioned; breathing at once.",
        signature=sign(house.prescriber, house.now), by=house.prescriber,
    )  # fmt: skip
    facts = load(day.guest.course, now=house.now, session=day.session)
    (event,) = facts.adverse_events
    assert set(event.involved) == {str(house.prescriber.id), str(house.nurse.id)}
    assert event.reviewed_by_prescriber == (str(house.prescriber.id),)
    found = care.ask(
        Door.FURTHER_DOSE, day.guest.course, by=house.nurse, now=house.now, session=day.session
    )
    finding = next(f for f in found.stops if f.code == "adverse_event_unreviewed")
    assert "somebody who was not involved missing" in finding.evidence
    page = signed_in(house.director).get(f"/medicine/session/{day.session.id}/").content.decode()
    assert "Doses wait for a review by somebody who was not involved" in page
    assert house.director.signed_name in page


def test_a_mild_fact_opens_nothing(house: House) -> None:
    guest = house.guest()
    guest.observe(weight=Decimal(73), pregnancy_test="negative")
    assert why(guest) == "" and not suspended(guest)


# --- diagnoses that are entered as such ---------------------------------------------------------


def diagnosed(guest: Guest, words: str, code: str = "", **more: object) -> Event:
    said = care.Diagnosed(words, code, **more)  # type: ignore[arg-type]
    by = guest.house.nurse
    return care.record_diagnosis(course=guest.course, diagnosis=said, by=by, now=guest.now)


def test_a_coded_diagnosis_suspends_in_the_words_of_the_history_and_is_owned(house: House) -> None:
    guest = house.guest()
    row = diagnosed(guest, "Found on a scan", "I71.40")
    (event,) = suspended(guest)
    assert why(guest) == "new in the history: Aneurysm (I71.40)"
    assert str(row.id) in (event.body or "")
    task = Task.objects.get(course=guest.course, kind="clearance_suspended")
    assert task.owner == house.prescriber


def test_cleared_anew_it_refuses_until_the_entry_is_struck(house: House) -> None:
    guest = house.guest()
    row = diagnosed(guest, "Found on a scan", "I71.40")
    house.later(minutes=5)
    by, now = house.prescriber, guest.now
    refused = care.pass_door(
        Door.CLEAR_FOR_MEDICINE, care.lock_course(guest.course), by=by, now=now
    )
    assert [f.code for f in refused.decision.stops] == ["contraindication_present"]
    care.strike(row=row, reason="another person's scan", signature=sign(by, now), by=by, now=now)
    assert why(guest) == ""
    guest.clear()


def test_a_diagnosis_known_before_the_clearance_is_no_news_when_it_is_said_again(
    house: House,
) -> None:
    guest = house.enquirer()
    guest.assess()
    first = diagnosed(guest, "Migraine")
    resolved = diagnosed(guest, "Cystitis", "N30.90", status=DiagnosisStatus.RESOLVED)
    house.later(minutes=5)
    guest.clear()
    house.later(days=1)
    diagnosed(guest, "Migraine", continues=str(first.id))
    again = diagnosed(
        guest, "Cystitis", "N30.90", status=DiagnosisStatus.RESOLVED, continues=str(resolved.id)
    )
    assert why(guest) == "" and not suspended(guest)
    assert not Task.objects.filter(kind="diagnosis_by_hand").exists()
    house.later(days=1)
    diagnosed(guest, "Cystitis", "N30.90", continues=str(again.id))  # it came back
    assert why(guest).startswith("new in the history: ")


def test_one_that_maps_to_nothing_goes_to_the_prescriber_and_holds_the_dose(house: House) -> None:
    guest = house.guest()
    diagnosed(guest, "Brugada syndrome")
    assert why(guest) == "" and not suspended(guest)
    task = Task.objects.get(course=guest.course, kind="diagnosis_by_hand")
    assert task.owner == house.prescriber
    facts = load(guest.course, now=guest.now, actor=house.nurse)
    decision = decide(Door.OPEN_SESSION, facts, protocol_of(guest.course), "test")
    assert "diagnosis_not_mapped" in {f.code for f in decision.stops}
    chart = signed_in(house.prescriber).get(f"/chart/{guest.patient.id}/").content.decode()
    assert "Not mapped: review by hand" in chart


def test_before_a_clearance_nobody_is_called_for_a_diagnosis(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    diagnosed(guest, "Brugada syndrome")
    diagnosed(guest, "Found on a scan", "I71.40")
    assert not Task.objects.filter(course=guest.course).exists()
