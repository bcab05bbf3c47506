"""Who is on call is set by people, seen by colleagues, and a gap is said in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.models import Membership, OnCall
from holdspace.people.on_call import chain, gaps, on_call, overlaps, reader
from holdspace.people.signing import Refused
from tests.rooms.people.cast import NOW, Cast, clinic_at, member, signed_in

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr("holdspace.people.clock.read", lambda: NOW)
    return clinic_at()


@pytest.fixture
def nurse(cast: Cast) -> Membership:
    return member(cast, Role.SESSION_CLINICIAN, name="Noor Haddad")


@pytest.fixture
def therapist(cast: Cast) -> Membership:
    return member(cast, Role.THERAPIST, name="Priya Raman")


def put(who: Membership, by: Membership, begins: int = 0, hours: int = 8, rank: int = 1) -> OnCall:
    start = NOW + begins * HOUR
    return actions.set_on_call(
        membership=who, starts_at=start, ends_at=start + hours * HOUR, rank=rank, by=by, now=NOW
    )


def test_the_one_who_is_on_call_reads_until_the_very_minute(cast: Cast, nurse: Membership) -> None:
    put(nurse, cast.director)
    for at, reads in ((-1, False), (0, True), (479, True), (480, False)):
        assert bool(on_call(cast.clinic, NOW + timedelta(minutes=at))) is reads


def test_before_the_time_the_reader_is_whoever_begins_next(cast: Cast, nurse: Membership) -> None:
    assert reader(cast.clinic, NOW) is None
    put(nurse, cast.director, begins=14)
    found = reader(cast.clinic, NOW)
    assert found is not None
    assert (found.who, found.begins) == (nurse, NOW + 14 * HOUR)
    later = reader(cast.clinic, NOW + 15 * HOUR)
    assert later is not None and later.begins is None


def test_first_stands_before_second_and_behind_them_the_director(
    cast: Cast, nurse: Membership, therapist: Membership
) -> None:
    put(therapist, cast.director, rank=2)
    put(nurse, cast.director, rank=1)
    assert list(chain(cast.clinic, NOW)) == [nurse, therapist, cast.director]


def test_somebody_who_left_is_not_on_call_any_more(cast: Cast, nurse: Membership) -> None:
    put(nurse, cast.director)
    actions.end_membership(membership=nurse, by=cast.director, now=NOW)
    assert on_call(cast.clinic, NOW + timedelta(minutes=1)) == []
    assert reader(cast.clinic, NOW + timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("begins", "hours", "rank", "field"),
    [
        (0, 0, 1, "ends_at"),
        (-9, 8, 1, "ends_at"),
        (0, 24 * 14 + 1, 1, "ends_at"),
        (0, 1, 3, "rank"),
    ],
)
def test_a_time_that_cannot_be_is_refused(
    cast: Cast, nurse: Membership, begins: int, hours: int, rank: int, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        put(nurse, cast.director, begins, hours, rank)
    assert refused.value.field == field


def test_who_may_not_read_charts_is_never_on_call(cast: Cast) -> None:
    with pytest.raises(Refused, match="may not read charts"):
        put(cast.administrator, cast.director)


def test_a_therapist_may_not_say_who_is_on_call_but_gives_their_own_away(
    cast: Cast, nurse: Membership, therapist: Membership
) -> None:
    with pytest.raises(Refused):
        put(nurse, therapist)
    row = put(therapist, cast.director)
    later = NOW + 2 * HOUR
    new = actions.swap_on_call(row=row, to=nurse, by=therapist, now=later)
    assert (new.starts_at, new.ends_at) == (later, NOW + 8 * HOUR)
    assert [r.membership for r in on_call(cast.clinic, later)] == [nurse]
    with pytest.raises(Refused, match="changed in the meantime"):
        actions.swap_on_call(row=row, to=nurse, by=cast.director, now=later)
    with pytest.raises(Refused):
        actions.swap_on_call(row=new, to=therapist, by=therapist, now=later)


def test_the_same_person_is_not_put_twice_and_two_people_are_shown(
    cast: Cast, nurse: Membership, therapist: Membership
) -> None:
    one = put(nurse, cast.director)
    with pytest.raises(Refused, match="already"):
        put(nurse, cast.director, begins=7)
    other = put(therapist, cast.director, begins=7)
    assert overlaps([one, other]) == [(one, other)]
    assert overlaps([one, put(therapist, cast.director, begins=8, rank=2)]) == []


def test_another_clinics_staff_are_out_of_reach(cast: Cast, nurse: Membership) -> None:
    elsewhere = clinic_at(name="Elsewhere")
    with pytest.raises(Refused):
        put(nurse, elsewhere.director)
    row = put(nurse, cast.director)
    with pytest.raises(Refused):
        actions.end_on_call(row=row, by=elsewhere.director, now=NOW)
    assert signed_in(elsewhere.director).get(f"/people/on-call/{row.pk}/").status_code == 404


START = datetime(2026, 3, 2, tzinfo=UTC)
minutes = st.integers(0, 600)


@given(st.lists(st.tuples(minutes, minutes).map(sorted).filter(lambda p: p[0] < p[1])))
def test_every_minute_is_either_covered_or_in_a_gap(spans: list[list[int]]) -> None:
    def at(minute: int) -> datetime:
        return START + timedelta(minutes=minute)

    found = gaps([(at(a), at(b)) for a, b in spans], at(60), at(540))
    for minute in range(60, 540):
        covered = any(a <= minute < b for a, b in spans)
        assert covered is not any(g.starts_at <= at(minute) < g.ends_at for g in found)
    assert all(g.starts_at < g.ends_at for g in found)


def test_the_page_says_who_and_which_hours_nobody_has(cast: Cast, nurse: Membership) -> None:
    put(nurse, cast.director)
    page = signed_in(cast.administrator).get("/people/on-call/").content.decode()
    assert "On call now:" in page and "Noor Haddad" in page
    assert "Nobody is on call" in page and "From Mon 2 Mar 2026 17:00" in page


def test_a_coordinator_puts_somebody_on_call_from_the_page(cast: Cast, nurse: Membership) -> None:
    desk = signed_in(member(cast, Role.COORDINATOR, name="Lin Zhao"))
    typed = {
        "membership": str(nurse.pk), "rank": "1", "phone": "303 555 0161",
        "starts_at": "2026-03-02T18:00", "ends_at": "2026-03-03T08:00",
    }  # fmt: skip
    assert desk.post("/people/on-call/", typed).status_code == 302
    row = OnCall.objects.get()
    assert row.starts_at == datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # 18:00 in Denver
    again = desk.post("/people/on-call/", typed | {"ends_at": "2026-03-02T17:00"})
    assert again.status_code == 200 and "303 555 0161" in again.content.decode()
    assert desk.post(f"/people/on-call/{row.pk}/", {"end": "1"}).status_code == 302
    assert reader(cast.clinic, NOW) is None


@pytest.mark.parametrize("typed", ["2026-03-08T02:30", "2026-11-01T01:30"])
def test_a_wall_time_that_never_comes_or_comes_twice_is_asked_again(
    cast: Cast, nurse: Membership, typed: str
) -> None:
    sent = {"membership": str(nurse.pk), "rank": "1", "starts_at": typed,
            "ends_at": "2026-11-02T08:00"}  # fmt: skip
    answer = signed_in(cast.administrator).post("/people/on-call/", sent)
    assert answer.status_code == 200 and not OnCall.objects.exists()
    assert "may be ambiguous or it may not exist" in answer.content.decode()


def test_a_nurse_sees_the_week_and_may_not_change_it(cast: Cast, nurse: Membership) -> None:
    row = put(cast.director, cast.director)
    browser = signed_in(nurse)
    assert "Put on call" not in browser.get("/people/on-call/").content.decode()
    assert browser.post("/people/on-call/", {}).status_code == 404
    assert browser.get(f"/people/on-call/{row.pk}/").status_code == 404
