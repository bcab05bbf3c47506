"""The questionnaires that ship, read once, and where each of them puts its result on the chart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from holdspace.care.shipped import scale_names, shipped_scale
from holdspace.core.scales import Scale
from holdspace.people.models import Clinic

PHQ9, ASQ = "phq-9", "asq"
PHQ9_RISK_ITEM = "phq9_9"


def scale(name: str) -> Scale:
    """One shipped questionnaire. Raises care.shipped.NotShippedError for an unknown name."""
    return shipped_scale(name)


@cache
def _shipped() -> Mapping[str, Scale]:
    return MappingProxyType({name: scale(name) for name in scale_names()})


def instruments(clinic: Clinic | None = None) -> Mapping[str, Scale]:
    """Every instrument by its id, in the order of ids, with the wording that `clinic` may use.

    Read once for each process. An instrument whose wording needs a licence says `paper_only`.
    """
    return _shipped()
