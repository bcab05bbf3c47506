"""Roles are given by two people, checked at the moment of acting, and end at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.models import RoleGrant
from holdspace.people.signing import Refused
from tests.rooms.people.cast import NOW, PASSWORD, clinic_at, fresh, member, signed_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


def sign(who, now=NOW):
    return actions.sign(by=who, password=PASSWORD, meaning="I grant this role.", now=now)


def test_a_clinical_role_waits_for_a_second_person():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    grant = actions.grant_role(membership=who, role=Role.PRESCRIBER, by=cast.administrator, now=NOW)
    assert grant.is_waiting
    assert not fresh(who).may(May.ORDER_DOSE, LATER)
    actions.second_grant(grant=grant, by=cast.director, signature=sign(cast.director), now=NOW)
    assert fresh(who).may(May.ORDER_DOSE, LATER)


def test_a_desk_role_needs_one_person():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    assert fresh(who).may(May.BOOK, LATER)


def test_the_first_granter_is_not_the_second():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    grant = actions.grant_role(membership=who, role=Role.THERAPIST, by=cast.director, now=NOW)
    with pytest.raises(Refused, match="somebody else"):
        actions.second_grant(grant=grant, by=cast.director, signature=sign(cast.director), now=NOW)
    with pytest.raises(Refused, match="somebody else"):
        actions.grant_role(
            membership=who,
            role=Role.SESSION_CLINICIAN,
            by=cast.director,
            second_by=cast.director,
            now=NOW,
        )


def test_the_database_refuses_one_granter_twice():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    grant = actions.grant_role(membership=who, role=Role.THERAPIST, by=cast.director, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.filter(pk=grant.pk).update(second_granted_by=cast.director)


def test_nobody_grants_a_role_to_themselves():
    cast = clinic_at()
    with pytest.raises(Refused, match="themselves"):
        actions.grant_role(
            membership=cast.administrator, role=Role.REVIEWER, by=cast.administrator, now=NOW
        )


def test_a_second_grant_needs_its_own_signature():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    grant = actions.grant_role(membership=who, role=Role.THERAPIST, by=cast.administrator, now=NOW)
    with pytest.raises(Refused, match="Sign again"):
        actions.second_grant(
            grant=grant, by=cast.director, signature=sign(cast.administrator), now=NOW
        )
    old = sign(cast.director)
    with pytest.raises(Refused, match="too old"):
        actions.second_grant(
            grant=grant, by=cast.director, signature=old, now=NOW + timedelta(minutes=6)
        )


def test_somebody_without_the_right_grants_nothing():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    other = member(cast, Role.THERAPIST, name="Jo Lin")
    with pytest.raises(Refused, match="may not"):
        actions.grant_role(membership=who, role=Role.REVIEWER, by=other, now=LATER)


def test_a_manager_of_another_clinic_grants_nothing():
    cast, other = clinic_at(), clinic_at()
    who = member(cast, Role.COORDINATOR)
    with pytest.raises(Refused, match="not in this clinic"):
        actions.grant_role(membership=who, role=Role.REVIEWER, by=other.administrator, now=NOW)


def test_a_role_ended_today_is_gone_on_the_next_request():
    cast = clinic_at(is_demo=True)
    who = member(cast, Role.COORDINATOR)
    browser = signed_in(who)
    assert browser.get("/people/").status_code == 200
    actions.end_role(grant=who.grants.get(), by=cast.director, now=LATER)
    assert not fresh(who).may(May.BOOK, LATER)
    answer = browser.get("/people/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_a_membership_ended_today_ends_every_sign_in_and_the_account():
    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    browser = signed_in(who)
    assert browser.get("/people/").status_code == 200
    actions.end_membership(membership=who, by=cast.administrator, now=LATER)
    assert browser.get("/people/").status_code == 302
    assert fresh(who).roles_at(LATER) == frozenset()
    assert not fresh(who).user.is_active


def test_what_a_role_allowed_before_its_end_stays_true_of_that_time():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR)
    actions.end_role(grant=who.grants.get(), by=cast.director, now=NOW + timedelta(hours=2))
    assert fresh(who).may(May.BOOK, NOW + timedelta(hours=1))
    assert not fresh(who).may(May.BOOK, NOW + timedelta(hours=2))


def test_the_last_manager_stays():
    cast = clinic_at()
    actions.end_membership(membership=cast.administrator, by=cast.director, now=LATER)
    grant = cast.director.grants.get(role=Role.MEDICAL_DIRECTOR)
    with pytest.raises(Refused, match="grant that to somebody else first"):
        actions.end_role(grant=grant, by=fresh(cast.director), now=LATER)


def test_the_first_director_is_recorded_as_founding():
    cast = clinic_at()
    bases = set(cast.director.grants.values_list("role", "basis"))
    assert bases == {("medical_director", "founding"), ("prescriber", "founding")}
