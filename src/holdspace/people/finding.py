"""Finding a person again: the same spelling rules for search and for possible duplicates."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher

# Below this, two names with the same birth date are usually two people (twins, siblings apart).
SIMILAR_ENOUGH = 0.72


def name_key(name: str) -> str:
    """A name without case, accents and punctuation: "Zoë O'Neil" -> "zoe oneil"."""
    plain = unicodedata.normalize("NFKD", name)
    kept = (c for c in plain if not unicodedata.combining(c) and c not in "'’`.")
    return " ".join("".join(c if c.isalnum() else " " for c in kept).casefold().split())


def phone_key(phone: str) -> str:
    """The digits of a phone number, without a leading US country code."""
    digits = "".join(c for c in phone if c.isdigit())
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def read_date(text: str) -> date | None:
    """A birth date as people type it: 1984-03-09, 3/9/1984 or 03/09/1984."""
    for shape in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text.strip(), shape).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a person can show that two entries are one."""

    name: str
    birth_date: date | None = None
    phone: str = ""
    email: str = ""


def why_alike(one: Traits, other: Traits) -> tuple[str, ...]:
    """Why two entries may be the same person, in plain words; empty when nothing says so."""
    reasons = []
    if one.birth_date and one.birth_date == other.birth_date:
        if names_alike(one.name, other.name):
            reasons.append("same birth date and a similar name")
    elif name_key(one.name) == name_key(other.name) and name_key(one.name):
        reasons.append("the same name")
    phone = phone_key(one.phone)
    if len(phone) >= 7 and phone == phone_key(other.phone):
        reasons.append("same phone number")
    email = one.email.strip().casefold()
    if email and email == other.email.strip().casefold():
        reasons.append("same e-mail address")
    return tuple(reasons)


def names_alike(one: str, other: str) -> bool:
    """Whether two names could be one name: typed differently, shortened, or in another order."""
    a, b = sorted(name_key(one).split()), sorted(name_key(other).split())
    if not a or not b:
        return False
    if set(a) <= set(b) or set(b) <= set(a):
        return True
    return SequenceMatcher(None, " ".join(a), " ".join(b)).ratio() >= SIMILAR_ENOUGH
