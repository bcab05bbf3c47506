"""What a page sends around an entry: its id, who wrote it, both clocks; read and checked here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from holdspace.care.actions import WrongInput
from holdspace.care.models import Session
from holdspace.core.tablet import TOLERATED, Stamp, stamp
from holdspace.medicine.actions.entries import Envelope
from holdspace.people.models import key_or_none
from holdspace.records import canonical

# Fields that say how an entry came, not what it says: the same entry may come twice with others.
AROUND = {
    "csrfmiddlewaretoken", "carry", "draft_key", "entry", "entry_by", "made_at", "clock_ahead_ms",
    "clock_ahead_later_ms", "confirmed_at", "set_aside_act", "set_aside_why",
}  # fmt: skip
BODY_CHARACTERS_MAX = 20_000
AHEAD_MAX_MS = 100 * 366 * 86_400_000  # a tablet whose battery was dead may think it is 1970


def of(request: HttpRequest, act: str, session: Session, now: datetime) -> Envelope | None:
    """The envelope of a posted entry, None where the page gave no id: it is charted as it comes.

    Raises WrongInput for an id, a time or a difference that is none.
    """
    posted = request.POST
    if not posted.get("entry"):
        return None
    entry = key_or_none(posted["entry"])
    if entry is None:
        raise WrongInput("entry", "This is no id of an entry.", "a UUID that the page made")
    made_at, confirmed = (_time(posted, name) for name in ("made_at", "confirmed_at"))
    before, later = (_ahead(posted, f"clock_ahead{name}_ms") for name in ("", "_later"))
    found = Stamp(now, None, sure=True)
    if made_at:
        found = stamp(made_at, before, later, session.opened_at, now)
    if confirmed and not session.opened_at <= confirmed <= now + TOLERATED:
        accepted = "a time since this session was opened, up to now"
        raise WrongInput("confirmed_at", "It can't have been then.", accepted)
    return Envelope(entry, act, _body(request), made_at, found, confirmed)


def must_be_sure(envelope: Envelope) -> None:
    """Raises WrongInput for an entry whose tablet's clock can't be trusted, until a person says
    when it was made: a time opens doors, and limits.md lets nobody guess it."""
    if envelope.awaits_a_person:
        raise WrongInput(
            "made_at", "This tablet’s clock was changed, or could not be compared.",
            "the time at which this was written down, confirmed by you",
        )  # fmt: skip


def is_whose(request: HttpRequest) -> bool:
    """Whether it was written by whoever is signed in now; a page without a script does not say."""
    writer = request.POST.get("entry_by", "")
    return not writer or writer == str(request.actor.id)  # type: ignore[attr-defined]


def _body(request: HttpRequest) -> str:
    data = {k: v for k, v in sorted(request.POST.lists()) if k not in AROUND and any(v)}
    body = canonical.text(data)
    if len(body) > BODY_CHARACTERS_MAX:
        raise WrongInput("entry", "This is too long.", f"up to {BODY_CHARACTERS_MAX} characters")
    return body


def _time(posted: Mapping[str, str], name: str) -> datetime | None:
    text = posted.get(name, "")
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise WrongInput(name, "This is no time.", "a date and time with its zone")
    return found


def _ahead(posted: Mapping[str, str], name: str) -> timedelta | None:
    text = posted.get(name, "")
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or int(digits[:20]) > AHEAD_MAX_MS:
        raise WrongInput(name, "This is no difference of clocks.", "whole milliseconds")
    return timedelta(milliseconds=int(text))
