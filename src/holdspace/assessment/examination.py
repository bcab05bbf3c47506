"""What a physician asks and reads besides the protocol's questions, and how it reads when signed.

Nothing here opens or shuts a door by itself except STOP-BANG, whose score is charted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from holdspace.care.shipped import icd10
from holdspace.core.units import plain

# The eight items in our own words; each "yes" is one point.
STOP_BANG = {
    "snores": "Snores loudly, to be heard through a closed door",
    "tired": "Often tired or sleepy by day",
    "pauses": "Pauses of breathing in sleep that somebody saw",
    "pressure": "High blood pressure, treated or not",
    "mass": "Body mass index above 35",
    "age": "Older than 50",
    "neck": "Neck of 40 cm (16 in) or more",
    "male": "Male sex",
}
SUBSTANCES = {
    "alcohol": "Alcohol",
    "cannabis": "Cannabis",
    "stimulants": "Stimulants",
    "opioids": "Opioids",
    "other": "Others",
}
KETAMINE_BEFORE = {
    "none": "never",
    "clinical": "in a clinic or hospital",
    "street": "outside of care",
    "both": "in a clinic and outside of care",
}
LABS = {"egfr": "eGFR", "alt": "ALT", "ast": "AST"}
LAB_UNITS = {"egfr": "mL/min/1.73 m²", "alt": "U/L", "ast": "U/L"}


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a substance was last used, and the person's own words about how much."""

    substance: str
    on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    words: str
    icd10: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything may be empty: what was not asked is not said."""

    stop_bang: Mapping[str, bool] = field(default_factory=dict)
    ecg_on: date | None = None
    ecg_finding: str = ""
    lab_on: date | None = None
    labs: Mapping[str, Decimal] = field(default_factory=dict)
    urinalysis: str = ""
    family: str = ""
    substances: tuple[LastUse, ...] = ()
    ketamine: str = ""
    ketamine_words: str = ""
    understands: bool | None = None
    is_free: bool | None = None
    language: str = ""
    interpreter: str = ""
    where_now: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def stop_bang_score(self) -> Decimal | None:
        """The number of items answered yes; None until all eight are answered."""
        if set(self.stop_bang) != set(STOP_BANG):
            return None
        return Decimal(sum(self.stop_bang.values()))


def before_measuring(seen: Examination, on: date) -> Iterator[str]:
    """Blocks of the signed text that follow the medicines; `on` is the day of the evaluation."""
    yield _block("Family history", seen.family)
    yield _block("Other diagnoses", *map(_diagnosis, seen.diagnoses))
    yield _block("Substances, last used", *(_last_use(use, on) for use in seen.substances))
    before = f"Ketamine before: {KETAMINE_BEFORE[seen.ketamine]}" if seen.ketamine else ""
    yield "\n".join(part for part in (before, seen.ketamine_words.strip()) if part)


def after_measuring(seen: Examination) -> Iterator[str]:
    """Blocks of the signed text that follow the measured values."""
    ecg = seen.ecg_finding.strip() or ("in words: nothing written" if seen.ecg_on else "")
    yield _block(f"ECG{_dated(seen.ecg_on)}", ecg)
    values = [f"{LABS[key]}: {plain(v)} {LAB_UNITS[key]}" for key, v in seen.labs.items()]
    urine = f"Urinalysis: {seen.urinalysis.strip()}" if seen.urinalysis.strip() else ""
    yield _block(f"Laboratory{_dated(seen.lab_on)}", *values, urine)
    items = [f"{STOP_BANG[key]}: {_yes(said)}" for key, said in seen.stop_bang.items()]
    yield _block("STOP-BANG, item by item", *items)
    alone = [
        f"{words}: {_yes(said)}"
        for words, said in (
            ("Understands this treatment and the other ways", seen.understands),
            ("Comes of their own will, without pressure", seen.is_free),
        )
        if said is not None
    ]
    yield _block("Asked alone", *alone)
    spoken = (
        ("Spoken in", seen.language),
        ("Interpreter", seen.interpreter),
        ("The person was in", seen.where_now),
    )
    yield "\n".join(f"{name}: {said.strip()}" for name, said in spoken if said.strip())


def _block(title: str, *lines: str) -> str:
    kept = [line.strip() for line in lines if line.strip()]
    return "\n".join([title, *kept]) if kept else ""


def _dated(on: date | None) -> str:
    return f" of {on.isoformat()}" if on else ", day not recorded"


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _last_use(use: LastUse, on: date) -> str:
    days = (on - use.on).days if use.on else None
    when = f"{use.on}, {days} days before this evaluation" if use.on else "day not recorded"
    said = f"; {use.words.strip()}" if use.words.strip() else ""
    return f"{SUBSTANCES[use.substance]}: {when}{said}"


def _diagnosis(diagnosis: Diagnosis) -> str:
    if not diagnosis.icd10:
        return diagnosis.words
    coded = f"{diagnosis.icd10} {icd10()[diagnosis.icd10]}"
    return f"{diagnosis.words} (ICD-10-CM {coded})" if diagnosis.words else coded
