"""A sheet of paper is copied into the chart line by line, each at the time that stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from holdspace.care.actions.facts import Reading
from holdspace.care.models import Event, Observation, Session
from holdspace.core.facts import Route
from holdspace.medicine.actions.charting import note, observe_set
from holdspace.medicine.actions.dosing import record_variance_dose
from holdspace.people.models import Membership

SOURCE_CHARACTERS_MAX = 60  # as the column of an observation's source


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: what was measured at a time, and what happened then."""

    at: datetime
    readings: Sequence[Reading] = ()
    happened: str = ""


@dataclass(frozen=True, slots=True)
class PaperDose:
    """One dose as it stands on a sheet. No paper permits one, so it is charted as a variance."""

    at: datetime
    milligrams: Decimal
    given_by: Membership
    words: str
    route: Route | None = None  # the course's own


def copied_words(by: Membership) -> str:
    return f"copied from paper by {by.name}"


@transaction.atomic
def copy_from_paper(
    *,
    session: Session,
    lines: Sequence[Line],
    doses: Sequence[PaperDose] = (),
    by: Membership,
    now: datetime,
) -> list[Observation | Event]:
    """Chart a whole sheet or nothing of it; each row keeps its own time and says who copied it.

    Raises WrongInput as the acts do that it is made of.
    """
    made: list[Observation | Event] = []
    said = copied_words(by)
    for dose in doses:
        made.append(
            record_variance_dose(
                session=session, milligrams=dose.milligrams, at=dose.at, given_by=dose.given_by,
                route=dose.route,
                reason=f"{dose.words.strip() or 'Given while the screens were dark'} ({said})",
                by=by, now=now,
            )
        )  # fmt: skip
    for line in lines:
        if line.readings:
            made += observe_set(
                session=session, readings=line.readings, taken_at=line.at, by=by, now=now,
                source=said[:SOURCE_CHARACTERS_MAX],
            )  # fmt: skip
        if line.happened.strip():
            text = f"{line.happened.strip()} ({said})"
            made.append(
                note(session=session, lane="medical", text=text, at=line.at, by=by, now=now)
            )
    return made
