"""What the session screen shows, read once: clock, readings, lanes, stock, timeline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from holdspace.care import facts as loader
from holdspace.care.events import Happened
from holdspace.care.models import Document, Event, EventKind, Observation, Session, Strike
from holdspace.care.telling import PLACE_WORDS, Line, line
from holdspace.care.web import names_of
from holdspace.core import facts as core
from holdspace.core.facts import DocumentKind
from holdspace.core.flags import open_flags
from holdspace.core.units import KINDS, Kind, Unit, plain
from holdspace.medicine import kept
from holdspace.medicine.actions.common import READINESS, stock_facts
from holdspace.medicine.actions.readings import charted_key
from holdspace.medicine.models import ImportedReading, SessionEntry
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.pharmacy import hatch

TILES = (
    Kind.HEART_RATE,
    Kind.SPO2,
    Kind.RESPIRATORY_RATE,
    Kind.TEMPERATURE,
    Kind.SEDATION_MOAAS,
    Kind.DISSOCIATION,
    Kind.DISTRESS,
    Kind.NAUSEA,
    Kind.PAIN,
)
# As the room says it; the full names stand in the forms.
TILE_WORDS = {
    Kind.SPO2: "SpO2",
    Kind.RESPIRATORY_RATE: "Breathing",
    Kind.SEDATION_MOAAS: "Sedation",
}
ENDING_WORDS = {
    "discharged": "Discharged",
    "left_against_advice": "Left against advice",
    "transferred": "Transferred",
    "died": "Died",
    "abandoned_before_dose": "Ended before a dose",
}
RECEIVED_SHOWN = 6
READINESS_HOURS = 12


@dataclass(frozen=True, slots=True)
class Day:
    """One session day as it was read at one moment; everything on the screen comes from it."""

    session: Session
    now: datetime
    facts: core.Facts
    happened: tuple[Happened, ...]
    rows: tuple[Observation, ...]
    strikes: dict[UUID, Strike]  # by the key of what they struck
    imported: tuple[ImportedReading, ...]
    entries: tuple[SessionEntry, ...]
    names: dict[str, str]
    stock: hatch.InHand

    @property
    def struck(self) -> frozenset[UUID]:
        return frozenset(self.strikes)

    @property
    def doses(self) -> tuple[core.Dose, ...]:
        return self.facts.doses_of(str(self.session.id))

    @property
    def ended(self) -> Happened | None:
        ends = [h for h in self.happened if h.kind is EventKind.SESSION_ENDED]
        return ends[-1] if ends else None

    @property
    def until(self) -> datetime:
        return self.ended.at if self.ended else self.now


def read(session: Session, *, now: datetime, actor: Membership | None) -> Day:
    """Read one session day with a fixed number of queries, however long it lasted."""
    course = session.course
    known = loader.happenings(course)
    happened = tuple(h for h in known if h.session == str(session.id))
    is_over = any(h.kind is EventKind.SESSION_ENDED for h in happened)
    held = hatch.in_hand(session=session, now=now)
    facts = loader.load(
        course, now=now, actor=actor, session=session, known=known,
        **stock_facts(session, held, is_over=is_over),
    )  # fmt: skip
    rows = tuple(_rows(session))
    strikes = {row.struck_id: row for row in Strike.objects.filter(course=course)}
    imported = tuple(session.imported.order_by("at", "kind"))
    entries = tuple(session.entries.order_by("at"))
    keys = {h.by for h in happened} | {s.id for s in facts.staff}
    keys |= {str(r.by_id) for r in (*rows, *entries) if r.by_id}
    keys |= {str(row.by_id) for row in strikes.values() if row.by_id}
    keys |= {h.body.staff for h in _placed(happened)} | {_booked(session)}
    names = names_of(session.clinic_id, keys)
    return Day(session, now, facts, happened, rows, strikes, imported, entries, names, held)


def _rows(session: Session) -> QuerySet[Observation]:
    """What was charted in the session, and at readiness before it was open."""
    before = Q(
        session__isnull=True,
        source=READINESS,
        taken_at__gte=session.opened_at - timedelta(hours=READINESS_HOURS),
        taken_at__lte=session.opened_at,
    )
    rows = Observation.objects.filter(before | Q(session=session), course=session.course)
    return rows.order_by("taken_at", "recorded_at", "id")


def _placed(happened: Iterable[Happened]) -> list[Happened]:
    return [h for h in happened if h.kind is EventKind.STAFF_PLACED]


def tiles(day: Day, outside: Iterable[str] = ()) -> dict[str, Any]:
    """The last charted value of each kind that the room looks at, with its time and source.

    `outside` are the keys of values outside a signed limit: their tile says so in words.
    """
    flagged = set(outside)
    last = {}
    for row in day.rows:
        if row.id not in day.struck:
            last[row.kind] = row
    high, low = last.get(Kind.SYSTOLIC.value), last.get(Kind.DIASTOLIC.value)
    pressure = None
    if high and low and high.taken_at == low.taken_at:
        value = f"{high.as_core.text.split()[0]}/{low.as_core.text.split()[0]}"
        pressure = {
            "value": value,
            "at": high.taken_at,
            "source": high.source,
            "outside": bool(flagged & {str(high.id), str(low.id)}),
        }
    return {
        "pressure": pressure,
        "others": [_tile(kind, last.get(kind.value), flagged) for kind in TILES],
    }


def _tile(kind: Kind, row: Observation | None, flagged: set[str]) -> dict[str, Any]:
    spec = KINDS[kind]
    unit = "" if spec.unit in (Unit.SCORE, Unit.NONE) else spec.unit.value
    label = TILE_WORDS.get(kind, spec.label)
    tile: dict[str, Any] = {"kind": kind.value, "label": label, "unit": unit, "value": None}
    if row:
        tile |= {
            "value": row.as_core.text.split()[0],
            "at": row.taken_at,
            "source": row.source,
            "oxygen": oxygen_words(row) if kind is Kind.SPO2 else "",
            "outside": str(row.id) in flagged,
        }
    return tile


def oxygen_words(row: Observation) -> str:
    if row.oxygen_l_min is None:
        return "oxygen not said"
    return f"{row.oxygen_l_min.normalize():f} L/min oxygen" if row.oxygen_l_min else "room air"


def presence(day: Day) -> list[dict[str, Any]]:
    """Who is where, with the earlier intervals of the day."""
    order = {place: number for number, place in enumerate(PLACE_WORDS)}
    intervals = sorted(day.facts.presences, key=lambda p: (p.until is not None, order[p.place]))
    return [
        {
            "name": day.names.get(p.staff, "A colleague"),
            "place": PLACE_WORDS[p.place],
            "since": p.since,
            "until": p.until,
        }
        for p in intervals
    ]


def _booked(session: Session) -> str:
    """Who is the prescriber of this session by its booking."""
    key = session.appointment.prescriber_id if session.appointment else None
    return str(key or "")


def tellable(day: Day, actor: Membership) -> list[str]:
    """Whom one may tell by one tap: the prescriber of this session first, never oneself."""
    ordered = [h.by for h in day.happened if h.kind is EventKind.ORDER_SIGNED]
    here = [p.staff for p in day.facts.presences if p.until is None]
    keys = dict.fromkeys([_booked(day.session), *reversed(ordered), *here])
    return [day.names[key] for key in keys if key in day.names and key != str(actor.id)]


def flags(day: Day, actor: Membership) -> list[dict[str, Any]]:
    """The red flags that nobody has reviewed; `may` where this reader is one who may."""
    may = actor.may(May.REVIEW_RED_FLAGS, day.now)
    return [
        {"key": flag.id, "said": flag.said, "may": may and flag.by != str(actor.id)}
        for flag in open_flags(day.facts)
    ]


def infusions(day: Day) -> list[tuple[str, str]]:
    """Key and words of each infusion of the day whose end nobody has charted."""
    return [
        (d.id, f"{plain(d.dose_mg)} mg, begun {timezone.localtime(d.given_at):%H:%M}")
        for d in day.doses
        if d.route is core.Route.IV and d.ended_at is None
    ]


def lanes(day: Day) -> list[dict[str, Any]]:
    """The two lanes of notes, the newest first, each with the clinic's own phrases."""
    phrases = loader.protocol_of(day.session.course).phrases
    told = [line(h, day.names) for h in reversed(day.happened) if h.kind is EventKind.NOTE]
    return [
        {
            "key": key,
            "name": name,
            "notes": [note for note in told if note.lane == key],
            "phrases": [phrase for phrase in phrases if phrase.lane == key],
        }
        for key, name in (("medical", "Medical notes"), ("therapy", "Therapy notes"))
    ]


