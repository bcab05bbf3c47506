"""An exception counts while the people, the value and the evidence behind it still stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from holdspace.core import protocol as protocols
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.facts import (
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Facts,
    Role,
    StaffMember,
)
from holdspace.core.protocol_model import Protocol
from holdspace.core.reliefs import may_second, relieve
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    ROOT,
    RUTH,
    answered,
    ask,
    assessed,
    charted,
    days,
    hours,
    instead,
    licence,
    minutes,
    plan,
    readied,
    seen,
    waiver,
    with_letter,
    with_staff,
)
from tests.core.test_discharge import _began

CLEAR, GIVE = Door.CLEAR_FOR_MEDICINE, Door.GIVE_DOSE
NADIA = "staff-nadia"


def raised(*readings: int) -> Facts:
    """Ready, with these systolic readings five minutes apart, the last a minute ago."""
    last = len(readings) - 1
    return instead(
        readied(),
        *(
            seen(Kind.SYSTOLIC, value, minutes(2 + 5 * (last - n)), session="day-1")
            for n, value in enumerate(readings)
        ),
    )


def systolic(facts: Facts, protocol: Protocol | None = None) -> Finding:
    return next(f for f in ask(GIVE, facts, protocol).findings if f.subject == "systolic")


def opens(facts: Facts, change: dict[str, Any], protocol: Protocol | None = None) -> bool:
    relief = waiver(systolic(facts, protocol), **change)
    return systolic(replace(facts, reliefs=(relief,)), protocol).passes


def test_a_waiver_by_the_prescriber_for_what_was_measured_counts() -> None:
    assert opens(raised(150, 148), {})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"by": ""}, "nobody"),
        ({"by": "a stranger"}, "a stranger"),
        ({"by": MARCUS}, "a therapist who says prescriber"),
        ({"by": RUTH}, "the desk"),
        ({"second_by": MARCUS}, "a therapist is never the second signer"),
        ({"second_by": AMARA}, "the same person twice"),
        ({"second_by": "a stranger"}, "a stranger as the second"),
        ({"reason": "  "}, "no reason"),
        ({"at": NOW - days(1)}, "given before the value was measured"),
        ({"value": Decimal(155)}, "a value that nobody measured"),
        ({"limit": Decimal(145)}, "another limit"),
    ],
)
def test_a_waiver_counts_for_nothing_without(change: dict[str, Any], why: str) -> None:
    assert not opens(raised(150, 148), change), why


@pytest.mark.parametrize(
    "lost",
    [
        {"roles": (Role.MEDICAL_DIRECTOR,)},
        {"credentials": ()},
        {"credentials": (licence(until=date(2025, 3, 2)),)},
        {"credentials": (licence(state="NY"),)},
        {"discipline": Discipline.RN},
        {"discipline": None},
    ],
)
def test_a_waiver_ends_with_the_role_the_licence_or_the_profession(lost: dict[str, Any]) -> None:
    facts = raised(150, 148)
    assert not opens(with_staff(facts, AMARA, **lost), {})


def test_the_session_clinician_may_sign_beside_the_prescriber() -> None:
    assert opens(raised(150, 148), {"second_by": IVY})


# --- two signatures, where the clinic asks for them ----------------------------------------------


def two_signers() -> Protocol:
    """kap-clinic, but a raised systolic pressure is waived by two people."""
    text = (ROOT / "protocols/kap-clinic/1.0.toml").read_text()
    head, table, rest = text.partition("[readiness.systolic_mmhg_max]\n")
    asked = 'waivable_second_signer = ["prescriber", "session_clinician"]\n'
    return protocols.load(head + table + asked + rest)


def test_where_the_protocol_asks_for_two_one_is_not_enough() -> None:
    facts, protocol = raised(150, 148), two_signers()
    asked = systolic(facts, protocol)
    assert asked.second_signer == ("prescriber", "session_clinician")
    assert "signed also by a prescriber or session clinician" in asked.rule
    assert not opens(facts, {}, protocol)
    assert opens(facts, {"second_by": IVY}, protocol)
    assert not opens(facts, {"second_by": MARCUS}, protocol)
    assert not opens(facts, {"second_by": RUTH}, protocol)


def test_the_persons_therapist_is_never_the_second_signer_whatever_roles_they_hold() -> None:
    facts = with_staff(
        raised(150, 148),
        MARCUS,
        roles=(Role.THERAPIST, Role.SESSION_CLINICIAN),
        discipline=Discipline.NP,
    )
    assert not opens(facts, {"second_by": MARCUS}, two_signers())


def test_a_therapist_cannot_be_named_as_second_signer_in_a_protocol() -> None:
    text = (ROOT / "protocols/kap-clinic/1.0.toml").read_text()
    head, table, rest = text.partition("[readiness.systolic_mmhg_max]\n")
    with pytest.raises(protocols.ProtocolError, match="may not decide a medical question"):
        protocols.load(head + table + 'waivable_second_signer = ["therapist"]\n' + rest)


# --- the opinion of a specialist -----------------------------------------------------------------


def held(facts: Facts, subject: str) -> Finding:
    return next(f for f in ask(CLEAR, facts).findings if f.subject == subject)


def bipolar(**more: Any) -> Facts:
    return answered(assessed(), "bipolar_disorder", **more)


def planned(facts: Facts, **change: Any) -> bool:
    finding = held(facts, "bipolar_disorder")
    facts = replace(facts, reliefs=(plan(finding, **change),))
    return held(facts, "bipolar_disorder").passes


def test_a_prescriber_alone_is_not_a_psychiatrist() -> None:
    assert held(bipolar(), "bipolar_disorder").specialty == "psychiatry"
    assert not planned(bipolar())
    assert not planned(with_letter(bipolar())), "the letter is named by the plan"
    assert planned(with_letter(bipolar()), letter="letter-1")


@pytest.mark.parametrize(
    "change",
    [
        {"withdrawn_at": NOW - days(1)},
        {"signed_at": NOW - days(21)},
        {"signed_at": NOW + days(1)},
        {"kind": DocumentKind.LABORATORY_REPORT},
        {"id": "another"},
    ],
)
def test_a_letter_that_does_not_answer_this_question_counts_for_nothing(
    change: dict[str, Any],
) -> None:
    assert not planned(with_letter(bipolar(), **change), letter="letter-1")


def psychiatrist(subject: str = "Psychiatry", **change: Any) -> StaffMember:
    boarded = Credential(CredentialKind.SPECIALTY, subject=subject, **change)
    roles = (Role.PRESCRIBER,)
    return StaffMember(NADIA, "Dr Nadia", roles, Discipline.MD, (licence(), boarded))


def test_a_psychiatrist_of_the_clinic_needs_no_letter() -> None:
    facts = bipolar()
    assert planned(replace(facts, staff=(*facts.staff, psychiatrist())), by=NADIA)
    cardiologist = psychiatrist("cardiology")
    assert not planned(replace(facts, staff=(*facts.staff, cardiologist)), by=NADIA)
    lapsed = psychiatrist(expires_on=date(2025, 3, 2))
    assert not planned(replace(facts, staff=(*facts.staff, lapsed)), by=NADIA)


# --- a plan is for the evidence it answered ------------------------------------------------------


def body_mass(facts: Facts) -> Finding:
    return next(f for f in ask(CLEAR, facts).findings if f.code is Code.BODY_MASS_HIGH)


def test_a_plan_for_a_weight_lapses_when_the_weight_grows() -> None:
    facts = instead(assessed(), seen(Kind.WEIGHT, 108, days(20)))
    heavy = body_mass(facts)
    facts = replace(facts, reliefs=(plan(heavy),))
    assert heavy.verdict is Verdict.HOLD and body_mass(facts).passes
    assert not body_mass(charted(facts, seen(Kind.WEIGHT, 175, days(1)))).passes
    assert body_mass(charted(facts, seen(Kind.WEIGHT, 107, days(1)))).passes


def test_a_plan_for_an_answer_lapses_when_the_question_is_answered_yes_again() -> None:
    before = with_letter(answered(assessed(), "suicidality_active", at=NOW - days(10)))
    fits = plan(held(before, "suicidality_active"), letter="letter-1", at=NOW - days(1))
    assert held(replace(before, reliefs=(fits,)), "suicidality_active").passes
    again = answered(
        before, "suicidality_active", at=NOW - hours(1), detail="attempt three days ago"
    )
    assert not held(replace(again, reliefs=(fits,)), "suicidality_active").passes


@pytest.mark.parametrize(("session", "counts"), [("", False), ("day-0", False), ("day-1", True)])
def test_a_plan_about_one_days_baseline_answers_no_other_day(session: str, counts: bool) -> None:
    facts = _began(155)
    (missing,) = ask(Door.DISCHARGE, facts).stops
    assert missing.code is Code.BASELINE_MISSING
    relief = plan(missing, session=session)
    assert ask(Door.DISCHARGE, replace(facts, reliefs=(relief,))).allowed is counts


def test_no_finding_about_a_credential_can_be_answered_by_anybody() -> None:
    bare = tuple(replace(m, credentials=()) for m in readied().staff)
    stops = ask(GIVE, replace(readied(), staff=bare)).stops
    assert stops and not any(f.relievable_by for f in stops)


def test_in_the_strict_protocol_two_people_sign_the_plan_for_an_older_person() -> None:
    strict = protocols.load((ROOT / "protocols/kap-strict/1.0.toml").read_text())
    facts = assessed()
    facts = replace(facts, person=replace(facts.person, birth_date=date(1955, 1, 1)))

    def older(facts: Facts) -> Finding:
        return next(f for f in ask(CLEAR, facts, strict).findings if f.subject == "age")

    for second, counts in (("", False), (MARCUS, False), (IVY, True)):
        relief = plan(older(facts), second_by=second)
        assert older(replace(facts, reliefs=(relief,))).passes is counts


# --- at the very value and the very moment -------------------------------------------------------


def measured(value: int | None, worse: str, verdict: Verdict = Verdict.FAIL) -> Finding:
    """A finding of a systolic pressure that the prescriber may answer."""
    number = None if value is None else Decimal(value)
    return Finding(
        Code.BP_SYSTOLIC_HIGH, verdict, "e", "r", "s", subject="systolic", value=number,
        limit=Decimal(140), worse=worse, relievable_by=("prescriber",),
    )  # fmt: skip


WORSE = [
    # (measured now, worse when, what the waiver was given for, it counts)
    (150, "higher", 150, True),
    (151, "higher", 150, False),
    (149, "higher", 150, True),
    (150, "lower", 150, True),
    (149, "lower", 150, False),
    (151, "lower", 150, True),
    (150, "", 150, True),
    (149, "", 150, False),
    (151, "", 150, False),
    (None, "higher", 150, False),
    (150, "higher", None, False),
    (None, "higher", None, False),
]


@pytest.mark.parametrize(("value", "worse", "given", "counts"), WORSE)
def test_a_waiver_answers_only_a_number_that_is_no_worse(
    value: int | None, worse: str, given: int | None, counts: bool
) -> None:
    finding = measured(value, worse)
    relief = waiver(finding, value=None if given is None else Decimal(given))
    facts = replace(raised(150, 148), reliefs=(relief,))
    assert (relieve(finding, facts).relief is not None) is counts


MOMENTS = [
    ({"at": NOW}, True),
    ({"at": NOW + minutes(1)}, False),
    ({"at": NOW - minutes(7)}, True),  # the very minute of the reading
    ({"at": NOW - minutes(7.1)}, False),
    ({"expires_at": NOW + minutes(1)}, True),
    ({"expires_at": NOW}, False),
    ({"session": ""}, False),
    ({"session": "day-0"}, False),
]


@pytest.mark.parametrize(("change", "counts"), MOMENTS)
def test_a_waiver_counts_from_its_reading_to_its_end(change: dict[str, Any], counts: bool) -> None:
    assert opens(raised(150, 148), change) is counts


@pytest.mark.parametrize(("session", "counts"), [("", True), ("day-1", False)])
def test_a_plan_that_names_another_session_answers_nothing_here(session: str, counts: bool) -> None:
    facts = instead(assessed(), seen(Kind.WEIGHT, 108, days(20)))
    relief = plan(body_mass(facts), session=session)
    assert body_mass(replace(facts, reliefs=(relief,))).passes is counts


def test_of_two_that_answer_the_newer_one_is_shown() -> None:
    facts = raised(150, 148)
    older = waiver(systolic(facts), id="older", at=NOW - minutes(2))
    newer = waiver(systolic(facts), id="newer", at=NOW - minutes(1))
    for both in ((older, newer), (newer, older)):
        relief = systolic(replace(facts, reliefs=both)).relief
        assert relief is not None and relief.id == "newer"


SECONDS = [
    # (roles that are asked for, who signs second, may)
    ((), IVY, True),
    ((), AMARA, True),
    ((), MARCUS, False),
    (("prescriber",), AMARA, True),
    (("prescriber",), IVY, False),
    (("medical_director",), AMARA, False),
    (("session_clinician",), IVY, True),
]


@pytest.mark.parametrize(("asked", "who", "may"), SECONDS)
def test_who_may_sign_second(asked: tuple[str, ...], who: str, may: bool) -> None:
    finding = replace(measured(150, "higher"), second_signer=asked)
    assert may_second(finding, readied(), who) is may
    assert may_second(finding, replace(readied(), course=None), who) is may


LETTERS = [
    ({"signed_at": NOW}, True),
    ({"signed_at": NOW + minutes(1)}, False),
    ({"signed_at": NOW - days(20)}, True),  # the moment of the answer
    ({"signed_at": NOW - days(20) - minutes(1)}, False),
    ({"withdrawn_at": NOW}, False),
    ({"withdrawn_at": NOW + minutes(1)}, True),
]


@pytest.mark.parametrize(("change", "counts"), LETTERS)
def test_a_letter_counts_from_the_answer_until_it_is_withdrawn(
    change: dict[str, Any], counts: bool
) -> None:
    assert planned(with_letter(bipolar(), **change), letter="letter-1") is counts


def test_a_letter_answers_a_hold_without_a_date_of_its_own() -> None:
    facts = with_letter(instead(assessed(), seen(Kind.WEIGHT, 108, days(20))))
    relief = plan(body_mass(facts), letter="letter-1")
    assert body_mass(replace(facts, reliefs=(relief,))).passes
    missing = replace(relief, letter="letter-2")
    assert not body_mass(replace(facts, reliefs=(missing,))).passes
