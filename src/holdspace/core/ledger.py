"""Every microgram is in exactly one account, and only an explained movement takes it elsewhere.

The controlled-substance register as values. A `Movement` takes one amount of one container from
one account to another, so the whole balances by its shape. Amounts are integers: micrograms, and
microlitres at the strength on the label (a dilution changes neither) or whole units.

Which movements are true and permitted is asked of `core.ledger_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from holdspace.core.facts import Route


class Account(StrEnum):
    """Where an amount can be. SUPPLIER and PATIENTS_OWN are outside: what they owe came in."""

    SUPPLIER = "supplier"
    SAFE = "safe"
    DRAWN_UP = "drawn_up"  # reserved for one session: given, wasted, returned or lost from here
    PATIENT = "patient"
    WASTE = "waste"
    DESTROYED = "destroyed"
    LOST = "lost"
    TRANSFERRED = "transferred"
    PATIENTS_OWN = "patients_own"  # never clinic stock


OUTSIDE = frozenset({Account.SUPPLIER, Account.PATIENTS_OWN})


class Act(StrEnum):
    """What a movement is called; it follows from its two accounts."""

    RECEIVE = "receive"
    DRAW = "draw"
    GIVE = "give"
    WASTE = "waste"
    PUT_BACK = "put_back"
    LOSE = "lose"
    WASTE_RESIDUE = "waste_residue"
    DESTROY = "destroy"
    TRANSFER = "transfer"
    TAKE_OWN = "take_own"
    CORRECT = "correct"


# The only ways an amount can go. What is not here is refused.
EDGES: dict[tuple[Account, Account], Act] = {
    (Account.SUPPLIER, Account.SAFE): Act.RECEIVE,
    (Account.SAFE, Account.DRAWN_UP): Act.DRAW,
    (Account.DRAWN_UP, Account.PATIENT): Act.GIVE,
    (Account.DRAWN_UP, Account.WASTE): Act.WASTE,
    (Account.DRAWN_UP, Account.SAFE): Act.PUT_BACK,
    (Account.DRAWN_UP, Account.LOST): Act.LOSE,
    (Account.SAFE, Account.LOST): Act.LOSE,
    (Account.SAFE, Account.WASTE): Act.WASTE_RESIDUE,
    (Account.SAFE, Account.DESTROYED): Act.DESTROY,
    (Account.SAFE, Account.TRANSFERRED): Act.TRANSFER,
    (Account.PATIENTS_OWN, Account.PATIENT): Act.TAKE_OWN,
}

# Destruction needs two employees by law (21 CFR 1317.95); for waste and corrections the second
# person is this project's policy (legal note 79 FR 53521 names no witness, many states do).
# A loss needs none: nothing may stand in the way of saying that something is gone.
WITNESSED = frozenset({Act.WASTE, Act.WASTE_RESIDUE, Act.DESTROY, Act.CORRECT})


class DoseType(StrEnum):
    SINGLE = "single"  # one person, whatever is left
    MULTI = "multi"


@dataclass(frozen=True, slots=True)
class Vial:
    """One container: a vial (strength and volume) or a box of units (micrograms in each).

    A liquid has `concentration_ug_per_ml` and `nominal_ul`; lozenges and devices have
    `ug_per_unit` and `nominal_units`. `beyond_use_days` is the maker's own time once opened.
    """

    id: str
    ndc: str
    drug: str
    lot: str
    expires_on: date
    location: str
    dose_type: DoseType = DoseType.MULTI
    concentration_ug_per_ml: int = 0
    nominal_ul: int = 0
    ug_per_unit: int = 0
    nominal_units: int = 0
    opened_at: datetime | None = None
    beyond_use_days: int | None = None
    in_treatment_area: bool = False
    patients_own: bool = False

    def __post_init__(self) -> None:
        liquid = self.concentration_ug_per_ml > 0 and self.nominal_ul > 0
        counted = self.ug_per_unit > 0 and self.nominal_units > 0
        assert liquid != counted, "a container is a liquid or a number of units"
        assert micrograms_of(self.nominal_ul, self.concentration_ug_per_ml) is not None
        assert self.opened_at is None or self.opened_at.tzinfo is not None, "times are aware"

    @property
    def nominal_ug(self) -> int:
        """What the label says is in it."""
        liquid = micrograms_of(self.nominal_ul, self.concentration_ug_per_ml) or 0
        return liquid + self.nominal_units * self.ug_per_unit


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount of one container from one account to another; never changed, only corrected.

    Names are ids and empty where they do not apply. `counterparty` is the supplier or receiver,
    `corrects` the movement that this one reverses, `dilution` the record of a dilution.
    """

    id: str
    vial: str
    source: Account
    target: Account
    micrograms: int
    reason: str
    by: str
    at: datetime
    location: str
    microlitres: int = 0
    units: int = 0
    witness: str = ""
    order: str = ""
    session: str = ""
    person: str = ""
    counterparty: str = ""
    route: Route | None = None
    dilution: str = ""
    corrects: str = ""

    def __post_init__(self) -> None:
        assert self.at.tzinfo is not None, "times are aware"
        assert self.by, "somebody did it"

    @property
    def act(self) -> Act | None:
        """What this is; None when there is no such way."""
        return Act.CORRECT if self.corrects else EDGES.get((self.source, self.target))


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's own numbers. `witnesses`: the staff who may be a second person at this moment.

    Grades: 28 days V/S (CDC, USP 797); single-dose hours R (USP 797, immediate use); overfill P.
    """

    zone: tzinfo
    witnesses: frozenset[str]
    witnessed: frozenset[Act] = WITNESSED
    beyond_use_days: int = 28
    single_dose_hours: int = 4
    overfill_percent: int = 10
    clock_skew_seconds: int = 60


def micrograms_of(microlitres: int, concentration_ug_per_ml: int) -> int | None:
    """The drug in a volume; None when it is no whole number of micrograms: nothing is rounded."""
    whole, rest = divmod(microlitres * concentration_ug_per_ml, 1000)
    return None if rest else whole


def microlitres_of(micrograms: int, concentration_ug_per_ml: int) -> int | None:
    """The volume that holds an amount; None when it is no whole number of microlitres."""
    if concentration_ug_per_ml <= 0:
        return None
    whole, rest = divmod(micrograms * 1000, concentration_ug_per_ml)
    return None if rest else whole


def balance(
    movements: Iterable[Movement], account: Account, vial: str, *, session: str | None = None
) -> int:
    """Micrograms of one container in one account (of one session, when one is named)."""
    total = 0
    for movement in movements:
        if movement.vial == vial and session in (None, movement.session):
            total += movement.micrograms * (movement.target is account)
            total -= movement.micrograms * (movement.source is account)
    return total


def totals(movements: Iterable[Movement]) -> dict[Account, int]:
    """Micrograms in every account over all containers; the values always add up to nothing."""
    sums = dict.fromkeys(Account, 0)
    for movement in movements:
        sums[movement.source] -= movement.micrograms
        sums[movement.target] += movement.micrograms
    return sums


def unresolved(movements: Iterable[Movement], session: str) -> dict[str, int]:
    """Micrograms by container that a session drew up and has not yet accounted for."""
    history = tuple(m for m in movements if m.session == session)
    vials = dict.fromkeys(m.vial for m in history)
    left = {vial: balance(history, Account.DRAWN_UP, vial) for vial in vials}
    return {vial: micrograms for vial, micrograms in left.items() if micrograms}


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that disagrees with the books; `counted_ug` is None for what nobody counted."""

    vial: str
    expected_ug: int
    counted_ug: int | None

    @property
    def micrograms(self) -> int:
        """Below zero: less was there than the books say."""
        return (self.counted_ug or 0) - self.expected_ug