def agreed(day: Day) -> list[dict[str, Any]]:
    """What was agreed in preparation: touch limits, intention, comfort; the newest version."""
    wanted = (DocumentKind.TOUCH_AGREEMENT, DocumentKind.PREPARATION_NOTE)
    rows = Document.objects.filter(
        course=day.session.course, kind__in=[kind.value for kind in wanted], body__isnull=False
    ).order_by("-signed_at", "-version")
    newest: dict[str, Document] = {}
    for row in rows:
        if row.id not in day.struck:
            newest.setdefault(row.kind, row)
    withdrawn = {d.id for d in day.facts.documents if d.withdrawn_at}
    return [
        {
            "title": row.title,
            "signed_at": row.signed_at,
            "withdrawn": str(row.id) in withdrawn,
            "parts": document_parts(row.body or ""),
        }
        for row in (newest.get(kind.value) for kind in wanted)
        if row
    ]


def document_parts(body: str) -> list[tuple[str, str]]:
    """A signed text as (heading, words): JSON objects part by part, plain text whole."""
    try:
        plain = json.loads(body)
    except ValueError:
        return [("", body)]
    if not isinstance(plain, dict):
        return [("", body)]
    return [
        (str(key).replace("_", " ").capitalize(), _as_words(value))
        for key, value in plain.items()
        if value not in (None, "", [], {})
    ]


