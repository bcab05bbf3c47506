"""What a state permits and asks, and what was asked of its prescription monitoring, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdspace.core.insist import Timed
from holdspace.core.terms import Act, Discipline


@dataclass(frozen=True, slots=True)
class StateRule(Timed):
    """What one state lets one profession do; a clinic's director may record it, with its source."""

    state: str
    discipline: Discipline
    acts: tuple[Act, ...]
    source: str
    is_proposed: bool = False  # shipped without a read source: holds in a demo alone
    signed_at: datetime | None = None  # when a clinic's director recorded it


@dataclass(frozen=True, slots=True)
class StateDuties(Timed):
    """What one state asks of every clinic: a registration of its own, prescription monitoring."""

    state: str
    source: str
    csr_required: bool | None = None  # the state's own controlled-substance registration
    pdmp_each_dose: bool = False  # a query on the day of every dose
    pdmp_days_max: int | None = None  # where the state sets an interval of its own
    pdmp_delegate: bool = False  # whether somebody may query for the prescriber
    is_proposed: bool = False
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PdmpQuery(Timed):
    """A query of a state's prescription monitoring. What it showed is no field: no score judges."""

    id: str
    at: datetime
    by: str
    states: tuple[str, ...]
    reference: str = ""
    on_behalf_of: str = ""  # staff id of the prescriber, when a delegate asked
