"""The spine's pages: who may open them, what they show, what they log, and at what cost."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from django.utils.html import escape

from holdspace.care import actions as care
from holdspace.care import urls as care_urls
from holdspace.care.actions import Reading
from holdspace.care.actions.facts import Signed, write
from holdspace.care.actions.private import ask_for_release
from holdspace.care.events import Note, SessionEnded, StaffPlaced
from holdspace.care.models import Document, EventKind, Session, Strike
from holdspace.core.decision import Door
from holdspace.core.facts import Answer, DocumentKind, Dose, Ending, Place, Role, Route, Visit
from holdspace.core.units import Kind
from holdspace.integration import urls as integration_urls
from holdspace.people import actions as people
from holdspace.preparation import urls as preparation_urls
from holdspace.records.models import AccessEvent, AccessWhat
from holdspace.schedule import urls as schedule_urls
from holdspace.schedule.actions import Wanted
from holdspace.schedule.models import AppointmentKind
from tests.rooms.factory import played, sign
from tests.rooms.people.cast import PASSWORD, clinic_at, member

pytestmark = pytest.mark.django_db

QUERIES_OF_A_CHART = 36
HOSTILE = "<script>alert('x')</script>"
PREFIXES = {
    "chart": care_urls, "preparation": preparation_urls, "schedule": schedule_urls,
    "integration": integration_urls,
}  # fmt: skip


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def asked(guest, by=None, door=Door.CLEAR_FOR_MEDICINE):
    by = by or guest.house.prescriber
    return care.pass_door(door, care.lock_course(guest.course), by=by, now=guest.now)


def signed(guest, body="Sinus rhythm.", title="ECG", label="normal"):
    by = guest.house.nurse
    return care.sign_document(
        course=guest.course, kind=DocumentKind.ECG, title=title, body=body, meaning="I read this",
        signature=sign(by, guest.now), by=by, now=guest.now,
        signed=Signed(label=label),
    )  # fmt: skip


def noted(guest, text):
    return care.happen(
        course=guest.course, kind=EventKind.NOTE, body=Note("medical", text), at=guest.now,
        by=guest.house.nurse, now=guest.now,
    )  # fmt: skip


def owed(guest, title="Call back"):
    house = guest.house
    return care.open_task(
        clinic=house.clinic, kind="call", title=title, owner=house.therapist, by=house.nurse,
        due_at=guest.now + timedelta(days=1), now=guest.now, patient=guest.patient,
        course=guest.course,
    )  # fmt: skip


NOT_HERE = ("/file/", "/countersign/")  # no file was added, and no associate signed


def everything(guest):
    """One of each thing that an address of these rooms can name."""
    house = guest.house
    row = noted(guest, "Slept well.")
    visit = Wanted(
        AppointmentKind.PREPARATION, guest.now + timedelta(days=1), guest.now + timedelta(days=2)
    )
    booked = care.book_visit(course=guest.course, wanted=visit, by=house.coordinator, now=guest.now)
    release = ask_for_release(
        patient=guest.patient, author=house.therapist, ground="required_by_law",
        reason="Order of the district court", signature=sign(house.reviewer, guest.now),
        by=house.reviewer, now=guest.now,
    )  # fmt: skip
    letter = care.post(
        clinic=house.clinic, to=house.therapist, template="task_waiting", now=guest.now
    )
    return {
        "release_id": release.id, "message_id": letter.id,
        "patient_id": guest.patient.id, "course_id": guest.course.id, "row_id": row.id,
        "decision_id": asked(guest).row.id, "document_id": signed(guest).id,
        "task_id": owed(guest).id, "protocol_id": house.protocol.id, "appointment_id": booked.id,
        "before_id": house.protocol.id, "after_id": house.protocol.id,
        "table": "event", "number": 0, "verb": "came",
    }  # fmt: skip


def addresses(named):
    """Every address of the four rooms that names a thing, filled in with these."""
    for prefix, room in PREFIXES.items():
        for pattern in room.urlpatterns:
            assert isinstance(pattern, URLPattern)
            if not any(key.endswith("_id") for key in pattern.pattern.converters):
                continue
            route = re.sub(r"<\w+:(\w+)>", lambda m: str(named[m[1]]), str(pattern.pattern))
            yield f"/{prefix}/{route}"


def test_what_belongs_to_another_clinic_is_not_there_at_any_address(guest, screens):
    cast = clinic_at(guest.now)
    roles = (Role.PRESCRIBER, Role.THERAPIST, Role.COORDINATOR, Role.SESSION_CLINICIAN)
    browsers = [screens(guest.house)(who) for who in (member(cast, *roles), cast.director)]
    named = everything(guest)
    found = list(addresses(named))
    assert len(found) >= 18
    for browser in browsers:
        for address in found:
            assert browser.get(address).status_code in (404, 405), address
            assert browser.post(address, {"password": PASSWORD}).status_code == 404, address
    assert not Strike.objects.filter(course=guest.course).exists()


def test_what_does_not_exist_is_not_there_either(guest, screens):
    browser = screens(guest.house)(guest.house.prescriber)
    named = {key: uuid4() if isinstance(v, UUID) else v for key, v in everything(guest).items()}
    for address in addresses(named):
        assert browser.get(address).status_code in (404, 405), address


def test_the_same_addresses_are_there_for_those_whose_work_they_are(guest, screens):
    at = screens(guest.house)
    house = guest.house
    team = [at(who) for who in (house.prescriber, house.therapist, house.coordinator)]
    for address in addresses(everything(guest)):
        if address.endswith(NOT_HERE) or "/to/" in address:
            continue
        answers = [browser.get(address).status_code for browser in team]
        assert any(code in (200, 302, 405) for code in answers), (address, answers)


def test_nobody_who_is_not_signed_in_sees_anything(guest, client):
    for address in addresses(everything(guest)):
        answer = client.get(address)
        assert answer.status_code in (302, 404, 405), address
        assert answer.status_code != 302 or "/accounts/login/" in answer["Location"]


def test_the_desk_reads_no_chart_no_decision_and_no_document(guest, screens):
    named = everything(guest)
    browser = screens(guest.house)(guest.house.coordinator)
    for address in (
        f"/chart/{named['patient_id']}/",
        f"/chart/course/{named['course_id']}/",
        f"/chart/course/{named['course_id']}/therapist/",
        f"/chart/course/{named['course_id']}/decline/",
        f"/chart/course/{named['course_id']}/reopen/",
        f"/chart/document/{named['document_id']}/letter/",
        f"/chart/decision/{named['decision_id']}/",
        f"/chart/decision/{named['decision_id']}/answer/0/",
        f"/chart/document/{named['document_id']}/",
        f"/chart/strike/event/{named['row_id']}/",
        f"/preparation/{named['course_id']}/visit/",
        f"/preparation/{named['course_id']}/consent/",
        f"/integration/{named['course_id']}/visit/",
        f"/integration/{named['course_id']}/close/",
    ):
        assert browser.get(address).status_code == 404, address
    booking = browser.get(f"/chart/course/{named['course_id']}/book/")
    assert booking.status_code == 200 and b"Allergies" not in booking.content


def test_the_desk_opens_a_course_and_a_refusal_tells_it_whom_to_ask(guest, screens):
    house = guest.house
    browser = screens(house)(house.coordinator)
    typed = {
        "protocol": str(house.protocol.id), "route": "im", "therapist": str(house.therapist.id),
    }  # fmt: skip
    again = browser.post(f"/chart/{guest.patient.id}/open/", typed, follow=True)
    assert again.status_code == 200 and b"already has an open course of treatment" in again.content
    assert b"clinical hold" not in again.content
    new = people.enter_person(
        clinic=house.clinic, by=None, now=guest.now, name="Ilse Marsh", state="CO",
        birth_date=guest.patient.birth_date, has_guardian=False,
    )  # fmt: skip
    opened = browser.post(f"/chart/{new.id}/open/", typed, follow=True)
    assert opened.status_code == 200 and b"The course is open." in opened.content


def test_every_chart_document_and_decision_that_was_opened_is_in_the_access_log(guest, screens):
    named = everything(guest)
    browser = screens(guest.house)(guest.house.nurse)
    for address, what in (
        (f"/chart/{named['patient_id']}/", AccessWhat.CHART_VIEW),
        (f"/chart/document/{named['document_id']}/", AccessWhat.DOCUMENT_VIEW),
        (f"/chart/decision/{named['decision_id']}/", AccessWhat.CHART_VIEW),
        (f"/chart/tasks/{named['task_id']}/", AccessWhat.CHART_VIEW),
        (f"/preparation/{named['course_id']}/consent/", AccessWhat.CHART_VIEW),
    ):
        before = AccessEvent.objects.count()
        assert browser.get(address).status_code == 200
        event = AccessEvent.objects.get(detail=address)
        assert AccessEvent.objects.count() == before + 1, address
        assert (event.what, event.patient_id) == (what, guest.patient.id)
        assert (event.membership_id, event.detail) == (guest.house.nurse.id, address)


def test_a_private_note_opens_for_its_author_only(guest, screens):
    note = signed(guest, "For me alone.", "Private note", label="psychotherapy")
    at = screens(guest.house)
    assert at(guest.house.nurse).get(f"/chart/document/{note.id}/").status_code == 200
    assert at(guest.house.therapist).get(f"/chart/document/{note.id}/").status_code == 404


def held(guest, number):
    """A past session day with its events, two readings and a signed note."""
    at = guest.house.later(hours=1)
    by = guest.house.nurse
    session = Session.draft(
        now=at, clinic=guest.course.clinic, patient=guest.patient, course=guest.course,
        number=number, opened_at=at, by=by,
    )  # fmt: skip
    write(session, act="session_opened", now=at)
    dose = Dose(str(uuid4()), str(session.id), Route.IM, Decimal(50), at, str(by.id))
    for kind, body in (
        (EventKind.STAFF_PLACED, StaffPlaced(str(by.id), Place.IN_ROOM)),
        (EventKind.DOSE_GIVEN, dose),
        (EventKind.SESSION_ENDED, SessionEnded(Ending.DISCHARGED)),
        (EventKind.VISIT_HELD, Visit(str(uuid4()), "integration", at, str(by.id))),
    ):
        care.happen(
            course=guest.course, kind=kind, body=body, at=at, by=by, now=at, session=session
        )
    guest.observe(phq9_total=Decimal(20 - number), systolic=Decimal(120))
    found = [care.Result(f"Test {number}", Decimal(3), "U/L")]
    on = guest.house.clinic.day(at)
    care.keep_results(course=guest.course, taken_on=on, results=found, by=by, now=at)
    said = care.Diagnosed(f"Diagnosis {number}")
    care.record_diagnosis(course=guest.course, diagnosis=said, by=by, now=at)
    signed(guest, f"Note {number}", f"ECG {number}")
    asked(guest)


def test_a_chart_costs_the_same_whether_its_record_is_short_or_long(guest, screens):
    browser = screens(guest.house)(guest.house.nurse)
    address = f"/chart/{guest.patient.id}/"

    def cost():
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return [q["sql"] for q in queries]

    for number in (1, 2):
        held(guest, number)
        owed(guest)
    few = cost()
    for number in range(3, 13):
        held(guest, number)
        owed(guest)
    many = cost()
    assert len(many) == len(few), sorted(set(many) - set(few))
    assert len(many) <= QUERIES_OF_A_CHART, "\n".join(q[:150] for q in many)


def test_the_trend_draws_every_score_and_every_dose_and_says_them_again_in_a_table(guest, screens):
    for number in (1, 2):
        held(guest, number)
    page = screens(guest.house)(guest.house.nurse).get(f"/chart/{guest.patient.id}/")
    content = page.content.decode()
    trend = page.context["trend"]
    assert [p["score"] for p in trend["points"]] == [19, 18]
    assert [d["dose_mg"] for d in trend["doses"]] == [50, 50]
    svg = content[content.index("<svg viewBox", content.index("Did it help?")) :]
    svg = svg[: svg.index("</svg>")]
    assert svg.count("<circle") == 2 and svg.count("50 mg") == 2
    for score in ("19", "18"):
        assert re.search(rf'<td class="num">{score}</td>', content)


def test_yes_and_no_show_the_same_list(guest, screens):
    guest.assess()
    guest.clear()
    yes = asked(guest, guest.house.therapist, Door.BEGIN_PREPARATION)
    no = asked(guest, guest.house.nurse, Door.BEGIN_PREPARATION)
    assert yes.allowed and not no.allowed
    browser = screens(guest.house)(guest.house.nurse)
    pages = [browser.get(f"/chart/decision/{o.row.id}/") for o in (yes, no)]
    lists = [sorted(f["code"] for f in p.context["decision"]["findings"]) for p in pages]
    assert lists[0] == lists[1]
    for page, outcome in zip(pages, (yes, no), strict=True):
        content = page.content.decode()
        for finding in outcome.decision.findings:
            assert escape(finding.evidence) in content


def test_a_no_can_be_answered_from_its_page_by_a_prescriber_and_by_nobody_else(guest, screens):
    guest.assess(epilepsy=Answer.YES)
    outcome = asked(guest)
    number = next(n for n, f in enumerate(outcome.decision.findings) if f.subject == "epilepsy")
    address = f"/chart/decision/{outcome.row.id}/answer/{number}/"
    at = screens(guest.house)
    assert at(guest.house.therapist).get(address).status_code == 404
    browser = at(guest.house.prescriber)
    assert b"Record the plan" in browser.get(address).content
    wrong = browser.post(address, {"reason": "ok", "password": PASSWORD})
    assert wrong.status_code == 200 and wrong.context["form"].errors.keys() == {"reason"}
    good = {"reason": "Neurology agrees.", "password": PASSWORD}
    alone = browser.post(address, good)
    assert alone.status_code == 200 and alone.context["form"].errors.keys() == {"letter"}
    letter = guest.letter()
    assert letter.title in browser.get(address).content.decode()
    good["letter"] = str(letter.id)
    assert browser.post(address, good).status_code == 302
    found = next(f for f in asked(guest).decision.findings if f.subject == "epilepsy")
    assert found.passes and found.relief.reason == "Neurology agrees."
    last = browser.get(f"/chart/decision/{outcome.row.id}/answer/9999/")
    assert last.status_code == 404


def test_a_correction_on_its_page_names_the_field_and_keeps_the_words(guest, screens):
    row = noted(guest, "Slept well.")
    browser = screens(guest.house)(guest.house.nurse)
    address = f"/chart/strike/event/{row.id}/"
    typed = {"reason": "Other person", "belongs_to": "P-9999", "password": PASSWORD}
    page = browser.post(address, typed)
    assert page.status_code == 200 and page.context["form"].errors.keys() == {"belongs_to"}
    assert b"Other person" in page.content
    own = browser.post(address, typed | {"belongs_to": guest.patient.display_id})
    assert own.context["form"].errors.keys() == {"belongs_to"}
    theirs = guest.house.enquirer(name="Ilse Marsh")
    good = typed | {"belongs_to": theirs.patient.display_id.lower()}
    assert browser.post(address, good | {"password": "not it"}).status_code == 200
    assert browser.post(address, good).status_code == 302
    assert Strike.objects.get(struck_id=row.id).belongs_to == theirs.patient
    twice = browser.post(address, typed | {"belongs_to": ""})
    assert twice.status_code == 200 and b"struck already" in twice.content
    assert browser.get(f"/chart/strike/course/{guest.course.id}/").status_code == 404


def test_hostile_text_stays_text_on_every_page(guest, screens):
    house = guest.house
    people.change_details(
        patient=guest.patient, by=house.coordinator, now=guest.now, reason="Typed",
        name=f"Robin {HOSTILE}",
    )  # fmt: skip
    row = noted(guest, HOSTILE)
    paper = signed(guest, HOSTILE, HOSTILE)
    task = owed(guest, HOSTILE)
    by = house.nurse
    for each in (row, paper):
        care.strike(row=each, reason=HOSTILE, by=by, signature=sign(by, guest.now), now=guest.now)
    browser = screens(house)(house.nurse)
    for address in (
        f"/chart/{guest.patient.id}/",
        f"/chart/document/{paper.id}/",
        f"/chart/strike/event/{row.id}/",
        f"/chart/tasks/{task.id}/",
        "/chart/tasks/?show=all",
        f"/chart/course/{guest.course.id}/book/",
    ):
        content = browser.get(address).content.decode()
        assert HOSTILE not in content, address
        assert "&lt;script&gt;alert" in content, address
    assert Document.objects.get(pk=paper.id).body == HOSTILE


def test_an_observation_can_be_corrected_from_the_chart(guest, screens):
    (weight,) = care.observe(
        course=guest.course, readings=[Reading(Kind.WEIGHT, Decimal(72))], taken_at=guest.now,
        by=guest.house.nurse, now=guest.now,
    )  # fmt: skip
    page = screens(guest.house)(guest.house.nurse).get(f"/chart/{guest.patient.id}/")
    assert f"/chart/strike/observation/{weight.id}/" in page.content.decode()


def test_every_value_of_a_course_can_be_corrected_not_only_the_newest(guest, screens):
    for kilograms in (800, 80, 81):
        guest.observe(weight=Decimal(kilograms))
    browser = screens(guest.house)(guest.house.nurse)
    address = f"/chart/course/{guest.course.id}/values/"
    assert address in browser.get(f"/chart/{guest.patient.id}/").content.decode()
    content = browser.get(address + "?kind=weight").content.decode()
    for row in guest.course.observations.filter(kind="weight"):
        assert f"/chart/strike/observation/{row.id}/" in content
    assert screens(guest.house)(guest.house.coordinator).get(address).status_code == 404


def test_who_looks_on_is_not_told_that_they_are_somebody_else(guest, screens):
    guest.assess()
    guest.clear()
    page = screens(guest.house)(guest.house.nurse).get(f"/chart/{guest.patient.id}/")
    codes = [f["code"] for f in page.context["decision"]["findings"]]
    assert "role_not_permitted" not in codes
    therapist = screens(guest.house)(guest.house.therapist).get(f"/chart/{guest.patient.id}/")
    assert therapist.context["next_step"]["label"] in (
        "Begin preparation", "Write the preparation visit",
    )  # fmt: skip
