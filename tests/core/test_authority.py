"""Each act is done by somebody of the profession it needs, and never by the person's therapist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from holdspace.care.shipped import protocol_text
from holdspace.core.authority import holds_specialty, physician_who_clears, practises_as
from holdspace.core.decision import Door
from holdspace.core.facts import (
    Clinic,
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Facts,
    Place,
    Presence,
    Role,
)
from holdspace.core.protocol import load
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    RUTH,
    arrived,
    ask,
    assessed,
    between_doses,
    certificate,
    cleared,
    clinic_protocol,
    codes,
    licence,
    minutes,
    paper,
    readied,
    rested,
    with_credential,
    with_paper,
    with_staff,
)

GIVE = Door.GIVE_DOSE


@pytest.mark.parametrize(("door", "facts"), [(GIVE, readied), (Door.FURTHER_DOSE, between_doses)])
def test_the_therapist_never_gives_whatever_roles_they_hold(door: Door, facts: object) -> None:
    assert callable(facts)
    both = with_staff(
        facts(),
        MARCUS,
        roles=(Role.THERAPIST, Role.SESSION_CLINICIAN),
        discipline=Discipline.NP,
        credentials=(
            licence(),
            certificate(CredentialKind.ACLS),
            certificate(CredentialKind.KAP_TRAINING, None),
        ),
    )
    assert codes(ask(door, replace(both, actor=MARCUS)))["staff_same_person"] == "fail"
    assert "staff_same_person" not in codes(ask(door, both))


@pytest.mark.parametrize("door", [GIVE, Door.DISCHARGE])
@pytest.mark.parametrize(
    ("discipline", "fits"),
    [
        (Discipline.RN, True),
        (Discipline.MD, True),
        (Discipline.DO, True),
        (Discipline.NP, True),
        (Discipline.PA, True),
        (Discipline.LCSW, False),
        (Discipline.PSYCHOLOGIST, False),
        (None, False),
    ],
)
def test_a_session_clinician_is_a_nurse_or_a_prescriber(
    door: Door, discipline: Discipline | None, fits: bool
) -> None:
    facts = {GIVE: readied, Door.DISCHARGE: rested}[door]()
    assert ask(door, facts).allowed
    assert ask(door, with_staff(facts, IVY, discipline=discipline)).allowed is fits


def test_the_one_who_gives_holds_acls_not_only_somebody_beside_them() -> None:
    facts = readied()
    second = replace(
        next(m for m in facts.staff if m.id == IVY),
        id="staff-omar",
        name="Omar",
        credentials=(licence(),),
    )
    facts = replace(
        facts,
        actor="staff-omar",
        staff=(*facts.staff, second),
        presences=(*facts.presences, Presence("staff-omar", Place.IN_ROOM, NOW - minutes(20))),
    )
    assert codes(ask(GIVE, facts)) == {"training_not_valid": "unknown"}


@pytest.mark.parametrize("discipline", [Discipline.LCSW, Discipline.RN])
def test_only_a_prescribing_profession_orders(discipline: Discipline) -> None:
    wrong = with_staff(readied(), AMARA, discipline=discipline)
    found = {"role_not_permitted": "fail", "state_authority_missing": "fail"}
    assert codes(ask(GIVE, wrong)) == found


@pytest.mark.parametrize(
    ("door", "facts"),
    [(Door.CLEAR_FOR_MEDICINE, assessed()), (Door.OPEN_SESSION, arrived()), (GIVE, readied())],
)
def test_a_clinic_without_a_state_has_no_valid_licence(door: Door, facts: Facts) -> None:
    clinic = Clinic("clinic", "America/Denver", "", facts.clinic.registered_address, True)
    assert codes(ask(door, replace(facts, clinic=clinic)))["licence_not_valid"] == "unknown"


@pytest.mark.parametrize("kind", [CredentialKind.ACLS, CredentialKind.BLS])
def test_a_certificate_without_a_date_is_not_known_to_hold(kind: CredentialKind) -> None:
    who = IVY if kind is CredentialKind.ACLS else AMARA
    assert not ask(GIVE, with_credential(readied(), who, kind, expires_on=None)).allowed


def test_the_director_is_not_a_prescriber_by_title() -> None:
    facts = with_staff(cleared(), MARCUS, discipline=Discipline.RN)
    assert codes(ask(Door.BEGIN_PREPARATION, facts)) == {"role_not_permitted": "fail"}


def test_a_credential_through_the_last_day_of_the_calendar_has_no_end() -> None:
    facts = with_staff(
        readied(), IVY, credentials=(licence(until=date.max), certificate(CredentialKind.ACLS))
    )
    assert ask(GIVE, facts).allowed
    assert Credential(CredentialKind.LICENCE).expires_on is None


@pytest.mark.parametrize(
    ("kind", "discipline", "answer"),
    [
        (DocumentKind.MEDICAL_EVALUATION, Discipline.NP, {}),
        (DocumentKind.MEDICAL_EVALUATION, Discipline.RN, {"evaluation_missing": "fail"}),
        (DocumentKind.MEDICAL_EVALUATION, Discipline.LCSW, {"evaluation_missing": "fail"}),
        (DocumentKind.MEDICAL_EVALUATION, None, {"evaluation_missing": "unknown"}),
        (DocumentKind.MENTAL_HEALTH_ASSESSMENT, Discipline.LPC, {}),
        (DocumentKind.MENTAL_HEALTH_ASSESSMENT, Discipline.MD, {}),
        (DocumentKind.MENTAL_HEALTH_ASSESSMENT, Discipline.RN, {"assessment_missing": "fail"}),
        (DocumentKind.MENTAL_HEALTH_ASSESSMENT, None, {"assessment_missing": "unknown"}),
    ],
)
def test_a_paper_is_signed_in_the_profession_it_needs(
    kind: DocumentKind, discipline: Discipline | None, answer: dict[str, str]
) -> None:
    facts = with_paper(assessed(), kind, signer_discipline=discipline)
    if kind is DocumentKind.MENTAL_HEALTH_ASSESSMENT and answer:
        answer = {**answer, "state_authority_missing": answer["assessment_missing"]}
    assert codes(ask(Door.CLEAR_FOR_MEDICINE, facts)) == answer


@pytest.mark.parametrize(
    "change", [{"withdrawn_at": NOW - minutes(1)}, {"expires_at": NOW}, {"signed_by": ""}]
)
def test_a_paper_that_ended_or_that_nobody_signed_is_no_paper(change: dict[str, object]) -> None:
    evaluated = with_paper(assessed(), DocumentKind.MEDICAL_EVALUATION, **change)
    found = codes(ask(Door.CLEAR_FOR_MEDICINE, evaluated))
    assert found == {"evaluation_missing": "unknown"}
    ecg = paper(DocumentKind.ECG, minutes(60))
    facts = replace(assessed(), documents=(*assessed().documents, ecg))
    assert _ecg(facts) == "pass"
    assert _ecg(with_paper(facts, DocumentKind.ECG, **change)) == "unknown"


def _ecg(facts: Facts) -> str:
    strict = load(protocol_text("kap-strict"))
    found = ask(Door.CLEAR_FOR_MEDICINE, facts, strict).findings
    return next(f.verdict.value for f in found if f.subject == "ecg")


# --- who practises as what, and who holds a specialty ---------------------------------------------


@pytest.mark.parametrize(
    ("who", "role", "change", "may"),
    [
        (AMARA, Role.PRESCRIBER, {}, True),
        (AMARA, Role.PRESCRIBER, {"discipline": None}, False),
        (AMARA, Role.PRESCRIBER, {"discipline": Discipline.RN}, False),
        (AMARA, Role.PRESCRIBER, {"credentials": ()}, False),
        (AMARA, Role.SESSION_CLINICIAN, {}, False),
        (RUTH, Role.COORDINATOR, {}, False),  # a licence is asked of everybody who practises
        (RUTH, Role.COORDINATOR, {"credentials": (licence(),)}, True),  # a profession is not
    ],
)
def test_somebody_practises_in_a_role_with_its_profession_and_a_licence(
    who: str, role: Role, change: dict[str, Any], may: bool
) -> None:
    assert practises_as(with_staff(readied(), who, **change), who, role) is may


@pytest.mark.parametrize("who", ["", "nobody"])
def test_nobody_practises_and_nobody_holds_a_specialty(who: str) -> None:
    assert not practises_as(readied(), who, Role.PRESCRIBER)
    assert not holds_specialty(readied(), who, "psychiatry")


SPECIALTIES = [
    ("psychiatry", {}, True),
    ("Psychiatry", {}, True),
    ("sleep medicine or psychiatry", {}, True),
    ("cardiology", {}, False),
    ("psychiatry", {"expires_on": date(2025, 3, 2)}, False),
    ("psychiatry", {"expires_on": date(2025, 3, 3)}, True),
    ("psychiatry", {"revoked_at": NOW}, False),
    ("psychiatry", {"kind": CredentialKind.KAP_TRAINING}, False),
]


@pytest.mark.parametrize(("asked", "change", "holds"), SPECIALTIES)
def test_a_specialty_is_a_credential_of_its_own_that_holds_today(
    asked: str, change: dict[str, Any], holds: bool
) -> None:
    board = replace(Credential(CredentialKind.SPECIALTY, subject=" Psychiatry "), **change)
    facts = with_staff(readied(), AMARA, credentials=(licence(), board))
    assert holds_specialty(facts, AMARA, asked) is holds


def test_where_a_protocol_asks_for_no_physician_it_is_said() -> None:
    shipped, path = clinic_protocol(), "clearance.evaluator_is_physician"
    any_prescriber = replace(shipped.setting(path), value=False)
    protocol = replace(shipped, settings={**shipped.settings, path: any_prescriber})
    for discipline in (Discipline.MD, Discipline.NP, None):
        facts = with_staff(assessed(), AMARA, discipline=discipline)
        (found,) = physician_who_clears(facts, protocol)
        said = (found.code.value, found.verdict.value, found.evidence)
        assert said == ("signer_not_physician", "note", "not asked for")
    for discipline, verdict in ((Discipline.NP, "pass"), (Discipline.RN, "fail")):
        facts = with_paper(cleared(), DocumentKind.CLEARANCE, signer_discipline=discipline)
        found = ask(Door.BEGIN_PREPARATION, facts, protocol).findings
        (signer,) = [f for f in found if f.code.value == "signer_not_physician"]
        assert signer.verdict.value == verdict
        assert signer.rule == "the clearance is signed by a prescriber (MD, DO, NP, PA)"
