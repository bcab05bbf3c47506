"""What a clinic writes of its own room: music, what makes it good, phrases, emergency steps."""

from __future__ import annotations

from dataclasses import dataclass

from holdspace.core.facts import Route
from holdspace.core.music import PHASE_WORDS, TIMED, Phase
from holdspace.core.protocol_schema import Grade, Graded


@dataclass(frozen=True, slots=True)
class MusicTimes(Graded):
    """How long the phases of the music are after a dose by one route; a plan may differ."""

    route: Route
    onset_minutes: int
    peak_minutes: int
    re_entry_minutes: int
    source: str
    grade: Grade
    note: str = ""

    @property
    def lengths(self) -> dict[Phase, int]:
        return {phase: getattr(self, f"{phase.value}_minutes") for phase in TIMED}

    @property
    def text(self) -> str:
        parts = [f"{PHASE_WORDS[phase].lower()} {n} min" for phase, n in self.lengths.items()]
        return f"music after the dose: {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class ComfortItem(Graded):
    """One line of the list that makes a room good before the dose, as it is ticked."""

    key: str
    words: str
    source: str
    grade: Grade
    note: str = ""


@dataclass(frozen=True, slots=True)
class Emergency(Graded):
    """What the clinic does for one symptom or sign: its name, and its steps in their order."""

    key: str
    label: str
    steps: tuple[str, ...]
    source: str
    grade: Grade

    @property
    def text(self) -> str:
        return f"{self.label}: " + " ".join(f"{n}. {step}" for n, step in enumerate(self.steps, 1))


@dataclass(frozen=True, slots=True)
class Phrase(Graded):
    """Words of the clinic that one tap puts into a note of this lane; their writer changes them."""

    key: str
    lane: str
    words: str
    source: str
    grade: Grade

    @property
    def text(self) -> str:
        return f"{self.lane} note: {self.words}"
