"""What ends is said in time, once for each threshold, to the one who renews it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdspace.care import actions as care
from holdspace.care.models import Task
from holdspace.core.facts import CredentialKind, Role
from holdspace.people import actions as people
from holdspace.people.models import Credential
from tests.rooms.factory import played
from tests.rooms.people.cast import NOW, clinic_at, fresh, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return clinic_at()


@pytest.fixture
def nurse(cast):
    return member(cast, Role.SESSION_CLINICIAN, name="Lin Novak", title="RN")


def bls(cast, who, now, days: int) -> Credential:
    return people.add_credential(
        membership=who, kind=CredentialKind.BLS, by=cast.administrator, now=now,
        expires_on=cast.clinic.day(now) + timedelta(days=days),
    )  # fmt: skip


def kinds(tasks: list[Task]) -> list[str]:
    return [task.kind for task in tasks]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (61, []),
        (60, ["credential_ends_60"]),
        (31, ["credential_ends_60"]),
        (30, ["credential_ends_30"]),
        (8, ["credential_ends_30"]),
        (7, ["credential_ends_7"]),
        (0, ["credential_ends_7"]),
        (-1, ["credential_ends_0"]),
    ],
)
def test_a_credential_warns_at_sixty_thirty_and_seven_days(cast, nurse, days, expected):

    row = bls(cast, nurse, NOW, days)
    opened = care.warn_of_endings(NOW)
    assert kinds(opened) == expected
    for task in opened:
        assert task.owner == nurse and task.escalates_to is not None
        assert task.escalates_to != nurse and task.about == row.pk


def test_a_sweep_that_runs_twice_or_late_opens_each_task_once(cast, nurse):

    bls(cast, nurse, NOW, 60)
    for later in (0, 0, 1, 29, 30, 31, 53, 53, 60, 61, 61, 90):
        care.warn_of_endings(NOW + timedelta(days=later))
    found = Task.objects.filter(kind__startswith="credential_ends").order_by("opened_at")
    assert [t.kind for t in found] == [f"credential_ends_{n}" for n in (60, 30, 7, 0)]


def test_what_was_renewed_or_ended_or_has_left_warns_nobody(cast, nurse):

    bls(cast, nurse, NOW, 20)
    assert len(care.warn_of_endings(NOW)) == 1
    later = NOW + timedelta(days=15)  # five days left
    renewed = bls(cast, nurse, NOW, 400)
    assert care.warn_of_endings(later) == []
    people.revoke_credential(credential=renewed, by=cast.administrator, now=NOW, because="wrong")
    people.end_membership(membership=fresh(nurse), by=cast.administrator, now=NOW)
    assert care.warn_of_endings(later) == []


def test_consent_and_clearance_are_due_thirty_days_before_they_end():
    house = played(stocked=False)
    guest = house.guest()
    assert [t for t in care.warn_of_endings(house.now) if t.kind == "renewal_due"] == []
    signed = guest.course.documents.get(kind="clearance").signed_at
    day = timedelta(days=1)
    assert not Task.objects.filter(kind="renewal_due").exists()
    care.warn_of_endings(signed + 60 * day - timedelta(minutes=1))
    assert not Task.objects.filter(kind="renewal_due").exists()
    for later in (60, 60, 61, 89):
        care.warn_of_endings(signed + later * day)
    (task,) = Task.objects.filter(kind="renewal_due")
    assert task.title.startswith("Clearance ends on") and Role.PRESCRIBER in task.owner.roles_at()
    consent = guest.course.documents.get(kind="consent").signed_at
    care.warn_of_endings(consent + 340 * day)
    words = {t.title.split()[0] for t in Task.objects.filter(kind="renewal_due")}
    assert words == {"Clearance", "Consent"}
