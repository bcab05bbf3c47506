"""A credential is worth what is printed on it, until midnight of the printed day, clinic time.

Plain values for the gates and the staff pages; the gates build the Findings.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DEA = re.compile(r"[A-Z][A-Z9][0-9]{7}")
_NPI = re.compile(r"[12][0-9]{9}")

# Days before the end on which staff pages begin to warn (evidence: legal 1a, graded R).
WARN_DAYS = (60, 30, 7)


def valid_until(expires_on: date, zone: str) -> datetime:
    """The first moment at which a printed date no longer holds: the midnight that ends it.

    The last day of the calendar, which some boards print for "no end", ends with the calendar.
    """
    if expires_on == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(expires_on + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))


def is_current(
    *,
    now: datetime,
    zone: str,
    expires_on: date | None,
    revoked_at: datetime | None = None,
    issued_on: date | None = None,
) -> bool:
    """Whether a credential holds at an aware moment. Without a printed end it never runs out."""
    if revoked_at is not None and revoked_at <= now:
        return False
    today = now.astimezone(ZoneInfo(zone)).date()
    if issued_on is not None and today < issued_on:
        return False
    return expires_on is None or today <= expires_on


def days_left(expires_on: date, now: datetime, zone: str) -> int:
    """Whole days until the printed day: 0 on that day, negative afterwards."""
    return (expires_on - now.astimezone(ZoneInfo(zone)).date()).days


def warning_days(expires_on: date | None, now: datetime, zone: str) -> int | None:
    """The tightest warning that applies (60, 30, 7 or 0 when past); None while there is time."""
    if expires_on is None:
        return None
    left = days_left(expires_on, now, zone)
    if left < 0:
        return 0
    return min((days for days in WARN_DAYS if left <= days), default=None)


def dea_check_digit(digits: str) -> int:
    """The seventh digit of a DEA number, from the first six: (d1+d3+d5) + 2(d2+d4+d6), mod 10.

    Raises ValueError unless `digits` are six decimal digits.
    """
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise ValueError("six digits")
    numbers = [int(d) for d in digits]
    return (sum(numbers[0::2]) + 2 * sum(numbers[1::2])) % 10


def dea_problem(number: str) -> str:
    """What is wrong with a DEA number's shape, or "" when nothing is.

    A typing check only: a number that passes may still belong to nobody.
    """
    accepted = "Accepted: two letters and seven digits as printed, for example AB1234563."
    typed = number.strip().upper()
    if not _DEA.fullmatch(typed):
        return f"“{number.strip()[:12]}” does not have the form of a DEA number. {accepted}"
    if dea_check_digit(typed[2:8]) != int(typed[8]):
        return (
            f"The last digit does not fit the others: compare it with the certificate. {accepted}"
        )
    return ""


def dea_name_problem(number: str, name: str) -> str:
    """What is wrong between a DEA number and a registrant's name, or "" when nothing is.

    The second letter is the initial of the registrant's last name, or 9 for a business.
    """
    letter = number.strip().upper()[1:2]
    last = name.split(",")[0].split()[-1:]
    initials = {part[:1].upper() for word in last for part in word.split("-")}
    if letter == "9" or letter in initials:
        return ""
    return (
        f"Its second letter is {letter}, and the name is {name}: compare both with the certificate."
        " Accepted: the number as printed, with the registrant’s name if it has changed since."
    )


def npi_problem(number: str) -> str:
    """What is wrong with a National Provider Identifier's shape, or "" when nothing is.

    Ten digits whose last makes the Luhn sum, counted with the prefix 80840, end in zero.
    """
    accepted = "Accepted: the ten digits as printed, for example 1234567893."
    typed = number.strip()
    if not _NPI.fullmatch(typed):
        return f"“{typed[:12]}” does not have the form of an NPI. {accepted}"
    return "" if _luhn("80840" + typed) % 10 == 0 else f"The last digit does not fit. {accepted}"


def covers_schedule(schedules: tuple[str, ...], wanted: str = "III") -> bool:
    """Whether a registration names a schedule; ketamine is in Schedule III (21 CFR 1308.13)."""
    return wanted in {s.strip().upper() for s in schedules}


def same_address(one: str, other: str) -> bool:
    """Whether two printed addresses are one, whatever their case, commas and spaces."""
    a, b = _address_key(one), _address_key(other)
    return bool(a) and a == b


def _address_key(address: str) -> str:
    return " ".join(re.sub(r"[^0-9a-z]+", " ", address.casefold()).split())


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total
