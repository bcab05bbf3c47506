"""Between sessions: time, number, the same therapist, consent, clearance, follow-up of harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from holdspace.core import oversight
from holdspace.core.decision import Door
from holdspace.core.facts import (
    Course,
    Document,
    DocumentKind,
    Dose,
    Ending,
    Facts,
    Role,
    Route,
    Session,
    StaffMember,
    StateDuties,
    Visit,
)
from holdspace.core.oversight import add_months
from holdspace.core.units import Kind
from tests.core.cases import (
    IVY,
    MARCUS,
    NOW,
    RUTH,
    VISITS,
    after_a_session,
    arrived,
    ask,
    charted,
    cleared,
    clinic_protocol,
    codes,
    credentials_of,
    days,
    finished,
    hours,
    instead,
    paper,
    plan,
    seen,
    with_paper,
    without,
)

K = Kind
OPEN, NEXT, CLOSE = Door.OPEN_SESSION, Door.NEXT_SESSION, Door.CLOSE_COURSE


def had(*ago_days: float, **change: Any) -> Facts:
    """On the morning of a session, after earlier ones so many days ago, all else in order."""
    facts = change.pop("facts", None) or arrived()
    newest = min(ago_days)
    sessions, doses = [], []
    for number, ago in enumerate(sorted(ago_days, reverse=True), start=1):
        at, key = NOW - days(ago), f"earlier-{number}"
        sessions.append(Session(key, number, at, at + hours(3), Ending.DISCHARGED))
        doses.append(Dose(f"dose-{number}", key, Route.IM, Decimal(50), at, IVY))
    visit = Visit("int", "integration", NOW - days(newest) + hours(20), MARCUS)
    early = tuple(replace(v, held_at=NOW - days(max(ago_days) + 5)) for v in VISITS)
    facts = replace(facts, sessions=tuple(sessions), doses=tuple(doses), visits=(*early, visit))
    facts = charted(
        facts,
        seen(K.NEXT_DAY_CONTACT, "reached_well", days(newest) - hours(16)),
        seen(K.BLADDER_SYMPTOMS, False, days(1)),
        seen(K.COGNITION_CONCERN, False, days(1)),
        seen(K.DEPENDENCE_CONCERN, False, days(1)),
    )
    lab = paper(DocumentKind.LABORATORY_REPORT, days(1))
    return replace(facts, documents=(*facts.documents, lab))


def opens(facts: Facts) -> dict[str, str]:
    return codes(ask(OPEN, facts))


# --- how often ------------------------------------------------------------------------------------

INTERVALS = [
    ([2], {}),
    ([1.99], {"interval_too_short": "fail"}),
    ([10, 2], {}),
    ([20.9, 2], {}),  # the first dose 20.9 days ago: still the first three weeks
    ([21, 2], {"interval_too_short": "fail"}),
    ([21, 6.99], {"interval_too_short": "fail"}),
    ([21, 7], {}),
    ([4, 2], {"frequency_exceeded": "fail"}),  # a third in seven days
    ([6.99, 4], {"frequency_exceeded": "fail"}),
    ([7, 4], {}),
    ([27, 24, 21.5, 18.5, 15.5, 12.5, 10, 7.2], {"frequency_exceeded": "fail"}),  # ninth in 28
    ([28, 24, 21.5, 18.5, 15.5, 12.5, 10, 7.2], {}),
]


@pytest.mark.parametrize(("earlier", "answer"), INTERVALS)
def test_how_often_a_session_may_be(earlier: list[float], answer: dict[str, str]) -> None:
    facts = had(*earlier)
    facts = with_paper(facts, DocumentKind.CLEARANCE, signed_at=NOW - days(1))
    assert opens(facts) == answer


def test_a_refusal_for_time_says_from_when() -> None:
    (found,) = ask(OPEN, had(1.5)).stops
    assert found.ask_again_on == "3 Mar 2025 21:00".removeprefix("3 Mar 2025 ")


def test_a_session_without_a_dose_counts_for_nothing() -> None:
    facts = arrived()
    empty = Session("e", 1, NOW - hours(20), NOW - hours(19), Ending.ABANDONED_BEFORE_DOSE)
    assert opens(replace(facts, sessions=(empty,))) == {}


def test_the_plan_is_judged_at_its_own_time() -> None:
    facts = after_a_session()
    for ago, booked, answer in (
        (1.5, 6, {"interval_too_short": "fail"}),
        (1.5, 12, {}),
    ):
        at = NOW - days(ago)
        doses = tuple(replace(d, given_at=at) for d in facts.doses)
        sessions = tuple(replace(s, opened_at=at, ended_at=at + hours(3)) for s in facts.sessions)
        visit = Visit("int", "integration", at + hours(20), MARCUS)
        moved = replace(
            facts,
            doses=doses,
            sessions=sessions,
            visits=(*VISITS, visit),
            booked_for=NOW + hours(booked),
        )
        moved = instead(moved, seen(K.NEXT_DAY_CONTACT, "reached_well", days(ago) - hours(16)))
        assert codes(ask(NEXT, moved)) == answer


def test_long_weekly_treatment_waits_for_the_director() -> None:
    weekly = [7.1 * n for n in range(1, 9)]
    facts = with_paper(had(*weekly), DocumentKind.CLEARANCE, signed_at=NOW - days(1))
    (held,) = ask(OPEN, facts).stops
    assert held.code.value == "frequency_review_needed"
    assert held.relievable_by == ("medical_director",)
    assert ask(OPEN, replace(facts, reliefs=(plan(held, by_role="medical_director"),))).allowed
    assert not ask(OPEN, replace(facts, reliefs=(plan(held, by_role="prescriber"),))).allowed


# --- follow-up of harm ----------------------------------------------------------------------------


def _followed(bladder: float | None, lab: float | None, *earlier: float) -> Facts:
    facts = without(had(*earlier), K.BLADDER_SYMPTOMS)
    facts = with_paper(facts, DocumentKind.CLEARANCE, signed_at=NOW - days(1))
    papers = tuple(d for d in facts.documents if d.kind is not DocumentKind.LABORATORY_REPORT)
    if lab is not None:
        papers = (*papers, paper(DocumentKind.LABORATORY_REPORT, days(lab)))
    facts = replace(facts, documents=papers)
    if bladder is None:
        return facts
    return charted(facts, seen(K.BLADDER_SYMPTOMS, False, days(bladder)))


MONTHLY = [30.0 * n for n in range(1, 9)]
FOLLOW_UP = [
    ((None, None, *MONTHLY[:5]), False, "five sessions in five months"),
    ((None, None, *MONTHLY[:7]), True, "more than six months since the first"),
    ((100, 100, *MONTHLY), False, "looked at a hundred days ago"),
    ((1, None, *MONTHLY), True, "only one of the two was looked at"),
    ((None, 1, *MONTHLY), True, "only the other"),
    ((250, 250, *MONTHLY), True, "eight sessions since"),
]


@pytest.mark.parametrize(("when", "overdue", "why"), FOLLOW_UP)
def test_bladder_and_liver_are_looked_at_again(
    when: tuple[float | None, ...], overdue: bool, why: str
) -> None:
    facts = _followed(when[0], when[1], *(w for w in when[2:] if w is not None))
    assert ("oversight_overdue" in opens(facts)) is overdue, why


def test_bladder_symptoms_wait_for_a_plan() -> None:
    facts = instead(had(8), seen(K.BLADDER_SYMPTOMS, True, days(1)))
    assert opens(facts) == {"clearance_needed": "hold"}


@pytest.mark.parametrize(
    ("on", "months", "ends"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 8, 3), 6, date(2026, 2, 3)),
    ],
)
def test_months_are_calendar_months(on: date, months: int, ends: date) -> None:
    assert add_months(on, months) == ends


# --- after a session ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "after_hours", "stops"),
    [
        ("reached_well", 12, {}),
        ("reached_well", 36, {}),
        ("reached_well", 40, {}),  # late is told, and no longer stops
        ("reached_well", 11, {"next_day_contact_missing": "unknown"}),
        ("no_answer", 20, {"next_day_contact_missing": "unknown"}),
        ("reached_concern", 20, {"next_day_contact_missing": "hold"}),
    ],
)
def test_the_next_day_contact(answer: str, after_hours: float, stops: dict[str, str]) -> None:
    ended = NOW - days(3) + hours(3)
    contact = seen(K.NEXT_DAY_CONTACT, answer, NOW - ended - hours(after_hours))
    assert codes(ask(NEXT, instead(after_a_session(), contact))) == stops


def test_a_late_integration_visit_is_told_and_no_longer_stops() -> None:
    facts = after_a_session()
    ended = NOW - days(3) + hours(3)
    moved = Visit("int", "integration", ended + hours(68), MARCUS)
    assert ask(NEXT, replace(facts, visits=(*VISITS, moved))).allowed
    before = replace(moved, held_at=ended - hours(1))
    assert codes(ask(NEXT, replace(facts, visits=(*VISITS, before)))) == {
        "integration_missing": "unknown"
    }


def test_naming_the_ended_session_hides_none_of_its_duties() -> None:
    facts = replace(after_a_session(), session="day-1", visits=VISITS)
    assert codes(ask(NEXT, facts)) == {"integration_missing": "unknown"}
    assert codes(ask(CLOSE, replace(facts, actor=MARCUS))) == {"integration_missing": "unknown"}


def test_a_course_without_medicine_closes_without_an_outcome() -> None:
    assert ask(CLOSE, cleared()).allowed
    assert codes(ask(CLOSE, without(finished(), K.PHQ9_TOTAL))) == {"outcome_missing": "unknown"}


def test_an_outcome_is_of_after_the_last_dose() -> None:
    facts = instead(finished(), seen(K.PHQ9_TOTAL, 12, days(3.1)))
    assert codes(ask(CLOSE, facts)) == {"outcome_missing": "unknown"}


# --- the same therapist ---------------------------------------------------------------------------

LEE = "staff-lee"


def changed(ago: float, **change: Any) -> Document:
    """The signed hand-over from Marcus to Lee, asked by Marcus."""
    values = {"handed_from": MARCUS, "handed_to": LEE, "agreed": True, "signed_by": MARCUS}
    return paper(DocumentKind.THERAPIST_CHANGE, days(ago), **values | change)


def handed_over(change_ago: float | None, *visits: Visit) -> Facts:
    """Lee is assigned now; the preparation was with Marcus."""
    facts = arrived()
    lee = StaffMember(LEE, "Lee Park", (Role.THERAPIST,), None, credentials_of(facts, MARCUS))
    assert isinstance(facts.course, Course)
    papers = facts.documents
    if change_ago is not None:
        papers = (*papers, changed(change_ago))
    return replace(
        facts,
        staff=(*facts.staff, lee),
        course=replace(facts.course, therapist=LEE),
        visits=(*VISITS, *visits),
        documents=papers,
    )


MET = Visit("met", "preparation", NOW - days(2), LEE)


def test_a_change_of_therapist_is_agreed_and_they_have_met() -> None:
    assert opens(handed_over(None)) == {
        "therapist_changed": "fail",
        "preparation_incomplete": "unknown",
        "preparation_stale": "unknown",
    }
    assert opens(handed_over(3)) == {"therapist_changed": "unknown"}
    assert opens(handed_over(3, MET)) == {}
    assert opens(handed_over(1, MET)) == {"therapist_changed": "unknown"}
    again = replace(MET, id="again", therapist=MARCUS, held_at=NOW - days(1))
    assert opens(handed_over(3, MET, again)) == {"therapist_changed": "fail"}


NO_CHANGE = [
    ("withdrawn since", {"withdrawn_at": NOW - days(2.5)}),
    ("signed by the one who takes over", {"signed_by": LEE}),
    ("signed by nobody", {"signed_by": ""}),
    ("to nobody", {"handed_to": ""}),
    ("from nobody", {"handed_from": ""}),
    ("from somebody else", {"handed_from": RUTH}),
    ("to somebody else", {"handed_to": RUTH}),
    ("the person was not asked", {"agreed": None}),
    ("the person said no", {"agreed": False}),
    ("past its end", {"expires_at": NOW - days(1)}),
    ("dated ahead", {"signed_at": NOW + days(1)}),
]


@pytest.mark.parametrize(("why", "change"), NO_CHANGE)
def test_a_change_that_does_not_hold_hands_over_nothing(why: str, change: dict[str, Any]) -> None:
    facts = handed_over(None, MET)
    assert opens(replace(facts, documents=(*facts.documents, changed(3)))) == {}
    found = opens(replace(facts, documents=(*facts.documents, changed(3, **change))))
    assert found["therapist_changed"] == "fail", why
    assert found["preparation_incomplete"] == "unknown", why


def test_a_hand_over_to_lee_is_none_to_the_next_one() -> None:
    facts = handed_over(6, replace(MET, held_at=NOW - days(5)))
    noor = replace(facts.staff[-1], id="staff-noor", name="Noor")
    assert facts.course is not None
    course = replace(facts.course, therapist="staff-noor")
    facts = replace(facts, staff=(*facts.staff, noor), course=course)
    assert opens(facts)["therapist_changed"] == "fail"
    onward = changed(3, handed_from=LEE, handed_to="staff-noor", signed_by=LEE)
    facts = replace(facts, documents=(*facts.documents, onward))
    assert opens(facts) == {"therapist_changed": "unknown"}, "they have not met"
    met = replace(MET, id="met-noor", therapist="staff-noor")
    assert opens(replace(facts, visits=(*facts.visits, met))) == {}


@pytest.mark.parametrize(
    ("last", "answer"), [(30, {}), (30.1, {"preparation_stale": "fail"}), (-1, None)]
)
def test_the_last_preparation_is_near_the_first_session(
    last: float, answer: dict[str, str] | None
) -> None:
    visits = (
        replace(VISITS[0], held_at=NOW - days(40)),
        replace(VISITS[1], held_at=NOW - days(last)),
    )
    found = opens(replace(arrived(), visits=visits))
    wanted = {"preparation_incomplete": "unknown", "preparation_stale": "fail"}
    assert found == (wanted if answer is None else answer), "a visit in the future was not held"


# --- consent and clearance ------------------------------------------------------------------------

PAPERS = [
    (DocumentKind.CONSENT, {"signed_at": NOW - days(365)}, {}),
    (DocumentKind.CONSENT, {"signed_at": NOW - days(365.1)}, {"consent_expired": "fail"}),
    (DocumentKind.CONSENT, {"expires_at": NOW}, {}),
    (DocumentKind.CONSENT, {"expires_at": NOW - days(1)}, {"consent_expired": "fail"}),
    (DocumentKind.CONSENT, {"withdrawn_at": NOW}, {"consent_withdrawn": "fail"}),
    (DocumentKind.CONSENT, {"routes": ()}, {"consent_narrower": "unknown"}),
    (DocumentKind.CONSENT, {"routes": (Route.IV,)}, {"consent_narrower": "fail"}),
    (DocumentKind.CLEARANCE, {"signed_at": NOW - days(90)}, {}),
    (DocumentKind.CLEARANCE, {"signed_at": NOW - days(90.1)}, {"clearance_expired": "fail"}),
    (DocumentKind.CLEARANCE, {"expires_at": NOW - days(1)}, {"clearance_expired": "fail"}),
    (DocumentKind.CLEARANCE, {"suspended_at": NOW}, {"clearance_suspended": "fail"}),
    (DocumentKind.CLEARANCE, {"withdrawn_at": NOW}, {"clearance_withdrawn": "fail"}),
    (DocumentKind.CLEARANCE, {"signer_discipline": None}, {"signer_not_physician": "unknown"}),
    (DocumentKind.TOUCH_AGREEMENT, {"withdrawn_at": NOW - days(1)}, {}),
]


@pytest.mark.parametrize(("kind", "change", "answer"), PAPERS)
def test_a_signed_paper_holds_until_it_ends(
    kind: DocumentKind, change: dict[str, Any], answer: dict[str, str]
) -> None:
    assert opens(with_paper(arrived(), kind, **change)) == answer


def test_a_consent_signed_again_after_a_withdrawal_is_in_force() -> None:
    withdrawn = with_paper(arrived(), DocumentKind.CONSENT, withdrawn_at=NOW - days(2))
    again = paper(DocumentKind.CONSENT, days(1), routes=(Route.IM,))
    assert opens(replace(withdrawn, documents=(*withdrawn.documents, again))) == {}


@pytest.mark.parametrize(("count", "answer"), [(7, {}), (8, {"clearance_expired": "fail"})])
def test_a_clearance_covers_eight_sessions(count: int, answer: dict[str, str]) -> None:
    facts = had(*[8 + 9 * n for n in range(count)])
    facts = with_paper(facts, DocumentKind.CLEARANCE, signed_at=NOW - days(89))
    assert opens(facts) == answer


@pytest.mark.parametrize(
    ("booked", "answer"),
    [
        (NOW - hours(8.9), {}),
        (NOW + hours(14.9), {}),
        (NOW + hours(15), {"booking_missing": "fail"}),
        (NOW - hours(9.1), {"booking_missing": "fail"}),
    ],
)
def test_a_booking_is_of_today_on_the_clinic_s_calendar(
    booked: Any, answer: dict[str, str]
) -> None:
    assert opens(replace(arrived(), booked_for=booked)) == answer


# --- the follow-up of harm, for its page ----------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "months", "then"),
    [
        (date(2025, 3, 3), 6, date(2025, 9, 3)),
        (date(2025, 7, 15), 6, date(2026, 1, 15)),
        (date(2025, 6, 30), 6, date(2025, 12, 30)),
        (date(2025, 3, 31), 2, date(2025, 5, 31)),
        (date(2025, 8, 31), 1, date(2025, 9, 30)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 8, 29), 6, date(2026, 2, 28)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
        (date(2025, 1, 31), 24, date(2027, 1, 31)),
    ],
)
def test_so_many_months_later_is_the_same_day_or_the_last_of_its_month(
    on: date, months: int, then: date
) -> None:
    assert oversight.add_months(on, months) == then


TODAY = date(2025, 3, 3)
IS_DUE = [
    # (sessions since of eight, the last day, a problem, it is due)
    (0, None, "", False),
    (7, date(2025, 3, 3), "", False),
    (7, date(2025, 3, 2), "", True),
    (8, None, "", True),
    (8, date(2025, 9, 3), "", True),
    (0, None, "dated ahead", True),
]


@pytest.mark.parametrize(("sessions", "due_on", "problem", "due"), IS_DUE)
def test_a_harm_is_looked_at_again_after_sessions_or_months(
    sessions: int, due_on: date | None, problem: str, due: bool
) -> None:
    look = oversight.LookedAt("liver", None, "", None, sessions, 8, due_on, problem)
    assert look.is_due(TODAY) is due


def test_before_any_dose_nothing_is_due_and_no_session_counts() -> None:
    looks = oversight.looked_at(arrived(), clinic_protocol())
    assert [(look.name, look.sessions, look.due_on) for look in looks] == [
        ("bladder", 0, None), ("liver", 0, None), ("cognition", 0, None), ("dependence", 0, None),
    ]  # fmt: skip


@pytest.mark.parametrize(("more", "whose"), [(-1, "CO: law"), (0, "kap-clinic"), (1, "kap-clinic")])
def test_the_state_s_query_is_named_only_where_it_is_asked_more_often(
    more: int, whose: str
) -> None:
    most = clinic_protocol().whole("pdmp.age_days_max") + more
    rule = StateDuties("CO", "law", csr_required=False, pdmp_days_max=most, signed_at=NOW)
    facts = replace(arrived(), state_duties=(rule,))
    (found,) = oversight.prescription_monitoring(facts, clinic_protocol())
    assert whose in found.source