def reconcile(
    counted: Mapping[str, int], movements: Iterable[Movement], account: Account = Account.SAFE
) -> tuple[Difference, ...]:
    """Compare a count (micrograms by container) with the books: the differences, by container.

    A container with a balance that is missing from the count is a difference too.
    """
    history = tuple(movements)
    found = []
    for vial in sorted({m.vial for m in history} | set(counted)):
        expected = balance(history, account, vial)
        if counted.get(vial, 0) != expected:
            found.append(Difference(vial, expected, counted.get(vial)))
    return tuple(found)


def label_ends(vial: Vial, policy: Policy) -> datetime:
    """The last moment of the day on the label, in clinic time; that moment is still inside."""
    return datetime.combine(vial.expires_on, time.max, policy.zone).astimezone(UTC)


def opening_ends(vial: Vial, policy: Policy) -> datetime | None:
    """The last moment of an opened container, None while it is sealed; still inside.

    The maker's days or else 28 (CDC FAQ on multi-dose vials, USP 797; grade V/S); a single-dose
    vial only hours (USP 797 on immediate use; grade R).
    """
    if vial.opened_at is None:
        return None
    days = timedelta(days=vial.beyond_use_days or policy.beyond_use_days)
    single = vial.dose_type is DoseType.SINGLE
    return vial.opened_at.astimezone(UTC) + (
        timedelta(hours=policy.single_dose_hours) if single else days
    )


def usable_until(vial: Vial, policy: Policy) -> datetime:
    """The last moment at which a container may be used: never past its label."""
    opened = opening_ends(vial, policy)
    label = label_ends(vial, policy)
    return min(label, opened) if opened else label


def reversal(
    movement: Movement, *, key: str, reason: str, by: str, witness: str, at: datetime
) -> Movement:
    """The movement that corrects another: the same amount back, pointing at what it corrects."""
    return replace(
        movement,
        id=key,
        source=movement.target,
        target=movement.source,
        reason=reason,
        by=by,
        witness=witness,
        at=at,
        corrects=movement.id,
    )
