"""Which questionnaires are a suicide-risk screen, and what each of their levels is on the chart.

The chart knows three words, in which the doors are written: negative, non_acute_positive and
acute_positive. The ASQ says them itself. For the C-SSRS screeners the words are ours and careful:
"High" (ideation with intent, or behaviour in the last three months) is seen now, and any other
yes is a positive screen, "Low" too. Source of the levels: the triage table of each file; source
of these words: none, so the medical director's signature under the protocol covers them.
"""

from __future__ import annotations

from collections.abc import Mapping

from holdspace.core.scale_conditions import ScaleError
from holdspace.core.scale_model import Scale

NEGATIVE, NON_ACUTE, ACUTE = "negative", "non_acute_positive", "acute_positive"
_C_SSRS = {"None": NEGATIVE, "Low": NON_ACUTE, "Moderate": NON_ACUTE, "High": ACUTE}
SCREENS: Mapping[str, Mapping[str, str]] = {
    "asq": {"Negative": NEGATIVE, "Non-acute positive": NON_ACUTE, "Acute positive": ACUTE},
    "c-ssrs-screener-recent": _C_SSRS,
    "c-ssrs-since-last-contact": _C_SSRS,
}


def screen_word(scale: Scale, level: str) -> str:
    """A level of a suicide-risk screen as the chart keeps it. Raises ScaleError for any other."""
    words = SCREENS.get(scale.id, {})
    if level not in words:
        raise ScaleError(
            scale.id, f"“{level}” is no level of a screen.", ", ".join(words) or "none"
        )
    return words[level]
