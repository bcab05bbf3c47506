"""A credential holds until midnight of its printed day, clinic time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import credentials as c

DENVER = "America/Denver"
PRINTED = date(2026, 3, 31)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(DENVER))


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-03-30T23:59:59", True),
        ("2026-03-31T00:00:00", True),
        ("2026-03-31T23:59:59", True),
        ("2026-04-01T00:00:00", False),
        ("2026-04-01T00:00:01", False),
    ],
)
def test_a_printed_date_holds_through_the_end_of_that_day(moment, holds):
    assert c.is_current(now=at(moment), zone=DENVER, expires_on=PRINTED) is holds


def test_the_clinics_midnight_counts_and_not_greenwichs():
    greenwich_midnight = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)  # still 31 March in Denver
    assert c.is_current(now=greenwich_midnight, zone=DENVER, expires_on=PRINTED)
    assert not c.is_current(now=greenwich_midnight, zone="UTC", expires_on=PRINTED)


def test_a_day_of_23_hours_still_ends_at_its_own_midnight():
    assert c.valid_until(date(2026, 3, 8), DENVER) == at("2026-03-09T00:00:00")


def test_a_credential_without_a_printed_end_does_not_run_out():
    assert c.is_current(now=at("2099-01-01T00:00:00"), zone=DENVER, expires_on=None)


def test_a_revoked_credential_ends_at_that_moment():
    ended = at("2026-03-10T10:00:00")
    before = ended - timedelta(seconds=1)
    assert c.is_current(now=before, zone=DENVER, expires_on=PRINTED, revoked_at=ended)
    assert not c.is_current(now=ended, zone=DENVER, expires_on=PRINTED, revoked_at=ended)


def test_a_credential_does_not_hold_before_its_first_day():
    first = date(2026, 3, 10)
    day_before, day = at("2026-03-09T23:59:59"), at("2026-03-10T00:00:00")
    assert not c.is_current(now=day_before, zone=DENVER, expires_on=PRINTED, issued_on=first)
    assert c.is_current(now=day, zone=DENVER, expires_on=PRINTED, issued_on=first)


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.integers(-(10**7), 10**7),
    st.sampled_from([DENVER, "UTC", "Asia/Kolkata", "Pacific/Auckland"]),
)
def test_current_means_that_the_clinics_date_is_not_past_the_printed_one(printed, seconds, zone):
    now = c.valid_until(printed, zone).astimezone(UTC) + timedelta(seconds=seconds)
    on_the_wall = now.astimezone(ZoneInfo(zone)).date()
    assert c.is_current(now=now, zone=zone, expires_on=printed) is (on_the_wall <= printed)


@pytest.mark.parametrize(
    ("left", "warning"),
    [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, 0)],
)
def test_warnings_begin_at_60_30_and_7_days(left, warning):
    now = at("2026-03-01T12:00:00")
    ends = date(2026, 3, 1) + timedelta(days=left)
    assert c.warning_days(ends, now, DENVER) == warning


def test_without_an_end_there_is_no_warning():
    assert c.warning_days(None, at("2026-03-01T12:00:00"), DENVER) is None


@pytest.mark.parametrize("number", ["AB1234563", "ab1234563", " MF1234563 ", "F91234563"])
def test_a_dea_number_as_printed_is_accepted(number):
    # 1+3+5 = 9, 2+4+6 = 12, 9 + 2*12 = 33: the last digit is 3.
    assert c.dea_problem(number) == ""


@pytest.mark.parametrize(
    "number", ["", "AB123456", "AB12345633", "A11234563", "12345678 9", "AB123456３", "AB-1234563"]
)
def test_something_else_is_not_a_dea_number_and_the_answer_says_what_is(number):
    assert "form of a DEA number" in c.dea_problem(number)
    assert "AB1234563" in c.dea_problem(number)


@given(st.from_regex(r"[0-9]{6}", fullmatch=True), st.integers(0, 9))
def test_exactly_one_last_digit_fits(digits, last):
    right = c.dea_check_digit(digits) == last
    assert (c.dea_problem(f"AB{digits}{last}") == "") is right


@given(st.from_regex(r"[0-9]{6}", fullmatch=True), st.integers(0, 5), st.integers(1, 9))
def test_one_wrong_digit_in_an_odd_place_is_always_found(digits, place, change):
    wrong = list(digits)
    wrong[place] = str((int(wrong[place]) + change) % 10)
    same = c.dea_check_digit(digits) == c.dea_check_digit("".join(wrong))
    # Even places count double, so a difference of five hides there: known, and why the check
    # is a typing check only.
    assert same is (place % 2 == 1 and change == 5)


def test_the_check_digit_wants_six_digits():
    with pytest.raises(ValueError, match="six digits"):
        c.dea_check_digit("12345")


@pytest.mark.parametrize(
    ("number", "fits"),
    [("1234567893", True), ("1234567890", False), ("3234567893", False), ("123456789", False)],
)
def test_an_npi_ends_in_its_check_digit(number, fits):
    assert (c.npi_problem(number) == "") is fits


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_every_npi_has_exactly_one_last_digit(digits):
    assert sum(c.npi_problem(f"{digits}{last}") == "" for last in range(10)) == 1


def test_a_registration_covers_the_schedules_it_names():
    assert c.covers_schedule(("II", "iii"))
    assert not c.covers_schedule(("II", "IV"))
    assert not c.covers_schedule(())


def test_an_address_is_the_same_whatever_its_commas():
    assert c.same_address("12 Juniper St., Denver CO", "12 juniper st denver, CO")
    assert not c.same_address("12 Juniper St", "14 Juniper St")
    assert not c.same_address("", "")


@pytest.mark.parametrize(
    ("printed", "ends"),
    [
        (date.max, datetime.max.replace(tzinfo=UTC)),  # what some boards print for "no end"
        (date(9999, 12, 30), datetime(9999, 12, 31, 7, tzinfo=UTC)),
        (date(2026, 3, 31), datetime(2026, 4, 1, 6, tzinfo=UTC)),
    ],
)
def test_the_last_day_of_the_calendar_ends_with_it(printed, ends):
    assert c.valid_until(printed, DENVER) == ends


@pytest.mark.parametrize(("printed", "left"), [(31, 0), (30, -1)])
def test_whole_days_are_left_until_the_printed_day(printed, left):
    assert c.days_left(date(2026, 3, printed), at("2026-03-31T23:59:59"), DENVER) == left


@pytest.mark.parametrize(
    ("number", "name", "fits"),
    [
        ("BO1234563", "Amara Osei", True),
        ("bo1234563", "amara osei", True),
        ("BO1234563", "Osei, Amara", True),
        ("BO1234563", "Amara Osei, MD", True),
        ("BA1234563", "Amara Osei", False),
        ("BL1234563", "Amara Osei-Lee", True),
        ("B91234563", "Juniper House", True),
        ("BO1234563", "", False),
    ],
)
def test_the_second_letter_is_the_initial_of_the_last_name(number, name, fits):
    assert (c.dea_name_problem(number, name) == "") is fits


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12 Elm St., Boulder", "12 elm st boulder", True),
        ("12 Elm St", "12  ELM,ST", True),
        ("12 Elm St", "13 Elm St", False),
        ("", "", False),
        (" , ", "", False),
    ],
)
def test_an_address_is_the_same_whatever_its_case_and_commas(one, other, same):
    assert c.same_address(one, other) is same


@pytest.mark.parametrize("number", ["12345678934", " 1234567893 "])
def test_an_npi_has_ten_digits_and_no_more(number):
    assert (c.npi_problem(number) == "") is (number.strip() == "1234567893")


# reckoned by another program
NPIS = ["1234567893", "1245319599", "1679576722", "2000000002", "1098765435", "1987654328"]


@pytest.mark.parametrize("number", NPIS)
def test_an_npi_that_was_reckoned_elsewhere_fits_and_its_neighbours_do_not(number):
    assert c.npi_problem(number) == ""
    for step in range(1, 10):
        other = f"{number[:-1]}{(int(number[-1]) + step) % 10}"
        assert "The last digit does not fit" in c.npi_problem(other)


def test_what_is_wrong_is_said_with_what_is_accepted():
    assert "form of an NPI" in c.npi_problem("12")
    assert "1234567893" in c.npi_problem("12")
    told = c.dea_name_problem("BA1234563", "Amara Osei")
    assert "Its second letter is A, and the name is Amara Osei" in told
