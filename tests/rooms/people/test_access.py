"""One table says who may see and do what; these lines of it must never move."""

import pytest

from holdspace.core.facts import Role
from holdspace.people import access, signing
from holdspace.people.access import GRANTS, May

CLINICAL = {
    May.READ_CHART,
    May.READ_CLINICAL_HOLD_REASON,
    May.WRITE_MEDICAL,
    May.WRITE_THERAPY,
    May.EVALUATE_MEDICALLY,
    May.ASSESS_MENTAL_HEALTH,
    May.CLEAR_FOR_MEDICINE,
    May.WRITE_PRIVATE_NOTES,
    May.ORDER_DOSE,
    May.GIVE_DOSE,
    May.OBSERVE,
    May.WAIVE,
}
CHANGES = set(May) - {
    May.SEE_PEOPLE_LIST,
    May.SEE_SCHEDULE,
    May.SEE_TASKS,
    May.READ_CHART,
    May.READ_CLINICAL_HOLD_REASON,
    May.SEE_REGISTER,
    May.SEE_PROTOCOL,
    May.SEE_STAFF,
    May.SEE_ACCESS_LOG,
    May.VERIFY_RECORD,
    May.REVIEW_EMERGENCY_ACCESS,
}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.REGISTER_CUSTODIAN])
def test_these_roles_never_reach_clinical_content(role):
    assert not GRANTS[role] & CLINICAL


def test_a_reviewer_reads_and_changes_nothing_but_a_release_that_takes_two():
    assert GRANTS[Role.REVIEWER] & CHANGES == {May.RELEASE_PRIVATE_NOTES}
    assert not GRANTS[Role.REVIEWER] & CLINICAL
    assert May.SEE_ACCESS_LOG in GRANTS[Role.REVIEWER]


def test_a_therapist_never_touches_medicine():
    never = {
        May.ORDER_DOSE,
        May.GIVE_DOSE,
        May.WAIVE,
        May.SECOND_SIGN_WAIVER,
        May.WITNESS_WASTE,
        May.HANDLE_REGISTER,
        May.CLEAR_FOR_MEDICINE,
    }
    assert not GRANTS[Role.THERAPIST] & never


def test_a_session_clinician_gives_but_never_orders_or_clears():
    held = GRANTS[Role.SESSION_CLINICIAN]
    assert May.GIVE_DOSE in held
    assert not held & {May.ORDER_DOSE, May.CLEAR_FOR_MEDICINE, May.WAIVE}


def test_only_the_director_signs_protocols_and_privileges():
    for may in (May.SIGN_PROTOCOL, May.SIGN_PRIVILEGE):
        assert [role for role in Role if may in GRANTS[role]] == [Role.MEDICAL_DIRECTOR]


def test_only_therapists_keep_private_notes():
    assert [r for r in Role if May.WRITE_PRIVATE_NOTES in GRANTS[r]] == [Role.THERAPIST]


def test_every_capability_has_words_and_somebody_who_holds_it():
    assert set(access.WORDS) == set(May)
    assert access.capabilities(Role) == frozenset(May)


def test_every_clinical_role_needs_two_people():
    for role in Role:
        if GRANTS[role] & (CLINICAL | {May.HANDLE_REGISTER, May.SIGN_PROTOCOL}):
            assert role in access.TWO_PERSON_ROLES, role


def test_the_shortest_time_of_several_roles_holds():
    assert access.idle_minutes([Role.SESSION_CLINICIAN]) == 30
    assert access.idle_minutes([Role.PRESCRIBER]) == 15
    assert access.idle_minutes([Role.SESSION_CLINICIAN, Role.COORDINATOR]) == 10
    assert access.idle_minutes([]) == 10


@pytest.mark.parametrize(("page", "made"), [("access", access), ("signatures", signing)])
def test_the_pages_in_docs_are_made_from_the_code(repository, page, made):
    written = (repository / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert written == made.markdown(), "run: holdspace access --write docs"
