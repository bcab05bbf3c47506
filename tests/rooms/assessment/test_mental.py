"""The therapist's assessment on its page: what is asked, what is kept, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdspace.assessment.text import ANSWERS
from holdspace.care import actions as care
from holdspace.care.facts import happenings, load, protocol_of
from holdspace.care.models import Course, EventKind, Task
from holdspace.core.codes import Code
from holdspace.core.facts import Answer, AskedIn, DocumentKind
from holdspace.core.mental import ASKS, Ever, Heard
from holdspace.core.units import Kind
from tests.rooms.assessment.forms import asq, mental_health
from tests.rooms.assessment.test_evaluations import house as house
from tests.rooms.assessment.test_evaluations import send as evaluate
from tests.rooms.factory import House
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


def address(course: Course) -> str:
    return f"/assessment/{course.id}/mental-health/"


def screen(house: House, course: Course, **answers: str) -> None:
    signed_in(house.therapist).post(f"/assessment/{course.id}/screen/", asq() | answers)


def assess(house: House, course: Course, **changes: Any) -> Any:
    """Screened if nobody was yet, then the page sent as a therapist would."""
    if not course.observations.filter(kind="suicide_screen").exists():
        screen(house, course)
    return signed_in(house.therapist).post(address(course), mental_health(**changes))


def answered(course: Course) -> dict[str, Answer]:
    facts = load(course, now=datetime.now(UTC))
    heard = [c for c in facts.conditions if c.asked_in is AskedIn.MENTAL_HEALTH]
    return {c.key: c.answer for c in heard}


def signed(course: Course) -> str:
    return course.documents.filter(kind="mental_health_assessment").order_by("-version")[0].body


# --- what is kept


def test_one_act_keeps_the_answers_the_whole_and_the_signed_text(house: House) -> None:
    course = house.enquirer().course
    assert assess(house, course).status_code == 302
    assert answered(course) == dict.fromkeys(ASKS, Answer.NO)
    (told,) = [h for h in happenings(course) if h.kind is EventKind.MENTAL_HEALTH_ASSESSED]
    assert (told.body.indication, told.body.hopes) == (("F33.1",), "To sleep.")
    row = course.documents.get()
    assert (row.kind, row.label) == ("mental_health_assessment", "sensitive")
    paper = load(course, now=datetime.now(UTC)).document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    assert (paper.verdict, paper.asks) == ("suitable", ASKS)
    assert not Task.objects.filter(course=course).exists()


def test_the_signed_text_reads_without_the_program(house: House) -> None:
    course = house.enquirer().course
    assess(
        house, course, psychosis="past", when_psychosis="2009-03", trauma="yes",
        trauma_words="A fire.", attempts="past", when_attempts="2011", means_safe="yes",
        safety_plan="yes", fears="Losing control.", against="Lives alone.",
        recommendation="suitable_with", on_condition="A psychiatrist’s letter.",
        for_prescriber="Startles easily.", therapy="yes", outside_agreed="no",
        outside_therapist="R. Moss, 303 555 0144", ketamine="in_care",
    )  # fmt: skip
    text = signed(course)
    for words in (
        "Indication (ICD-10-CM)\nF33.1 Major depressive disorder, recurrent, moderate",
        "Psychosis: hearing, seeing or believing what others do not: past, 2009-03",
        "Trauma that the person wants known: yes\nA fire.",
        "Suicide-risk screen (ASQ), from the record\nnegative, 20",
        "Suicide attempts; the most recent: past, 2011",
        "A safety plan is made, and the person has it: yes",
        "Ketamine before: in care only", "Outside therapist: R. Moss, 303 555 0144",
        "The person agrees that we speak with the outside therapist: no",
        "What speaks against it\nLives alone.",
        "Recommendation: suitable, with a condition\nWith: A psychiatrist’s letter.",
        "For the prescriber\nStartles easily.",
    ):  # fmt: skip
        assert words in text, words


# What is answered, and the question of the history that is answered by it.
BECOMES = [
    ({"psychosis": "past", "when_psychosis": "2009"}, {"psychotic_disorder": "yes"}),
    ({"psychosis": "now"}, {"psychotic_disorder": "yes"}),
    ({"psychosis": "not_asked"}, {"psychotic_disorder": "not_known"}),
    ({"mania": "past", "when_mania": "not known"}, {"bipolar_disorder": "yes"}),
    ({"mania": "now"}, {"bipolar_disorder": "yes", "mania_current": "yes"}),
    ({"mania": "not_asked"}, {"bipolar_disorder": "not_known", "mania_current": "not_known"}),
    ({"dissociation": "now"}, {"dissociative_disorder": "yes"}),
    ({"dissociation": "not_asked"}, {"dissociative_disorder": "not_known"}),
    ({"family_psychosis": "yes"}, {"family_history_psychosis": "yes"}),
    ({"family_psychosis": "not_known"}, {"family_history_psychosis": "not_known"}),
    ({"thoughts": "yes", "means_safe": "yes", "safety_plan": "no"}, {"suicidality_active": "yes"}),
    ({"thoughts": "not_known"}, {"suicidality_active": "not_known"}),
    ({"attempts": "not_asked"}, {"suicidality_active": "not_known"}),
    ({"attempts": "past", "when_attempts": "1999", "means_safe": "yes", "safety_plan": "yes"}, {}),
    ({"self_harm": "now", "means_safe": "yes", "safety_plan": "yes"}, {}),
    ({"ketamine": "outside"}, {"ketamine_or_pcp_misuse": "yes"}),
    ({"ketamine": "not_asked"}, {"ketamine_or_pcp_misuse": "not_known"}),
    ({"understands": "no"}, {"no_capacity": "yes"}),
    ({"asked_alone": "no"}, {"no_capacity": "not_known"}),
    ({"indication_1": "f60.3"}, {"personality_disorder_severe": "yes"}),
    ({"trauma": "yes", "expects": "no", "can_attend": "no", "therapy": "not_known"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "facts"), BECOMES)
def test_each_field_becomes_its_fact(
    house: House, changes: dict[str, str], facts: dict[str, str]
) -> None:
    course = house.enquirer().course
    sent = assess(house, course, **changes)
    assert sent.status_code == 302, sent.context["form"].errors
    expected = dict.fromkeys(ASKS, Answer.NO) | {key: Answer(said) for key, said in facts.items()}
    assert answered(course) == expected
    yes = any(said == "yes" for said in facts.values())
    assert Task.objects.filter(course=course, kind="history_differs", holds=True).exists() is yes


def test_a_newer_assessment_replaces_the_whole_of_the_older_one(house: House) -> None:
    course = house.enquirer().course
    assess(house, course, indication_1="F60.3", psychosis="past", when_psychosis="2009")
    assert answered(course)["personality_disorder_severe"] is Answer.YES
    assess(house, course)
    assert answered(course) == dict.fromkeys(ASKS, Answer.NO)
    versions = course.documents.filter(kind="mental_health_assessment")
    assert sorted(versions.values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize("recommendation", ["not_now", "not_for_us"])
def test_a_no_is_a_recommendation_too_and_needs_no_screen(
    house: House, recommendation: str
) -> None:
    course = house.enquirer().course
    typed = mental_health(recommendation=recommendation)
    assert signed_in(house.therapist).post(address(course), typed).status_code == 302
    paper = load(course, now=datetime.now(UTC)).document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    assert paper.verdict == recommendation
    assert "none on file" in signed(course)


# --- what is shown and not asked twice


def test_nobody_is_called_suitable_without_a_screen_and_the_page_says_where(house: House) -> None:
    course = house.enquirer().course
    browser = signed_in(house.therapist)
    page = browser.get(address(course))
    assert f"/assessment/{course.id}/screen/" in page.content.decode()
    page = browser.post(address(course), mental_health())
    assert page.status_code == 200
    assert "not now" in " ".join(page.context["form"].non_field_errors())
    assert page.context["form"]["hopes"].value() == "To sleep."
    assert not course.documents.exists()
    assert not course.events.filter(kind=EventKind.HISTORY_TAKEN).exists()


def test_the_screen_on_file_is_shown_with_its_level_and_never_typed_again(house: House) -> None:
    course = house.enquirer().course
    screen(house, course)
    page = signed_in(house.therapist).get(address(course))
    shown = page.context["screened"]
    assert shown.counts
    assert shown.newest.value == "negative"
    assert "Negative" in page.content.decode()
    assert not any(name.startswith("asq") for name in page.context["form"].fields)


def test_a_screen_that_is_too_old_is_asked_for(house: House) -> None:
    course = house.enquirer().course
    screen(house, course)
    days = protocol_of(course).whole("screening.suicide_screen_age_days_max")
    from holdspace.assessment.heard import screened

    later = house.now + timedelta(days=days + 1)
    facts = load(course, now=later)
    assert screened(facts, protocol_of(course)).finding.code is Code.SUICIDE_SCREEN_MISSING
    assert screened(load(course, now=house.now + timedelta(minutes=5)), protocol_of(course)).counts


@pytest.mark.parametrize(("recommendation", "status"), [("suitable", 200), ("not_now", 302)])
def test_thoughts_that_are_spoken_of_ask_for_the_screen_of_today(
    house: House, recommendation: str, status: int
) -> None:
    course = house.enquirer().course
    earlier = house.now - timedelta(days=3)
    negative = [care.Reading(Kind.SUICIDE_SCREEN, "negative")]
    care.observe(
        course=course, readings=negative, taken_at=earlier, by=house.therapist, now=house.now
    )
    spoken = {"thoughts": "yes", "means_safe": "yes", "safety_plan": "yes"}
    sent = assess(house, course, **spoken, recommendation=recommendation)
    assert sent.status_code == status
    if status == 200:
        assert "the screen of today" in sent.context["form"].errors["thoughts"][0]
        screen(house, course)
        assert assess(house, course, **spoken).status_code == 302


def test_what_the_medical_history_knows_is_shown_beside_the_question(house: House) -> None:
    course = house.enquirer().course
    evaluate(house, course, dissociative_disorder="yes", substance_use_active="no")
    page = signed_in(house.therapist).get(address(course))
    form = page.context["form"]
    assert "Dissociative disorder: yes" in form.fields["dissociation"].heard
    shown = dict(page.context["substances"])
    label = protocol_of(course).conditions["substance_use_active"].label
    assert shown[label].startswith(ANSWERS[Answer.NO])
    assert all(bound.value() in (None, "") for bound in form if bound.name != "own_words_confirmed")


def test_a_yes_that_the_history_has_as_well_opens_no_task(house: House) -> None:
    course = house.enquirer().course
    evaluate(house, course, dissociative_disorder="yes")
    assess(house, course, dissociation="now")
    assert not Task.objects.filter(course=course).exists()


def test_a_difference_stands_on_both_pages_and_at_the_door(house: House) -> None:
    course = house.enquirer().course
    assess(house, course, psychosis="past", when_psychosis="2009", for_prescriber="Ask about 2009.")
    evaluate(house, course)
    for who, page in ((house.therapist, "mental-health"), (house.prescriber, "medical")):
        seen = signed_in(who).get(f"/assessment/{course.id}/{page}/")
        (differs,) = seen.context["differences"]
        assert (differs.physician[:2], differs.therapist[:3]) == ("no", "yes")
        assert "heard different things" in seen.content.decode()
    assert "Ask about 2009." in seen.content.decode()
    assert "past 2009" in seen.context["form"].fields["psychotic_disorder"].heard
    door = signed_in(house.prescriber).get(f"/assessment/{course.id}/clearance/")
    found = [
        f for f in door.context["decision"]["findings"] if "psychosis" in f["evidence"].lower()
    ]
    assert any(
        f["code"] == "contraindication_present" and "the medical history says no" in f["evidence"]
        for f in found
    )


def test_what_was_not_asked_is_a_thing_to_do_on_the_therapists_page(house: House) -> None:
    course = house.enquirer().course
    evaluate(house, course)
    assess(house, course, dissociation="not_asked")
    door = signed_in(house.prescriber).get(f"/assessment/{course.id}/clearance/")
    (todo,) = [t for t in door.context["to_do"] if t.code is Code.ASSESSMENT_UNANSWERED]
    assert "Dissociative disorder: not known" in todo.asks[0]
    assert todo.owner == house.therapist
    theirs = signed_in(house.therapist).get(f"/assessment/{course.id}/clearance/")
    (mine,) = [t for t in theirs.context["to_do"] if t.code is Code.ASSESSMENT_UNANSWERED]
    assert mine.place[0] == address(course)


def test_the_page_links_to_private_notes_and_says_who_reads_what(house: House) -> None:
    course = house.enquirer().course
    page = signed_in(house.therapist).get(address(course)).content.decode()
    assert f"/chart/course/{course.id}/private-notes/" in page
    assert "only you read that" in page


def test_only_who_may_assess_finds_the_page(house: House) -> None:
    course = house.enquirer().course
    for who in (house.prescriber, house.nurse, house.coordinator, house.reviewer):
        assert signed_in(who).get(address(course)).status_code == 404


# --- said by the person


def says(course: Course, words: str) -> None:
    from holdspace.records.actions import record
    from holdspace.welcome.models import Enquiry

    now = datetime.now(UTC)
    row = Enquiry.draft(
        now=now, clinic=course.clinic, patient=course.patient, why=words, answer_by=now
    )
    record(rows=[row], stream=f"person:{course.patient_id}", act="enquiry.received", by=None,
           now=now, clinic_id=course.clinic_id)  # fmt: skip


def test_the_persons_own_words_are_marked_and_must_be_confirmed(house: House) -> None:
    course = house.enquirer().course
    says(course, "I have been low since the winter.")
    page = signed_in(house.therapist).get(address(course))
    assert page.context["form"]["own_words"].value() == "I have been low since the winter."
    assert "Said by the person" in page.content.decode()
    words = {"own_words": "I have been low since the winter."}
    refused = assess(house, course, **words)
    assert "own_words_confirmed" in refused.context["form"].errors
    assert not course.documents.exists()
    assert assess(house, course, **words, own_words_confirmed="on").status_code == 302
    assert "confirmed with them\nI have been low since the winter." in signed(course)


def test_own_words_that_were_taken_out_need_no_confirmation(house: House) -> None:
    course = house.enquirer().course
    says(course, "I have been low since the winter.")
    assert assess(house, course, own_words="").status_code == 302
    assert "low since the winter" not in signed(course)


# --- bad input

NEEDED = [
    "psychosis", "mania", "dissociation", "family_psychosis", "trauma", "thoughts", "attempts",
    "self_harm", "support_who", "support_overnight", "hopes", "ketamine", "therapy", "asked_alone",
    "understands", "expects", "can_attend", "wants", "recommendation", "reason", "password",
]  # fmt: skip
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    *((f"no answer: {name}", {name: None}, name, "") for name in NEEDED),
    ("no indication", {"indication_0": None}, "indication_0", "a code of the list, or another"),
    ("a code of no list", {"indication_0": "Q99.99"}, "indication_0", "is not in the list"),
    ("words for a code", {"indication_0": "🌧 low"}, "indication_0", "is not in the list"),
    ("an answer of no list", {"psychosis": "maybe"}, "psychosis", "Never, Past, Now, Not asked"),
    ("attempts now", {"attempts": "now"}, "attempts", "Never, Past, Not asked"),
    ("past without when", {"mania": "past"}, "when_mania", "2009-03-09 or “not known”"),
    ("when without past", {"when_mania": "2009"}, "when_mania", "past, or no time"),
    ("a year to come", {"mania": "past", "when_mania": "2999"}, "when_mania", "until today"),
    ("a day to come", {"attempts": "past", "when_attempts": "2999-01-01"}, "when_attempts",
     "until today"),
    ("no such month", {"mania": "past", "when_mania": "2009-13"}, "when_mania", "no year, month"),
    ("a time in words", {"mania": "past", "when_mania": "last spring"}, "when_mania", "no year"),
    ("digits of another script", {"mania": "past", "when_mania": "٢٠٠٩"}, "when_mania", "no year"),
    ("too long ago", {"mania": "past", "when_mania": "1066"}, "when_mania", "from 1900 on"),
    ("a time of a megabyte", {"mania": "past", "when_mania": "2" * 1_000_000}, "when_mania",
     "at most 20"),
    ("thoughts without means", {"thoughts": "yes", "safety_plan": "yes"}, "means_safe",
     "asked now"),
    ("self-harm without a plan", {"self_harm": "now", "means_safe": "yes"}, "safety_plan",
     "asked now"),
    ("therapy without agreement", {"therapy": "yes"}, "outside_agreed", "asked now"),
    ("bipolar by code, never by answer", {"indication_0": "F31.81"}, "mania", "F31.81 says other"),
    ("manic by code, past by answer", {"indication_0": "F31.2", "mania": "past",
                                       "when_mania": "2009"}, "mania", "Accepted: now"),
    ("psychotic by code", {"indication_0": "F33.3"}, "psychosis", "F33.3 says otherwise"),
    ("dissociative by code", {"indication_1": "F44.81"}, "dissociation", "F44.81 says otherwise"),
    ("with nothing", {"recommendation": "suitable_with"}, "on_condition", "Suitable with what"),
    ("a condition beside suitable", {"on_condition": "A letter."}, "recommendation",
     "A condition is named"),
    ("a megabyte of paste", {"hopes": "x" * 1_000_000}, "hopes", "at most 8000"),
    ("a NUL", {"hopes": "to\x00sleep"}, "hopes", "NUL"),
    ("a wrong password", {"password": "wrong"}, "password", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_the_field_says_what_it_takes_and_all_that_was_typed_comes_back(
    house: House, changes: dict[str, Any], field: str, said: str
) -> None:
    course = house.enquirer().course
    screen(house, course)
    page = signed_in(house.therapist).post(address(course), mental_health(**changes))
    assert page.status_code == 200
    form = page.context["form"]
    assert said in " ".join(form.errors[field])
    for name, value in mental_health(**changes).items():
        assert form[name].value() == value or name == "password", name
    assert not course.documents.exists()
    assert not course.events.filter(kind=EventKind.HISTORY_TAKEN).exists()


def test_signs_of_every_script_are_kept_as_they_were_typed(house: House) -> None:
    course = house.enquirer().course
    typed = {
        "support_who": "אחותי נועה", "hopes": "لأنام بسلام", "fears": "🌊🙏🏽",
        "reason": "اليوم ✅", "trauma": "yes", "trauma_words": "\u202eabc",
    }  # fmt: skip
    assert assess(house, course, **typed).status_code == 302
    for words in typed.values():
        assert words == "yes" or words in signed(course)


def test_a_screen_with_a_risk_shows_its_level_and_its_owner(house: House) -> None:
    course = house.enquirer().course
    screen(house, course, asq_4="1", asq_5="0")
    page = signed_in(house.therapist).get(address(course))
    assert page.context["screened"].newest.value == "non_acute_positive"
    assert page.context["risk_tasks"]


def test_the_record_still_verifies_and_the_past_is_kept_with_its_time(house: House) -> None:
    course = house.enquirer().course
    assess(house, course, mania="past", when_mania="  2009-03 ")
    told = next(h for h in happenings(course) if h.kind is EventKind.MENTAL_HEALTH_ASSESSED)
    assert told.body.mania == Heard(Ever.PAST, "2009-03")
    facts = load(course, now=datetime.now(UTC))
    bipolar = next(c for c in facts.conditions if c.key == "bipolar_disorder")
    assert (bipolar.answer, bipolar.detail) == (Answer.YES, "past 2009-03")
