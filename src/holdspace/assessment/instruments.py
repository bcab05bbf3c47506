"""The questionnaires that ship, read once, and where each of them puts its result on the chart."""

from __future__ import annotations

from functools import cache

from holdspace.care.shipped import scale_text
from holdspace.core.scales import Scale, read

PHQ9, ASQ = "phq-9", "asq"
PHQ9_RISK_ITEM = "phq9_9"


@cache
def scale(name: str) -> Scale:
    """One shipped questionnaire. Raises care.shipped.NotShippedError for an unknown name."""
    return read(scale_text(name))
