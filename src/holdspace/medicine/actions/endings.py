"""What ends by somebody's word: a red flag by its signed review, an infusion by its charted end."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput, happen, open_task
from holdspace.care.events import FlagReviewed, InfusionEnded
from holdspace.care.models import Course, Event, EventKind, Session
from holdspace.core import facts as core
from holdspace.core import flags
from holdspace.core.facts import Role, Route
from holdspace.core.units import plain
from holdspace.medicine.actions.common import doses_of, holder, locked, words
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.signing import Signature
from holdspace.people.staff import staff_facts

REGISTER_TO_CORRECT = "register_to_correct"
REGISTER_HOURS = 24  # clinic default, awaiting signature


@transaction.atomic
def review_red_flag(
    *,
    session: Session,
    flag: str,
    conclusion: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Event:
    """A clinician who did not chart a red flag signs that it is over, and why.

    Raises WrongInput: not a clinician's role or profession, its own author, no such open flag, no
    conclusion, or no fresh signature. What no door would accept is not stored.
    """
    course, session = locked(session)
    if not by.may(May.REVIEW_RED_FLAGS, now):
        problem = "Your role does not review red flags."
        raise WrongInput("by", problem, "a prescriber, a session clinician or the director")
    if not signature.is_by(by.id, now):
        raise WrongInput("password", "This signature is not yours or is too old.", "sign again")
    facts = loader.load(course, now=now, actor=by, session=session)
    found = next((one for one in flags.open_flags(facts) if one.id == flag), None)
    if found is None:
        raise WrongInput("flag", "There is no such open red flag.", "one that is listed")
    if found.by == str(by.id):
        problem = "Nobody ends a red flag that they charted."
        raise WrongInput("by", problem, "a clinician who did not chart it")
    me = staff_facts(by, now=now)
    if not flags.ends(core.FlagReview(flag, now, me.id, me.roles, me.discipline), found, facts):
        problem = "Under your profession this would not count at the door."
        raise WrongInput("by", problem, "a prescriber, a session clinician or the director")
    conclusion = words("conclusion", conclusion, "what was found, and why it is over")
    return happen(
        course=course, kind=EventKind.RED_FLAG_REVIEWED, at=now, by=by, now=now, session=session,
        body=FlagReviewed(flag, conclusion, me.roles, me.discipline),
        codes={"meaning": str(signature.meaning), "flag": flag},
    )  # fmt: skip


@transaction.atomic
def end_infusion(
    *,
    session: Session,
    dose: str,
    at: datetime,
    by: Membership,
    now: datetime,
    milligrams: Decimal | None = None,
    millilitres: Decimal | None = None,
    because: str = "",
) -> Event:
    """Write down when an infusion was over. It is a fact: no door, no order is asked.

    `milligrams` and `millilitres` say how much went in where it was not all of it. The register
    has booked the whole dose as given when it began: the rest becomes its custodian's task, and
    toward every ceiling the whole dose counts until then. Raises WrongInput for bad input only.
    """
    course, session = locked(session)
    given = next((d for d in doses_of(course, session) if d.id == dose), None)
    if given is None or given.route is not Route.IV:
        raise WrongInput("dose", "This is no infusion of this session.", "one that is listed")
    if at < given.given_at:
        raise WrongInput("at", "It ended before it began.", "a time after its start")
    for field, amount in (("milligrams", milligrams), ("millilitres", millilitres)):
        if amount is not None and amount < 0:
            raise WrongInput(field, "Less than nothing cannot go in.", "0 or more")
    if milligrams is not None and milligrams > given.dose_mg:
        accepted = f"up to {plain(given.dose_mg)} mg; what was more is a dose outside the door"
        raise WrongInput("milligrams", "More than the infusion held.", accepted)
    is_part = milligrams is not None and milligrams < given.dose_mg
    if is_part or millilitres is not None:
        because = words("because", because, "why it was not all of it")
    event = happen(
        course=course, kind=EventKind.INFUSION_ENDED, at=at, by=by, now=now, session=session,
        body=InfusionEnded(dose, milligrams, millilitres, because.strip()),
        codes={"dose": dose, "whole": not is_part and millilitres is None},
    )  # fmt: skip
    if is_part or millilitres is not None:
        _correct_register(course, event, given, milligrams, by, now)
    return event


def _correct_register(
    course: Course,
    event: Event,
    given: core.Dose,
    milligrams: Decimal | None,
    by: Membership,
    now: datetime,
) -> None:
    """The hatch cannot take back what was given: the rest has an owner, named in the register."""
    rest = "" if milligrams is None else f"{plain(given.dose_mg - milligrams)} mg "
    open_task(
        clinic=course.clinic, kind=REGISTER_TO_CORRECT, about=event.id, by=by, now=now,
        title=f"Register: {rest}of an infusion did not go in; correct it and witness the waste",
        owner=holder(course.clinic, Role.REGISTER_CUSTODIAN, now) or by,
        due_at=now + timedelta(hours=REGISTER_HOURS),
    )  # fmt: skip
