"""The pad of the session page: what one tap opens, in which words, and what can be taken back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from holdspace.care.models import EventKind, Observation
from holdspace.care.telling import line
from holdspace.core.units import KINDS, Kind, plain
from holdspace.medicine.forms import FELT, VITALS
from holdspace.medicine.page import TILE_WORDS, Day, value_words
from holdspace.people.models import Membership

# For so long the one who charted a value may take it back by one tap; later a strike is signed.
UNDO = timedelta(minutes=2)
UNDOABLE = frozenset(kind.value for kind in (*VITALS, *FELT))
OXYGEN = "oxygen_l_min"  # the one box of the pad that is no kind of its own
CARRIED_LENGTH = 12
# The page after a saved value comes at once; what was on its way for longer is of another moment.
CARRIED_FOR = timedelta(minutes=1)

# MOAA/S after Chernik 1990, each level in a few words of our own.
MOAAS = (
    (5, _("answers readily to the name")),
    (4, _("answers slowly to the name")),
    (3, _("only to a loud or repeated name")),
    (2, _("only to a gentle shake")),
    (1, _("only to a painful squeeze")),
    (0, _("no answer")),
)
ENDS = {
    Kind.DISSOCIATION: (_("fully here"), _("wholly away")),
    Kind.DISTRESS: (_("none"), _("the worst there is")),
    Kind.NAUSEA: (_("none"), _("the worst there is")),
    Kind.PAIN: (_("none"), _("the worst there is")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a few numbers: its name, and its buttons in the order of the eye."""

    kind: str
    name: str
    buttons: tuple[tuple[int, Any], ...]
    worded: bool = False


def rows() -> list[Row]:
    """Every item that is answered by one tap on a number."""
    sedation = Kind.SEDATION_MOAAS
    found = [Row(sedation.value, TILE_WORDS[sedation], MOAAS, worded=True)]
    for kind, (least, most) in ENDS.items():
        ends = {0: least, 10: most}
        buttons = tuple((number, ends.get(number, "")) for number in range(11))
        found.append(Row(kind.value, KINDS[kind].label, buttons))
    return found


@dataclass(frozen=True, slots=True)
class Last:
    """What was charted last for one box of the pad, beside it and never in it."""

    kind: str
    words: str = ""
    at: datetime | None = None


def last(day: Day) -> dict[str, Last]:
    """By box the newest value that was not struck; the oxygen is that of the newest saturation."""
    found = {kind: Last(kind) for kind in (*UNDOABLE, OXYGEN)}
    for row in day.rows:
        if row.kind not in UNDOABLE or row.id in day.struck:
            continue
        found[row.kind] = Last(row.kind, row.as_core.text.split()[0], row.taken_at)
        if row.kind == Kind.SPO2.value:
            flow = row.oxygen_l_min
            found[OXYGEN] = Last(OXYGEN, "" if flow is None else plain(flow), row.taken_at)
    return found


@dataclass(frozen=True, slots=True)
class Charted:
    """What its author charted last, while one tap takes it back."""

    key: str
    at: datetime
    parts: tuple[tuple[UUID, str], ...]  # each value of it by its key, in words

    @property
    def words(self) -> str:
        return "; ".join(words for _key, words in self.parts)


def just_charted(day: Day, actor: Membership) -> Charted | None:
    """The last act of this reader, where it is one that they may still undo; else nothing.

    After anything else that they wrote down, or took back, an undo would concern an older entry
    than the one they have in mind.
    """
    own = [row for row in day.rows if may_undo(row, actor, day.now)]
    if why := _could_not(day, actor, own):
        return why
    if not own:
        return None
    newest = max(own, key=lambda row: (row.recorded_at, row.id))
    since = (h for h in day.happened if h.by == str(actor.id))
    if newest.id in day.struck or any(h.recorded_at > newest.recorded_at for h in since):
        return None
    together = [
        row for row in own if row.taken_as_set == newest.taken_as_set and row.id not in day.struck
    ]
    order = list(Kind)
    together.sort(key=lambda row: order.index(Kind(row.kind)))
    parts = ((row.id, f"{KINDS[Kind(row.kind)].label} {value_words(row)}") for row in together)
    return Charted(str(newest.taken_as_set), newest.taken_at, tuple(parts))


def _could_not(day: Day, actor: Membership, own: list[Observation]) -> Charted | None:
    """Why something could not be taken, where that is the last that this reader wrote down."""
    said = [h for h in day.happened if h.by == str(actor.id)]
    newest = max(said, key=lambda h: (h.recorded_at, h.id), default=None)
    if newest is None or newest.kind is not EventKind.COULD_NOT:
        return None
    is_old = day.now - newest.recorded_at > UNDO
    if is_old or any(row.recorded_at > newest.recorded_at for row in own):
        return None
    return Charted(newest.id, newest.at, ((UUID(newest.id), line(newest, day.names).text),))


def may_undo(row: Observation, actor: Membership, now: datetime) -> bool:
    """Whether a value was charted in this session by `actor` themselves, a moment ago."""
    return (
        row.kind in UNDOABLE
        and row.session_id is not None
        and row.by_id == actor.id
        and now - row.recorded_at <= UNDO
    )


# --- what was typed and not sent while another value was saved -----------------------------------


def carried(text: str) -> dict[str, str]:
    """What the pad held when one value of it was saved by itself; anything else is left out."""
    try:
        given = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    names = {*UNDOABLE, OXYGEN}
    return {
        name: value[:CARRIED_LENGTH]
        for name, value in given.items()
        if name in names and isinstance(value, str) and value.strip()
    }


def carry(request: HttpRequest, session: object, typed: dict[str, str], now: datetime) -> None:
    """Keep what was typed for the page that follows, and for no other."""
    key = f"pad:{session}"
    if typed:
        request.session[key] = {"typed": typed, "at": now.isoformat()}
    else:
        request.session.pop(key, None)


def take_carried(request: HttpRequest, session: object, now: datetime) -> dict[str, str]:
    """What was carried over to this page; a second page finds nothing, and a later one neither."""
    kept = request.session.pop(f"pad:{session}", None)
    if kept is None or now - datetime.fromisoformat(kept["at"]) > CARRIED_FOR:
        return {}
    return dict(kept["typed"])
