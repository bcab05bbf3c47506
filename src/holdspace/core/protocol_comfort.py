"""Reads `[music.ROUTE]`, `[comfort.KEY]` and `[phrases.KEY]` of a protocol text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdspace.core import limits
from holdspace.core.facts import Route
from holdspace.core.music import MINUTES_MAX, MINUTES_MIN, TIMED
from holdspace.core.protocol_entries import Entries
from holdspace.core.protocol_setting import ComfortItem, MusicTimes, Phrase

COMFORT_MAX = 30
COMFORT_WORDS_MAX = 100
PHRASES_MAX = 12  # of one lane: what a thumb finds without reading a list
PHRASE_WORDS_MAX = 60
LANES = ("medical", "therapy")


class ComfortEntries(Entries):
    """A version from before these parts borrows the program's when a course stands on it."""

    def music(self, data: Mapping[str, Any], offered: tuple[Route, ...]) -> dict[Route, MusicTimes]:
        table = self.table(data, "music")
        self.known(table, "music", [route.value for route in limits.CEILINGS])
        kept = self.fallback.music if self.fallback and self.pinned else {}
        found: dict[Route, MusicTimes] = {}
        for route in limits.CEILINGS:
            if route.value in table:
                found[route] = self.music_times(table, route)
            elif route in kept:
                found[route] = self.borrowed(kept[route])
            elif route in offered and not self.pinned:
                accepted = "onset_minutes, peak_minutes, re_entry_minutes"
                self.tell(f"music.{route.value}", "is missing for a route on offer.", accepted)
        return found

    def music_times(self, table: Mapping[str, Any], route: Route) -> MusicTimes:
        path = f"music.{route.value}"
        data = self.table(table, path)
        self.known(data, path, MusicTimes.__dataclass_fields__.keys() - {"route"})
        minutes = {}
        for phase in TIMED:
            key = f"{phase.value}_minutes"
            if key not in data:
                self.tell(f"{path}.{key}", "is missing.", f"{MINUTES_MIN} to {MINUTES_MAX} minutes")
            minutes[key] = self.whole(data, path, key, MINUTES_MIN, MINUTES_MAX) or MINUTES_MIN
        return MusicTimes(
            route=route,
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            note=self.text(data, path, "note", needed=False),
            **minutes,
        )

    def comfort(self, data: Mapping[str, Any]) -> dict[str, ComfortItem]:
        table = self.table(data, "comfort")
        if "comfort" not in data and self.pinned:
            kept = self.fallback.comfort if self.fallback else {}
            return {key: self.borrowed(item) for key, item in kept.items()}
        if len(table) > COMFORT_MAX:
            self.tell("comfort", "is too long to be done.", f"at most {COMFORT_MAX} lines")
            return {}
        return {key: self.comfort_item(table, key) for key in table if self.is_key(key, "comfort")}

    def comfort_item(self, table: Mapping[str, Any], key: str) -> ComfortItem:
        path = f"comfort.{key}"
        data = self.table(table, path)
        self.known(data, path, ComfortItem.__dataclass_fields__.keys() - {"key"})
        words = self.text(data, path, "words")
        if len(words) > COMFORT_WORDS_MAX:
            self.tell(f"{path}.words", "is too long.", f"at most {COMFORT_WORDS_MAX} letters")
        return ComfortItem(
            key=key,
            words=words,
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            note=self.text(data, path, "note", needed=False),
        )

    def phrases(self, data: Mapping[str, Any]) -> tuple[Phrase, ...]:
        """None is needed: a version without them has no phrases, and notes are typed."""
        table = self.table(data, "phrases")
        found = tuple(self.phrase(table, key) for key in table if self.is_key(key, "phrases"))
        for lane in LANES:
            if sum(one.lane == lane for one in found) > PHRASES_MAX:
                self.tell("phrases", f"are too many for {lane} notes.", f"at most {PHRASES_MAX}")
        return found

    def phrase(self, table: Mapping[str, Any], key: str) -> Phrase:
        path = f"phrases.{key}"
        data = self.table(table, path)
        self.known(data, path, Phrase.__dataclass_fields__.keys() - {"key"})
        words = self.text(data, path, "words")
        if len(words) > PHRASE_WORDS_MAX:
            self.tell(f"{path}.words", "is too long.", f"at most {PHRASE_WORDS_MAX} letters")
        return Phrase(
            key=key,
            lane=self.choice(data, path, "lane", list(LANES)),
            words=words,
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
        )
