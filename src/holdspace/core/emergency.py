"""The clinic's own emergency page: for each symptom the steps that its medical director signs.

The program adds no word to them. What a template ships is a proposal, marked until it is signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdspace.core.protocol_follow_up import FollowUps
from holdspace.core.protocol_setting import Emergency

STEPS_MAX, STEP_LENGTH_MAX = 8, 160
_ACCEPTED = f"1 to {STEPS_MAX} steps of up to {STEP_LENGTH_MAX} letters, in their order"


class Emergencies(FollowUps):
    """Reads `[emergency.KEY]` of a protocol text."""

    def emergencies(self, data: Mapping[str, Any]) -> tuple[Emergency, ...]:
        table = self.table(data, "emergency")
        found = tuple(self.emergency(table, key) for key in table)
        if found:
            return found
        if self.pinned:
            kept = self.fallback.emergency if self.fallback else ()
            return tuple(self.borrowed(one) for one in kept)
        self.tell("emergency", "is missing: nobody would know the clinic's steps.", _ACCEPTED)
        return ()

    def emergency(self, table: Mapping[str, Any], key: str) -> Emergency:
        path = f"emergency.{key}"
        data = self.table(table, path)
        self.known(data, path, ("label", "steps", "source", "grade"))
        steps = self.names(data, path, "steps")
        if not 1 <= len(steps) <= STEPS_MAX or any(len(s) > STEP_LENGTH_MAX for s in steps):
            self.tell(f"{path}.steps", "has no steps, too many, or too long ones.", _ACCEPTED)
        label, source = self.text(data, path, "label"), self.text(data, path, "source")
        return Emergency(key, label, steps, source, self.grade(data, path))
