"""The phases of the music by the clock of the medicine, as a therapist would check them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.music import Phase, Stretch, phase_at, spans, unanswered

DOSE = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
LENGTHS = {Phase.ONSET: 10, Phase.PEAK: 30, Phase.RE_ENTRY: 20}


def at(minutes: int) -> datetime:
    return DOSE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("why", "doses", "stretched", "asked_at", "phase"),
    [
        ("no dose yet", [], [], 0, Phase.SETTLE),
        ("just before the dose", [0], [], -1, Phase.SETTLE),
        ("at the dose", [0], [], 0, Phase.ONSET),
        ("the last minute of onset", [0], [], 9, Phase.ONSET),
        ("onset is over", [0], [], 10, Phase.PEAK),
        ("the player was started late: with the medicine", [0], [], 41, Phase.RE_ENTRY),
        ("a pause moves nothing", [0], [], 39, Phase.PEAK),
        ("everything is over: return has no end", [0], [], 600, Phase.RETURN),
        ("a further dose alone changes nothing", [0, 25], [], 45, Phase.RE_ENTRY),
        ("stretched at peak: 40 min from the further dose", [0, 25], [25], 64, Phase.PEAK),
        ("stretched at peak: then re-entry", [0, 25], [25], 65, Phase.RE_ENTRY),
        ("stretched at peak: then return", [0, 25], [25], 85, Phase.RETURN),
        ("stretched at re-entry: peak does not come back", [0, 45], [45], 46, Phase.RE_ENTRY),
        ("stretched at re-entry: it lasts longer", [0, 45], [45], 104, Phase.RE_ENTRY),
        ("stretched after the end: nothing comes back", [0, 90], [90], 91, Phase.RETURN),
        ("two further doses, the second stretched", [0, 15, 30], [30], 69, Phase.PEAK),
    ],
)  # fmt: skip
def test_the_phase_of_a_moment(
    why: str, doses: list[int], stretched: list[int], asked_at: int, phase: Phase
) -> None:
    found = spans(LENGTHS, [at(m) for m in doses], [Stretch(at(m), at(m + 1)) for m in stretched])
    assert phase_at(found, at(asked_at)) is phase, why


def test_a_further_dose_is_asked_about_until_somebody_answers() -> None:
    doses = [at(0), at(25), at(50)]
    assert unanswered(doses, []) == (at(25), at(50))
    assert unanswered(doses, [at(25)]) == (at(50),)
    assert unanswered([at(0)], []) == ()


minutes = st.integers(0, 300)


@given(
    st.lists(minutes, min_size=1, max_size=4, unique=True),
    st.lists(minutes, max_size=4),
    st.tuples(*[st.integers(1, 240)] * 3),
)
def test_the_phases_follow_one_another_without_a_gap_and_only_forward(
    doses: list[int], stretched: list[int], lengths: tuple[int, int, int]
) -> None:
    by_phase = dict(zip((Phase.ONSET, Phase.PEAK, Phase.RE_ENTRY), lengths, strict=True))
    found = spans(by_phase, [at(m) for m in doses], [Stretch(at(m), at(m)) for m in stretched])
    assert [span.phase for span in found] == list(Phase)
    for before, after in pairwise(found):
        assert before.ends == after.begins
        assert before.begins is None or before.begins <= before.ends
    seen = [phase_at(found, at(m)) for m in range(0, 900, 7)]
    assert seen == sorted(seen, key=list(Phase).index)
