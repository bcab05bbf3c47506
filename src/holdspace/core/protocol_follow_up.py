"""The follow-up of a protocol text: each entry whole, none that asks twice for the same days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdspace.core.limits import LOOKS_BACK_DAYS
from holdspace.core.protocol_entries import Entries
from holdspace.core.protocol_model import Anchor, FollowUp, Span

FILLED_BY = ("person", "staff")
_DOSES = (Anchor.FIRST_DOSE, Anchor.EACH_DOSE, Anchor.LAST_DOSE)
_HOURS_IN = {Span.HOURS: 1, Span.DAYS: 24, Span.MONTHS: 24 * 28}
_YEAR_HOURS = 24 * 366
_REMIND_HOURS_MAX = 24 * 60
REMINDERS_MAX = 5


class FollowUps(Entries):
    """Reads `[follow_up.KEY]`; a version that has none borrows the program's when it is pinned."""

    def follow_ups(self, data: Mapping[str, Any]) -> dict[str, FollowUp]:
        table = self.table(data, "follow_up")
        if not table and self.pinned:
            kept = self.fallback.follow_up if self.fallback else {}
            return {key: self.borrowed(entry) for key, entry in kept.items()}
        found = {key: self.follow_up(table, key) for key in table}
        self._asked_twice(found)
        return found

    def follow_up(self, table: Mapping[str, Any], key: str) -> FollowUp:
        path = f"follow_up.{key}"
        data = self.table(table, path)
        self.known(data, path, FollowUp.__dataclass_fields__.keys() - {"key"})
        due = self.whole(data, path, "due_within_hours", 1, _YEAR_HOURS)
        closes = self.whole(data, path, "closes_within_hours", 1, _YEAR_HOURS)
        for name, value in (("due_within_hours", due), ("closes_within_hours", closes)):
            if value is None and name not in data:
                self.tell(f"{path}.{name}", "is missing.", "hours from when it opens")
        found = FollowUp(
            key=key,
            instruments=self.instruments(data, path),
            label=self.text(data, path, "label"),
            anchor=Anchor(self.choice(data, path, "anchor", [a.value for a in Anchor])),
            after=self.whole(data, path, "after", 0, 1000) or 0,
            unit=Span(self.choice(data, path, "unit", [s.value for s in Span])),
            due_within_hours=due or 1,
            closes_within_hours=closes or due or 1,
            filled_by=self.choice(data, path, "filled_by", FILLED_BY),
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            every_days=self.whole(data, path, "every_days", 1, 366) or 0,
            times=self.whole(data, path, "times", 1, 100) or 1,
            until_series_ends=self.flag(data, path, "until_series_ends"),
            remind_after_hours=self.hours(data, path),
            task_when_late=self.flag(data, path, "task_when_late"),
            only_if_instrument=(
                self.instrument(data, path, "only_if_instrument")
                if "only_if_instrument" in data
                else ""
            ),
            only_if_at_least=self.whole(data, path, "only_if_at_least", 0, 1000),
            note=self.text(data, path, "note", needed=False),
        )
        self._whole_entry(found, path)
        return found

    def instruments(self, data: Mapping[str, Any], path: str) -> tuple[str, ...]:
        found = self.names(data, path, "instruments")
        if not found and not data.get("instruments"):
            self.tell(f"{path}.instruments", "is missing.", "names as in scales/")
        for name in found:
            self.named(name, f"{path}.instruments")
        return found

    def named(self, name: str, path: str) -> None:
        if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
            self.tell(path, f"“{name}” is not a name of an instrument.", "as in scales/")

    def instrument(self, data: Mapping[str, Any], path: str, key: str) -> str:
        value = self.text(data, path, key)
        self.named(value, f"{path}.{key}")
        return value

    def hours(self, data: Mapping[str, Any], path: str) -> tuple[int, ...]:
        given = data.get("remind_after_hours", [])
        are_hours = isinstance(given, list) and all(
            type(hour) is int and 0 <= hour <= _REMIND_HOURS_MAX for hour in given
        )
        if are_hours and len(given) <= REMINDERS_MAX and given == sorted(set(given)):
            return tuple(given)
        accepted = "up to five whole hours after it was due, the soonest first"
        self.tell(f"{path}.remind_after_hours", "is not a list of hours.", accepted)
        return ()

    def _whole_entry(self, entry: FollowUp, path: str) -> None:
        """What one entry must promise in itself."""
        if len(entry.label) > 40:
            self.tell(f"{path}.label", "is too long.", "at most 40 letters")
        if entry.closes_within_hours < entry.due_within_hours:
            self.tell(
                f"{path}.closes_within_hours", "closes before it is due.", "the same or later"
            )
        if entry.every_days and entry.closes_within_hours > 24 * entry.every_days:
            said = "is still open when it is asked again."
            self.tell(f"{path}.closes_within_hours", said, f"at most {24 * entry.every_days}")
        if not entry.every_days and (entry.times > 1 or entry.until_series_ends):
            self.tell(path, "is repeated without every_days.", "every_days")
        if bool(entry.only_if_instrument) != (entry.only_if_at_least is not None):
            self.tell(path, "has half a condition.", "only_if_instrument and only_if_at_least")
        if entry.remind_after_hours and entry.filled_by != "person":
            self.tell(f"{path}.remind_after_hours", "reminds nobody.", "filled_by = “person”")
        for name in entry.instruments:
            if name in LOOKS_BACK_DAYS:
                self._looks_back(entry, name, path)

    def _looks_back(self, entry: FollowUp, name: str, path: str) -> None:
        """A form about the last weeks says nothing about before and after one dose."""
        hours = entry.after * _HOURS_IN[entry.unit]
        about = f"{name} looks back {LOOKS_BACK_DAYS[name]} days"
        if entry.anchor is Anchor.EACH_SESSION or (entry.anchor in _DOSES and hours < 24):
            said = f"is on the day of a dose; {about}."
            self.tell(path, said, "at least 24 hours after a dose, or another instrument")

    def _asked_twice(self, found: Mapping[str, FollowUp]) -> None:
        """Each point of an instrument is one; all its entries wait for the same condition."""
        seen: dict[str, list[FollowUp]] = {}
        for entry in found.values():
            path = f"follow_up.{entry.key}"
            for other in (one for name in entry.instruments for one in seen.get(name, [])):
                if other.label == entry.label:
                    self.tell(f"{path}.label", f"is that of {other.key}.", "a label of its own")
                if _condition(other) != _condition(entry):
                    said = f"waits for something else than {other.key}."
                    self.tell(path, said, "one condition for all entries of an instrument")
            for name in entry.instruments:
                seen.setdefault(name, []).append(entry)


def _condition(entry: FollowUp) -> tuple[str, int | None]:
    return entry.only_if_instrument, entry.only_if_at_least
