"""What ends is said in time, once for each threshold, to the one who renews it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from holdspace.care import actions as care
from holdspace.care.models import Task
from holdspace.core.facts import CredentialKind, Role
from holdspace.people import actions as people
from holdspace.people.models import Clinic, Credential, Membership
from tests.rooms.factory import PROTOCOL, played, sign
from tests.rooms.people.cast import NOW, clinic_at, fresh, member

pytestmark = pytest.mark.django_db
LISTS = "exclusion_lists"
LEFT: set[object] = set()


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


@pytest.fixture(autouse=True)
def left(db) -> None:
    """Clinics that tests with real commits left behind in this worker's database."""
    LEFT.clear()
    LEFT.update(Clinic.objects.values_list("pk", flat=True))


def look(now) -> list[Task]:
    """What a look opens in the clinics of this test."""
    return [task for task in care.warn_of_endings(now) if task.clinic_id not in LEFT]


def warned(now) -> list[Task]:
    """What a look opens beside the exclusion lists, which nobody has read here."""
    return [task for task in look(now) if task.kind != LISTS]


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
    opened = warned(NOW)
    assert kinds(opened) == expected
    for task in opened:
        assert task.owner == nurse and task.escalates_to is not None
        assert task.escalates_to != nurse and task.about == row.pk


def test_a_sweep_that_runs_twice_or_late_opens_each_task_once(cast, nurse):

    bls(cast, nurse, NOW, 60)
    for later in (0, 0, 1, 29, 30, 31, 53, 53, 60, 61, 61, 90):
        look(NOW + timedelta(days=later))
    found = (
        Task.objects.of(cast.clinic)
        .filter(kind__startswith="credential_ends")
        .order_by("opened_at")
    )
    assert [t.kind for t in found] == [f"credential_ends_{n}" for n in (60, 30, 7, 0)]


def test_what_was_renewed_or_ended_or_has_left_warns_nobody(cast, nurse):

    bls(cast, nurse, NOW, 20)
    assert len(warned(NOW)) == 1
    later = NOW + timedelta(days=15)  # five days left
    renewed = bls(cast, nurse, NOW, 400)
    assert warned(later) == []
    people.revoke_credential(credential=renewed, by=cast.administrator, now=NOW, because="wrong")
    people.end_membership(membership=fresh(nurse), by=cast.administrator, now=NOW)
    assert warned(later) == []


def test_consent_and_clearance_are_due_thirty_days_before_they_end():
    house = played(stocked=False)
    guest = house.guest()
    assert [t for t in look(house.now) if t.kind == "renewal_due"] == []
    signed = guest.course.documents.get(kind="clearance").signed_at
    day = timedelta(days=1)
    assert not Task.objects.of(house.clinic).filter(kind="renewal_due").exists()
    look(signed + 60 * day - timedelta(minutes=1))
    assert not Task.objects.of(house.clinic).filter(kind="renewal_due").exists()
    for later in (60, 60, 61, 89):
        look(signed + later * day)
    (task,) = Task.objects.of(house.clinic).filter(kind="renewal_due")
    assert task.title.startswith("Clearance ends on") and Role.PRESCRIBER in task.owner.roles_at()
    consent = guest.course.documents.get(kind="consent").signed_at
    look(consent + 340 * day)
    words = {t.title.split()[0] for t in Task.objects.of(house.clinic).filter(kind="renewal_due")}
    assert words == {"Clearance", "Consent"}


def protocol_with(house, most: int, few: int) -> None:
    """The house's protocol with other numbers for a clearance, signed by its director."""
    text = PROTOCOL.read_text()
    for key, old, new in (("sessions_max", 8, most), ("sessions_left_to_renew", 2, few)):
        assert f"{key} = {{ value = {old}," in text
        text = text.replace(f"{key} = {{ value = {old},", f"{key} = {{ value = {new},")
    house.protocol = care.adopt_protocol(
        clinic=house.clinic, text=text, by=house.director, now=house.now
    )
    care.sign_protocol(
        protocol=house.protocol, signature=sign(house.director, house.now), by=house.director,
        now=house.now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("most", "few", "said"),
    [
        (4, 2, None),
        (3, 2, "Clearance: 2 of 3 sessions left: renew it by 31 May 2026 at the latest"),
        (2, 1, "Clearance: 1 of 2 sessions left: renew it by 31 May 2026 at the latest"),
        (2, 0, None),
        (1, 0, "Clearance: 0 of 1 sessions left: renew it by 31 May 2026 at the latest"),
    ],
)
def test_a_clearance_of_which_few_sessions_are_left_is_due_by_the_protocols_count(most, few, said):
    house = played()
    protocol_with(house, most, few)
    guest = house.guest()

    def due() -> list[Task]:
        return [t for t in look(house.now) if t.kind == "renewal_due"]

    assert due() == [], "none was used yet"
    day = guest.open()
    assert due() == [], "opened, and no dose given: nothing is used"
    day.give("50 mg")
    day.settle()
    assert day.discharge().allowed
    found = due()
    assert [task.title for task in found] == ([said] if said else [])
    assert due() == [], "once for one clearance"
    for task in found:
        assert Role.PRESCRIBER in task.owner.roles_at() and task.course == guest.course
        assert house.now < task.due_at <= house.now + timedelta(days=7)


