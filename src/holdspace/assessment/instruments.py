"""The questionnaires that ship, in the words a clinic may use, each read once for the process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from holdspace.assessment.models import InstrumentWording
from holdspace.care.shipped import scale_names, shipped_scale
from holdspace.core.scale_wording import read_wording, with_wording
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


def instruments(clinic: Clinic | None = None, language: str = "en") -> Mapping[str, Scale]:
    """Every instrument by its id, in the order of ids, with the wording that `clinic` loaded.

    An instrument whose wording needs a licence that is not loaded says `paper_only`. One query.
    """
    if clinic is None:
        return _shipped()
    loaded = standing_wording(clinic, language)
    if not loaded:
        return _shipped()
    return {name: _worded(asked, loaded.get(name)) for name, asked in _shipped().items()}


def standing_wording(clinic: Clinic, language: str = "en") -> dict[str, InstrumentWording]:
    """The wording that holds now, by instrument: the newest row, unless that one ends it."""
    rows = InstrumentWording.objects.of(clinic).filter(language=language)
    newest = {row.instrument: row for row in rows.order_by("recorded_at", "id")}
    return {name: row for name, row in newest.items() if not row.is_ended}


def _worded(asked: Scale, row: InstrumentWording | None) -> Scale:
    """An instrument that has changed its version since waits for its wording again."""
    if row is None or row.version != asked.version:
        return asked
    return _merged(asked.id, row.texts, row.licence)


@lru_cache(maxsize=256)
def _merged(name: str, texts: str, licence: str) -> Scale:
    asked = scale(name)
    return with_wording(asked, read_wording(asked, texts), licence)
