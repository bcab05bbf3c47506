"""A dose is given on the day that was opened for it, not on one left open or dated ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdspace.core.decision import Door
from tests.core.cases import ask, between_doses, codes, hours, readied


@pytest.mark.parametrize(
    ("door", "life"), [(Door.GIVE_DOSE, readied), (Door.FURTHER_DOSE, between_doses)]
)
@pytest.mark.parametrize(
    ("ago", "answer"), [(24, None), (24.1, "fail"), (40 * 24, "fail"), (-1, "unknown")]
)
def test_the_day_was_opened_lately(door, life, ago, answer):
    facts = life()
    days = tuple(
        replace(s, opened_at=facts.now - hours(ago)) if s.id == facts.session else s
        for s in facts.sessions
    )
    assert codes(ask(door, replace(facts, sessions=days))).get("session_not_open") == answer