# ---------------------------------------------------------------- by the clinic's own midnight


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        # New time begins on 8 Mar 2026 at 02:00, so that this day has 23 hours.
        ("America/Denver", "2026-03-08T06:59:59+00:00", []),  # 23:59:59 on the 7th: 61 days left
        ("America/Denver", "2026-03-08T07:00:00+00:00", ["credential_ends_60"]),
        ("America/New_York", "2026-03-08T04:59:59+00:00", []),
        ("America/New_York", "2026-03-08T05:00:00+00:00", ["credential_ends_60"]),
        ("America/New_York", "2026-04-07T03:59:59+00:00", ["credential_ends_60"]),  # now summer
        ("America/New_York", "2026-04-07T04:00:00+00:00", ["credential_ends_30"]),
        ("America/Denver", "2026-04-07T04:00:00+00:00", ["credential_ends_60"]),  # still the 6th
        ("America/Denver", "2026-04-30T05:59:59+00:00", ["credential_ends_30"]),
        ("America/Denver", "2026-04-30T06:00:00+00:00", ["credential_ends_7"]),
        ("America/Denver", "2026-05-08T05:59:59+00:00", ["credential_ends_7"]),
        ("America/Denver", "2026-05-08T06:00:00+00:00", ["credential_ends_0"]),
    ],
)
def test_each_clinic_is_warned_at_its_own_midnight(zone, at, expected):
    began = NOW - timedelta(days=10)
    here = clinic_at(began)
    there = clinic_at(began, name="Elsewhere")
    clinic = here.clinic if zone == here.clinic.timezone else there.clinic
    Clinic.objects.filter(pk=there.clinic.pk).update(timezone="America/New_York")
    ends = date(2026, 5, 7)
    for cast in (here, there):
        nurse = member(cast, Role.SESSION_CLINICIAN, name="Lin Novak", title="RN", now=began)
        people.add_credential(
            membership=nurse, kind=CredentialKind.BLS, by=cast.administrator, now=began,
            expires_on=ends,
        )  # fmt: skip
    opened = look(datetime.fromisoformat(at))
    mine = [t for t in opened if t.clinic_id == clinic.pk and t.kind != LISTS]
    assert kinds(mine) == expected


def looked_up(cast, on: date, now) -> None:
    """Everybody here was looked up on this day, by the administrator or, for her, the director."""
    for who in Membership.objects.filter(clinic=cast.clinic):
        by = cast.director if who == cast.administrator else cast.administrator
        people.check_exclusion(membership=fresh(who), on=on, found=False, by=by, now=now)


@pytest.mark.parametrize(
    ("days", "due"), [(0, None), (27, None), (28, 35), (34, 35), (35, 35), (36, 35)]
)
def test_the_lists_are_a_task_a_week_before_a_door_stops(cast, nurse, days, due):
    looked_up(cast, cast.clinic.day(NOW), NOW)
    at = NOW + timedelta(days=days)
    opened = [t for t in look(at) if t.kind == LISTS]
    assert len(opened) == (due is not None)
    for task in opened:
        last = cast.clinic.day(NOW) + timedelta(days=35)
        assert f"{last:%d %b %Y}" in task.title and "Lin Novak" in task.title
        assert task.owner == cast.director  # the administrator keeps staff and sees no tasks


def test_one_task_for_everybody_once_a_month_and_once_more_when_it_was_left(cast, nurse):
    looked_up(cast, cast.clinic.day(NOW), NOW)
    opened = {}
    for days in range(80):
        at = NOW + timedelta(days=days)
        for task in [t for t in look(at) if t.kind == LISTS]:
            opened[days] = task
            care.read_task(task=task, by=cast.director, now=at)
            care.close_task(task=task, outcome="later", by=cast.director, now=at)
    assert list(opened) == [28, 36]  # not done: once more on the first day of a closed door


def test_who_was_looked_up_again_is_on_no_task_and_who_never_was_is(cast, nurse):
    looked_up(cast, cast.clinic.day(NOW), NOW)
    later = NOW + timedelta(days=28)
    looked_up(cast, cast.clinic.day(later), later)
    assert not [t for t in look(later) if t.kind == LISTS]
    member(cast, Role.THERAPIST, name="Ada New", title="LCSW", now=later)
    (task,) = (t for t in look(later + timedelta(hours=1)) if t.kind == LISTS)
    assert task.title.endswith(": Ada New")


def test_somebody_found_on_a_list_is_stopped_and_not_asked_for_again(cast, nurse):
    looked_up(cast, cast.clinic.day(NOW), NOW)
    hit = NOW + timedelta(hours=1)
    people.check_exclusion(
        membership=nurse, on=cast.clinic.day(hit), found=True, words="OIG, 2026", by=cast.director,
        now=hit,
    )  # fmt: skip
    (task,) = (t for t in look(NOW + timedelta(days=28)) if t.kind == LISTS)
    assert "Lin Novak" not in task.title
