"""The answers of a protocol text that somebody acts on; none softer than the program's floors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from holdspace.core import limits
from holdspace.core.limits import Tier
from holdspace.core.protocol_entries import Entries
from holdspace.core.protocol_model import RiskRule

# What a task is about; answers with one reason on one form share one task.
REASONS = ("suicide", "psychosis", "mania", "bladder", "felt_unsafe", "harm", "other")
_OPS = (">=", "<=", "==")
_TIERS = tuple(tier.value for tier in Tier)
_RANK = {Tier.SHOWN: 0, Tier.NEXT_WORKING_DAY: 1, Tier.SAME_DAY: 2, Tier.NOW: 3}


class RiskEntries(Entries):
    """Reads `[risk.KEY]`: which answer, how soon, and when it passes on."""

    def risk(self, data: Mapping[str, Any]) -> tuple[RiskRule, ...]:
        table = self.table(data, "risk")
        found = tuple(self.risk_rule(table, key) for key in table)
        lacking = [floor for floor in limits.RISK_FLOORS if not _meets(found, floor)]
        if self.pinned:
            return (*found, *self.borrowed_risk(found, lacking))
        for floor in lacking:
            said = f"does not hear {floor.instrument} {floor.item} = {floor.value}."
            self.tell("risk", said, f"a rule with tier = “{floor.tier}” or sooner")
        return found

    def borrowed_risk(
        self, found: tuple[RiskRule, ...], lacking: list[limits.RiskFloor]
    ) -> tuple[RiskRule, ...]:
        """For a pinned version: every rule of a form it does not name, and each missing floor."""
        named = {rule.instrument for rule in found}
        short = {floor.instrument for floor in lacking}
        kept = self.fallback.risk if self.fallback else ()
        wanted = [r for r in kept if r.instrument not in named or r.instrument in short]
        taken = {rule.key for rule in found}
        return tuple(
            replace(
                self.borrowed(rule), key=f"{rule.key}_default" if rule.key in taken else rule.key
            )
            for rule in wanted
        )

    def risk_rule(self, table: Mapping[str, Any], key: str) -> RiskRule:
        path = f"risk.{key}"
        data = self.table(table, path)
        self.known(data, path, RiskRule.__dataclass_fields__.keys() - {"key"})
        items, total = self.names(data, path, "items"), self.flag(data, path, "total")
        if bool(items) is total:
            self.tell(path, "names no answer, or two kinds.", "items = [...], or total = true")
        tier = Tier(self.choice(data, path, "tier", _TIERS))
        minutes, steps = self.pace(data, path, tier)
        value = data.get("value")
        if not isinstance(value, int) or isinstance(value, bool):
            self.tell(f"{path}.value", f"“{value}” is not an answer's score.", "a whole number")
            value = 0
        return RiskRule(
            key=key,
            instrument=self.text(data, path, "instrument"),
            items=items,
            total=total,
            op=self.choice(data, path, "op", _OPS),
            value=value,
            tier=tier,
            reason=self.choice(data, path, "reason", REASONS),
            words=self.text(data, path, "words"),
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            minutes=minutes,
            escalate_minutes=steps,
            note=self.text(data, path, "note", needed=False),
        )

    def pace(
        self, data: Mapping[str, Any], path: str, tier: Tier
    ) -> tuple[int | None, tuple[int, ...]]:
        """Minutes to act, and the rising minutes before them at which it passes on unread."""
        most = limits.TIER_MINUTES_MAX.get(tier)
        if most is None:
            for key in ("minutes", "escalate_minutes"):
                if key in data:
                    self.tell(f"{path}.{key}", f"has no place beside “{tier}”.", "leave it out")
            return None, ()
        minutes = self.whole(data, path, "minutes", 5, most)
        if minutes is None:
            if "minutes" not in data:
                self.tell(f"{path}.minutes", "is missing.", f"a whole number from 5 to {most}")
            return most, ()
        steps = data.get("escalate_minutes", [])
        is_whole = isinstance(steps, list) and all(type(step) is int for step in steps)
        if not is_whole or not steps or sorted(set(steps)) != steps:
            self.tell(f"{path}.escalate_minutes", "is not rising minutes.", "such as [5, 10]")
            return minutes, ()
        if steps[0] < 1 or steps[-1] >= minutes:
            said = "does not lie between the answer and its deadline."
            self.tell(f"{path}.escalate_minutes", said, f"minutes from 1 to {minutes - 1}")
        return minutes, tuple(steps)


def _meets(rules: tuple[RiskRule, ...], floor: limits.RiskFloor) -> bool:
    """Whether every answer from the floor's value on is heard at its tier or sooner.

    On these items more is worse, so a rule from a lower answer on hears this one too.
    """
    return any(
        rule.instrument == floor.instrument
        and floor.item in rule.items
        and (rule.value <= floor.value if rule.op == ">=" else _is_exactly(rule, floor))
        and _RANK[rule.tier] >= _RANK[floor.tier]
        for rule in rules
    )


def _is_exactly(rule: RiskRule, floor: limits.RiskFloor) -> bool:
    """`==` does for a yes/no item, whose highest answer is the floor itself."""
    return rule.op == "==" and rule.value == floor.value == 1 and floor.instrument != "phq-9"