def _as_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_as_words(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_as_words(v)}" for key, v in value.items())
    return str(value)


def received(day: Day) -> list[dict[str, Any]]:
    """The last moments that the monitor sent, for charting by one tap."""
    charted = {row.id for row in day.rows}
    moments: dict[datetime, list[ImportedReading]] = {}
    for row in day.imported:
        moments.setdefault(row.at, []).append(row)
    shown = []
    for at in sorted(moments, reverse=True)[:RECEIVED_SHOWN]:
        free = [r for r in moments[at] if r.is_valid and charted_key(r.id) not in charted]
        shown.append(
            {
                "at": at,
                "rows": moments[at],
                "keys": ",".join(str(row.id) for row in free),
                "has_spo2": any(row.kind == Kind.SPO2.value for row in free),
                "unconfirmed": any(row.unconfirmed for row in free),
            }
        )
    return shown


def emergency_lines(day: Day) -> list[Line]:
    """The emergency page: opened, by mistake, the ambulance called; each with its time and name."""
    return [line(one, day.names) for one in day.happened if one.kind is EventKind.EMERGENCY]


def timeline(day: Day, more: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Everything in its order: charted sets as one line each, events, doses, endings, music."""
    sent = kept.by_subject(day.entries)
    lines = list(more)
    for event in day.happened:
        told = line(event, day.names)
        lines.append(
            {
                "at": told.at,
                "late": told.late,
                "who": told.who,
                "text": told.text,
                "lane": told.lane,
                "clock": kept.clock_words(sent.get(UUID(event.id))),
            }
        )
    lines += _undone(day)
    sets: dict[Any, list[Observation]] = {}
    for row in day.rows:
        sets.setdefault((row.taken_at, row.taken_as_set), []).append(row)
    for (at, _key), rows in sets.items():
        entry = next((sent[row.id] for row in rows if row.id in sent), None)
        lines.append({**_set_line(at, rows, day), "clock": kept.clock_words(entry)})
    return sorted(lines, key=lambda entry: entry["at"])[::-1]


def _undone(day: Day) -> list[dict[str, Any]]:
    """Why something could not be taken, where that was taken back: crossed out, with by whom."""
    table = Event._meta.db_table
    keys = [key for key, strike in day.strikes.items() if strike.struck_table == table]
    if not keys:
        return []
    rows = Event.objects.filter(
        session=day.session, pk__in=keys, kind=EventKind.COULD_NOT, body__isnull=False
    )
    found = []
    for row in rows:
        told, strike = line(loader.decoded(row), day.names), day.strikes[row.pk]
        who = day.names.get(str(strike.by_id), "")
        gone = {"words": told.text, "who": who, "at": strike.at, "why": strike.reason}
        found.append({"at": told.at, "who": told.who, "lane": told.lane, "struck": [gone]})
    return found


def twice(day: Day) -> list[dict[str, Any]]:
    """What two people charted without seeing each other's: both, with who and when."""
    sent = kept.by_subject(day.entries)
    charted = [*kept.sets(day.rows, day.struck, sent), *kept.doses(day.happened, sent)]
    return [
        {
            "what": kept.about_words(pair),
            "both": [
                {
                    "key": one.key,
                    "who": day.names.get(one.by, "A colleague"),
                    "at": one.at,
                    "recorded": one.recorded,
                    "words": _twice_words(one, day),
                    "is_dose": not isinstance(one.rows[0], Observation),
                }
                for one in pair
            ],
        }
        for pair in kept.twice(charted)
    ]


def _twice_words(one: kept.Charted, day: Day) -> str:
    if isinstance(one.rows[0], Observation):
        return str(_set_line(one.at, one.rows, day)["text"])
    return line(one.rows[0], day.names).text


def value_words(row: Observation) -> str:
    """A charted value with its unit; a time stands on the clinic's clock."""
    if row.moment is not None:
        return f"{timezone.localtime(row.moment):%a %H:%M}"
    return row.as_core.text


def _set_line(at: datetime, rows: Sequence[Observation], day: Day) -> dict[str, Any]:
    order = list(Kind)
    rows = sorted(rows, key=lambda row: order.index(Kind(row.kind)))
    words = [_value_line(row) for row in rows if row.id not in day.strikes]
    first = rows[0]
    late = first.recorded_at if first.recorded_at - at > timedelta(minutes=5) else None
    return {
        "at": at,
        "late": late,
        "who": day.names.get(str(first.by_id), ""),
        "text": "; ".join(words),
        "struck": _struck(rows, day),
        "lane": "medical",
        "source": "" if first.source == "typed" else first.source,
    }


def _value_line(row: Observation) -> str:
    oxygen = f" ({oxygen_words(row)})" if row.kind == Kind.SPO2.value else ""
    return f"{KINDS[Kind(row.kind)].label} {value_words(row)}{oxygen}"


def _struck(rows: Sequence[Observation], day: Day) -> list[dict[str, Any]]:
    """What was struck of a set, crossed out, with who struck it, when and why.

    What belongs to another person is not shown here: only that something was struck.
    """
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        strike = day.strikes.get(row.id)
        if strike is None:
            continue
        key = (strike.by_id, strike.at, strike.reason, strike.wrong_person)
        who = day.names.get(str(strike.by_id), "")
        one = found.setdefault(
            key, {"words": [], "who": who, "at": strike.at, "why": strike.reason}
        )
        if not strike.wrong_person:
            one["words"].append(_value_line(row))
    return [one | {"words": "; ".join(one["words"])} for one in found.values()]
