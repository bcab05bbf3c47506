"""An ECG, laboratory values and diagnoses: kept as rows, listed with their age, struck."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from holdspace.care import actions as care
from holdspace.care.actions import Diagnosed, Result, Traced, WrongInput
from holdspace.care.facts import load
from holdspace.care.models import Event, EventKind
from holdspace.core.diagnoses import DiagnosisStatus, OnsetKnown, SaidBy
from holdspace.core.facts import Facts, Route
from holdspace.core.units import Kind
from holdspace.records.verify import verify
from tests.rooms.factory import Guest, House, played, sign
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db

ALT = Result("sgpt", Decimal(31), "U/L", "7–55")


@pytest.fixture
def house() -> House:
    return played(now=timezone.now().replace(microsecond=0), stocked=False)


def today(guest: Guest) -> date:
    return guest.house.clinic.day(guest.now)


def keep(guest: Guest, **more: Any) -> list[Event]:
    by = guest.house.prescriber
    return care.keep_results(course=guest.course, by=by, now=guest.now, **more)


def diagnose(guest: Guest, words: str = "", code: str = "", **more: Any) -> Event:
    said = Diagnosed(words, code, **more)
    by = guest.house.prescriber
    return care.record_diagnosis(course=guest.course, diagnosis=said, by=by, now=guest.now)


def facts(guest: Guest) -> Facts:
    return load(guest.course, now=guest.now + timedelta(minutes=30))


def test_each_result_is_a_row_with_its_code_unit_reference_day_and_laboratory(
    house: House,
) -> None:
    guest = house.enquirer()
    on = today(guest) - timedelta(days=40)
    rows = keep(
        guest, ecg=Traced(on, "Sinus rhythm, 62/min.", Decimal(412), "Foothill Cardiology"),
        taken_on=on + timedelta(days=1), place="Front Range Lab",
        results=(ALT, Result("Urinalysis", words="clear"), Result("Zinc", Decimal(12), "µmol/L")),
    )  # fmt: skip
    assert len(rows) == 4
    ecg, *labs = facts(guest).investigations
    assert (ecg.taken_on, ecg.text) == (on, "Sinus rhythm, 62/min; QTc 412 ms")
    assert [(r.name, r.loinc, r.text, r.reference) for r in labs] == [
        ("ALT", "1742-6", "31 U/L", "7–55"),
        ("Urinalysis", "24356-8", "clear", ""),
        ("Zinc", "", "12 µmol/L", ""),
    ]
    assert {r.laboratory for r in labs} == {"Front Range Lab"}
    qtc = facts(guest).latest(Kind.QTC)
    assert qtc is not None and qtc.number == 412 and house.clinic.day(qtc.taken_at) == on


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("a number without its unit", {"results": [Result("ALT", Decimal(31))]}, "ALT"),
    ("of a test of no table", {"results": [Result("Zinc", Decimal(12))]}, "Zinc"),
    ("another test's unit", {"results": [Result("ALT", Decimal(31), "mg/dL")]}, "ALT"),
    ("a unit of nothing", {"results": [Result("Zinc", Decimal(3), "spoons")]}, "Zinc"),
    ("not plausible", {"results": [Result("Potassium", Decimal(41), "mmol/L")]}, "Potassium"),
    ("no result", {"results": [Result("ALT")]}, "ALT"),
    ("no test", {"results": [Result("  ", Decimal(3), "U/L")]}, "results"),
    ("no day", {"results": [ALT], "taken_on": None}, "lab_on"),
    ("blood of tomorrow", {"results": [ALT], "taken_on": 1}, "lab_on"),
    ("blood before birth", {"results": [ALT], "taken_on": -40000}, "lab_on"),
    ("an ECG of tomorrow", {"ecg": (1, "Sinus", None)}, "ecg_on"),
    ("an ECG that says nothing", {"ecg": (0, " ", None)}, "ecg_finding"),
    ("a QTc of 299", {"ecg": (0, "", Decimal(299))}, "qtc"),
    ("a QTc of 701", {"ecg": (0, "", Decimal(701))}, "qtc"),
]


@pytest.mark.parametrize(("given", "field"), [r[1:] for r in WRONG], ids=[r[0] for r in WRONG])
def test_what_cannot_be_is_refused_by_name_and_nothing_of_it_is_kept(
    house: House, given: dict[str, Any], field: str
) -> None:
    guest = house.enquirer()
    given = {"taken_on": 0} | given
    if isinstance(given["taken_on"], int):
        given["taken_on"] = today(guest) + timedelta(days=given["taken_on"])
    if "ecg" in given:
        days, words, qtc = given["ecg"]
        given["ecg"] = Traced(today(guest) + timedelta(days=days), words, qtc)
    good = [Result("AST", Decimal(20), "U/L")] if given["taken_on"] else []
    with pytest.raises(WrongInput) as wrong:
        keep(guest, **given | {"results": [*good, *given.get("results", [])]})
    assert wrong.value.field == field and wrong.value.accepted
    assert not facts(guest).investigations


@pytest.mark.parametrize("qtc", [300, 700])
def test_a_qtc_at_its_plausible_ends_is_kept(house: House, qtc: int) -> None:
    guest = house.enquirer()
    keep(guest, ecg=Traced(today(guest), "", Decimal(qtc)))
    assert facts(guest).investigations[0].qtc_ms == qtc


def test_a_diagnosis_keeps_its_code_its_beginning_its_state_and_who_said_it(house: House) -> None:
    guest = house.enquirer()
    diagnose(
        guest, "Falling sickness", "g40.909", status=DiagnosisStatus.REMISSION,
        onset=date(2019, 5, 1), onset_known=OnsetKnown.MONTH, said_by=SaidBy.OUTSIDE,
        who="Dr Sayed",
    )  # fmt: skip
    (found,) = facts(guest).diagnoses
    assert (found.words, found.icd10, found.status) == ("Falling sickness", "G40.909", "remission")
    assert (found.onset, found.onset_known, found.who) == (date(2019, 5, 1), "month", "Dr Sayed")
    assert found.by == str(house.prescriber.id) and found.since == guest.now


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("a code of no list", {"words": "x", "code": "Q99.99"}, "icd10"),
    ("nothing", {}, "words"),
    ("a beginning to come", {"words": "x", "onset": 1, "onset_known": OnsetKnown.DAY}, "onset"),
    ("before birth", {"words": "x", "onset": -40000, "onset_known": OnsetKnown.DAY}, "onset"),
    ("known, but no day", {"words": "x", "onset_known": OnsetKnown.DAY}, "onset"),
    ("a day, but not known", {"words": "x", "onset": 0}, "onset"),
]


@pytest.mark.parametrize(("given", "field"), [r[1:] for r in BAD], ids=[r[0] for r in BAD])
def test_a_diagnosis_that_cannot_be_is_refused_by_name(
    house: House, given: dict[str, Any], field: str
) -> None:
    guest = house.enquirer()
    if "onset" in given:
        given = given | {"onset": today(guest) + timedelta(days=given["onset"])}
    with pytest.raises(WrongInput) as wrong:
        diagnose(guest, **given)
    assert wrong.value.field == field and wrong.value.accepted
    assert not facts(guest).diagnoses


def test_a_struck_row_stops_counting_and_stays_readable(house: House) -> None:
    guest = house.enquirer()
    keep(guest, ecg=Traced(today(guest), "Sinus rhythm.", Decimal(412)))
    diagnose(guest, "Asthma")
    for row in guest.course.events.filter(
        kind__in=[EventKind.INVESTIGATION_REPORTED, EventKind.DIAGNOSIS_RECORDED]
    ):
        by = house.prescriber
        care.strike(
            row=row, reason="another person's", signature=sign(by, guest.now), by=by, now=guest.now
        )
    known = facts(guest)
    assert not known.investigations and not known.diagnoses and known.latest(Kind.QTC) is None
    page = signed_in(house.nurse).get(f"/chart/course/{guest.course.id}/results/")
    said = page.content.decode()
    assert said.count('class="struck"') == 2 and "another person&#x27;s" in said
    assert verify().broken is None


def reopened(guest: Guest) -> Guest:
    """The same person in a course of their own that began a day after this one was closed."""
    house = guest.house
    closed = care.close_course(
        course=guest.course, summary="No medicine was given.", outcome_words="no change",
        signature=sign(house.therapist, guest.now), by=house.therapist, now=guest.now,
    )  # fmt: skip
    assert closed.allowed
    house.later(days=1)
    opened = care.open_course(
        patient=guest.patient, protocol=guest.course.protocol, route=Route.IM,
        by=house.coordinator, now=guest.now,
    )  # fmt: skip
    return Guest(house, guest.patient, opened.made)


def test_what_is_known_of_a_person_is_known_in_the_next_course_and_of_nobody_else(
    house: House,
) -> None:
    guest = house.enquirer()
    keep(guest, ecg=Traced(today(guest), "Sinus rhythm."))
    first = diagnose(guest, "Asthma")
    again = reopened(guest)
    assert [d.id for d in facts(again).diagnoses] == [str(first.id)]
    assert [r.title for r in facts(again).investigations] == ["ECG"]
    diagnose(again, "Asthma")
    assert len(facts(again).diagnoses) == 1
    by = house.prescriber
    care.strike(row=first, reason="a slip", signature=sign(by, guest.now), by=by, now=guest.now)
    assert [d.since for d in facts(again).diagnoses] == [guest.now]
    assert not facts(house.enquirer()).diagnoses


def test_the_chart_lists_them_with_date_age_and_who_entered_them(house: House) -> None:
    guest = house.enquirer()
    keep(guest, taken_on=today(guest) - timedelta(days=400), results=[ALT], place="Front Range")
    diagnose(guest, "Aneurysm", "I71.40")
    diagnose(guest, "Asthma", said_by=SaidBy.PERSON)
    page = signed_in(house.nurse).get(f"/chart/{guest.patient.id}/").content.decode()
    for words in (
        "31 U/L", "LOINC 1742-6", "7–55", "13 months old", "Front Range", "I71.40",
        house.prescriber.signed_name, "The person says so", "Not mapped: review by hand",
    ):  # fmt: skip
        assert words in page, words
    assert page.count("Not mapped: review by hand") == 1


def typed(**changes: str) -> dict[str, str]:
    return {"ecg_on": "2026-01-05", "ecg_finding": "Sinus rhythm.", "qtc": "412"} | changes


def test_results_that_come_in_later_are_typed_on_a_page_of_their_own(house: House) -> None:
    guest = house.enquirer()
    page = signed_in(house.prescriber).post(
        f"/chart/course/{guest.course.id}/results/add/",
        typed(lab_on="2026-01-06", alt="31", ref_alt="7-55", test_0="tsh", result_0="1.2 mIU/L",
              test_1="Hepatitis B surface antigen", result_1="negative"),
    )  # fmt: skip
    assert page.status_code == 302
    assert [r.text for r in facts(guest).investigations] == [
        "Sinus rhythm; QTc 412 ms", "31 U/L", "1.2 mIU/L", "negative",
    ]  # fmt: skip


def test_the_same_form_sent_twice_charts_once_and_says_so(house: House) -> None:
    guest = house.enquirer()
    address = f"/chart/course/{guest.course.id}/results/add/"
    sent = typed(lab_on="2026-01-06", alt="31", test_0="TSH", result_0="1.2 mIU/L")
    browser = signed_in(house.prescriber)
    assert "Kept: 3 results" in browser.post(address, sent, follow=True).content.decode()
    repeated = browser.post(address, sent, follow=True).content.decode()
    assert "On file already, word for word: 3 results" in repeated and "Kept:" not in repeated
    more = browser.post(address, sent | {"ast": "20"}, follow=True).content.decode()
    assert "Kept: 1 results" in more and "word for word: 3 results" in more
    assert len(facts(guest).investigations) == 4


DIFFERENT = [
    ("another number", {"result": replace(ALT, value=Decimal(32))}),
    ("another reference range", {"result": replace(ALT, reference="5–40")}),
    ("another day", {"days": 1}),
    ("another laboratory", {"place": "Mesa Lab"}),
]


@pytest.mark.parametrize("changes", [row[1] for row in DIFFERENT], ids=[r[0] for r in DIFFERENT])
def test_what_differs_in_anything_that_was_reported_is_an_entry_of_its_own(
    house: House, changes: dict[str, Any]
) -> None:
    guest = house.enquirer()
    for said in ({}, changes):
        on = today(guest) - timedelta(days=said.get("days", 0))
        keep(guest, taken_on=on, results=(said.get("result", ALT),), place=said.get("place", ""))
    assert len(facts(guest).investigations) == 2


def test_a_result_that_was_struck_may_be_entered_again(house: House) -> None:
    guest = house.enquirer()
    (row,) = keep(guest, taken_on=today(guest), results=(ALT,))
    assert keep(guest, taken_on=today(guest), results=(ALT,)) == []
    by = house.prescriber
    care.strike(row=row, reason="a slip", signature=sign(by, guest.now), by=by, now=guest.now)
    assert len(keep(guest, taken_on=today(guest), results=(ALT,))) == 1
    assert len(facts(guest).investigations) == 1


TYPED = [
    ("a number without its unit", {"test_0": "TSH", "result_0": "1.2"}, "result_0", "no unit"),
    ("a unit it has not", {"test_0": "TSH", "result_0": "1.2 g/L"}, "result_0", "not a unit"),
    ("a comma", {"test_0": "TSH", "result_0": "1,2 mIU/L"}, "result_0", "write a point"),
    ("not plausible", {"test_0": "K", "result_0": "41 mmol/L"}, "result_0", "plausible"),
    ("a result of nothing", {"result_0": "12 U/L"}, "test_0", "Accepted: its name"),
    ("a test without result", {"test_0": "TSH"}, "result_0", "No result"),
    ("words for a number", {"test_0": "TSH", "result_0": "high"}, "result_0", "no number"),
    ("blood of tomorrow", {"lab_on": "2999-01-01", "alt": "31"}, "lab_on", "until today"),
    ("an ECG of tomorrow", {"ecg_on": "2999-01-01"}, "ecg_on", "until today"),
    ("an ECG that says nothing", {"ecg_finding": "", "qtc": ""}, "ecg_finding", "says something"),
    ("a QTc of 900", {"qtc": "900"}, "qtc", "outside what is plausible"),
    ("a QTc without its day", {"ecg_on": "", "ecg_finding": ""}, "ecg_on", "needs its day"),
]


@pytest.mark.parametrize(
    ("changes", "field", "said"), [row[1:] for row in TYPED], ids=[row[0] for row in TYPED]
)
def test_the_page_says_what_it_takes_and_all_that_was_typed_comes_back(
    house: House, changes: dict[str, str], field: str, said: str
) -> None:
    guest = house.enquirer()
    sent = typed(lab_on="2026-01-06") | changes
    page = signed_in(house.prescriber).post(f"/chart/course/{guest.course.id}/results/add/", sent)
    assert page.status_code == 200
    form = page.context["form"]
    assert said in " ".join(form.errors[field])
    for name, value in sent.items():
        assert form[name].value() == value, name
    assert not facts(guest).investigations


def test_an_empty_page_of_results_keeps_nothing(house: House) -> None:
    guest = house.enquirer()
    page = signed_in(house.prescriber).post(f"/chart/course/{guest.course.id}/results/add/", {})
    assert "Nothing was entered" in page.content.decode()


def test_a_diagnosis_is_changed_by_a_new_entry_and_the_old_one_stays(house: House) -> None:
    guest = house.enquirer()
    old = diagnose(guest, "Epilepsy", "G40.909")
    browser = signed_in(house.prescriber)
    address = f"/chart/course/{guest.course.id}/diagnosis/"
    shown = browser.get(f"{address}?of={old.id}").content.decode()
    assert 'value="G40.909"' in shown
    sent = {"diagnosis_0": "Epilepsy", "icd10_0": "G40.909", "status_0": "remission",
            "onset_0": "2012", "said_by_0": "outside", "who_0": "Dr Sayed"}  # fmt: skip
    assert browser.post(f"{address}?of={old.id}", sent | {"said_by_0": ""}).status_code == 200
    page = browser.post(f"{address}?of={old.id}", sent, follow=True)
    assert "counts as: Epilepsy" in page.content.decode()
    (now,) = facts(guest).diagnoses
    assert (now.status, now.continues) == ("remission", str(old.id))
    every = browser.get(f"/chart/course/{guest.course.id}/results/").content.decode()
    assert every.count(">Epilepsy <") == 2


# who says it, what they say of "Epilepsy since 2012", whether it stands
TAKEN_BACK = [
    ("prescriber", {"status_0": "resolved"}, True),
    ("prescriber", {"icd10_0": "", "diagnosis_0": "Fainting"}, True),
    ("therapist", {}, True),
    ("therapist", {"status_0": "remission"}, False),
    ("therapist", {"status_0": "resolved"}, False),
    ("therapist", {"onset_0": "1999"}, False),
    ("therapist", {"onset_0": ""}, False),
    ("therapist", {"icd10_0": "", "diagnosis_0": "Fainting"}, False),
    ("therapist", {"icd10_0": "I10"}, False),
    ("nurse", {"status_0": "resolved"}, False),
]


@pytest.mark.parametrize(("who", "said", "stands"), TAKEN_BACK, ids=str)
def test_what_answers_a_question_is_taken_back_by_a_prescriber_alone(
    house: House, who: str, said: dict[str, str], stands: bool
) -> None:
    guest = house.enquirer()
    on = {"onset": date(2012, 1, 1), "onset_known": OnsetKnown.YEAR}
    old = diagnose(guest, "Epilepsy", "G40.909", **on)
    sent = {"diagnosis_0": "Epilepsy", "icd10_0": "G40.909", "status_0": "active",
            "onset_0": "2012", "said_by_0": "person", "who_0": "at the desk"} | said  # fmt: skip
    browser = signed_in(getattr(house, who))
    answer = browser.post(f"/chart/course/{guest.course.id}/diagnosis/?of={old.id}", sent)
    (now,) = facts(guest).diagnoses
    assert (answer.status_code == 302, now.id != str(old.id)) == (stands, stands)
    if not stands:
        page = answer.content.decode()
        assert "a prescriber says that it is over" in page and 'value="at the desk"' in page


def test_whoever_hears_it_may_take_back_what_answers_no_question_or_make_it_worse(
    house: House,
) -> None:
    guest = house.enquirer()
    for words, code, before, after in (
        ("Hay fever", "", DiagnosisStatus.ACTIVE, DiagnosisStatus.RESOLVED),
        ("Epilepsy", "G40.909", DiagnosisStatus.REMISSION, DiagnosisStatus.ACTIVE),
        ("Schizophrenia", "F20.9", DiagnosisStatus.RESOLVED, DiagnosisStatus.ACTIVE),
    ):
        old = diagnose(guest, words, code, status=before)
        new = Diagnosed(words, code, after, continues=str(old.id))
        care.record_diagnosis(course=guest.course, diagnosis=new, by=house.therapist, now=guest.now)


def test_a_page_that_a_colleague_has_overtaken_changes_nothing_and_says_so(house: House) -> None:
    guest = house.enquirer()
    old = diagnose(guest, "Epilepsy", "G40.909")
    newer = diagnose(guest, "Epilepsy", "G40.909", continues=str(old.id))
    browser, address = signed_in(house.therapist), f"/chart/course/{guest.course.id}/diagnosis/"
    sent = {"diagnosis_0": "Epilepsy", "icd10_0": "G40.909", "status_0": "resolved",
            "onset_0": "", "said_by_0": "person"}  # fmt: skip
    late = browser.post(f"{address}?of={old.id}", sent)
    assert late.status_code == 200 and "meanwhile: look again" in late.content.decode()
    assert late.context["form"]["status_0"].value() == "resolved", "nothing typed is lost"
    (now,) = facts(guest).diagnoses
    assert (now.id, now.status) == (str(newer.id), "active")
    looked = browser.get(f"{address}?of={old.id}")
    assert looked.status_code == 302 and looked.url.endswith("/results/")
    every = browser.get(looked.url).content.decode()
    assert f"?of={newer.id}" in every and f"?of={old.id}" not in every


def test_seen_from_an_older_course_the_newest_word_of_the_person_counts(house: House) -> None:
    guest = house.enquirer()
    diagnose(guest, "Schizophrenia", "F20.9", status=DiagnosisStatus.RESOLVED)
    again = reopened(guest)
    newest = diagnose(again, "Schizophrenia", "F20.9")
    for one in (guest, again):
        assert [(d.id, d.status) for d in facts(one).diagnoses] == [(str(newest.id), "active")]


def test_who_may_not_write_there_finds_nothing(house: House) -> None:
    guest = house.enquirer()
    address = f"/chart/course/{guest.course.id}"
    assert signed_in(house.therapist).get(f"{address}/results/add/").status_code == 404
    assert signed_in(house.coordinator).get(f"{address}/results/").status_code == 404
    assert signed_in(house.coordinator).get(f"{address}/diagnosis/").status_code == 404
