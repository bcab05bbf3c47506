"""What a physician asks and reads besides the protocol's questions, and how it reads when signed.

Nothing here opens or shuts a door by itself except STOP-BANG, whose score is charted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from holdspace.care.actions import Diagnosed, Result, Traced
from holdspace.care.shipped import icd10
from holdspace.core.diagnoses import SaidBy, onset_text
from holdspace.core.investigations import Investigation
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


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a substance was last used, and the person's own words about how much."""

    substance: str
    on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything may be empty: what was not asked is not said.

    `results` and `diagnoses` become rows when it is signed; a diagnosis that `continues` a row
    confirms it. `confirmed` are results on file that the physician looked at again.
    """

    stop_bang: Mapping[str, bool] = field(default_factory=dict)
    ecg: Traced | None = None
    lab_on: date | None = None
    laboratory: str = ""
    results: tuple[Result, ...] = ()
    confirmed: tuple[Investigation, ...] = ()
    family: str = ""
    substances: tuple[LastUse, ...] = ()
    ketamine: str = ""
    ketamine_words: str = ""
    understands: bool | None = None
    is_free: bool | None = None
    language: str = ""
    interpreter: str = ""
    where_now: str = ""
    diagnoses: tuple[Diagnosed, ...] = ()

    @property
    def stop_bang_score(self) -> Decimal | None:
        """The number of items answered yes; None until all eight are answered."""
        if set(self.stop_bang) != set(STOP_BANG):
            return None
        return Decimal(sum(self.stop_bang.values()))


def before_measuring(seen: Examination, on: date) -> Iterator[str]:
    """Blocks of the signed text that follow the medicines; `on` is the day of the evaluation."""
    yield _block("Family history", seen.family)
    yield _block("Diagnoses", *map(_diagnosis, seen.diagnoses))
    yield _block("Substances, last used", *(_last_use(use, on) for use in seen.substances))
    before = f"Ketamine before: {KETAMINE_BEFORE[seen.ketamine]}" if seen.ketamine else ""
    yield "\n".join(part for part in (before, seen.ketamine_words.strip()) if part)


def after_measuring(seen: Examination) -> Iterator[str]:
    """Blocks of the signed text that follow the measured values."""
    if (ecg := seen.ecg) is not None:
        qtc = f"QTc: {plain(ecg.qtc_ms)} ms" if ecg.qtc_ms is not None else ""
        yield _block(f"ECG{_dated(ecg.taken_on, ecg.place)}", ecg.words, qtc)
    values = [f"{each.name}: {_result(each)}" for each in seen.results]
    yield _block(f"Laboratory{_dated(seen.lab_on, seen.laboratory)}", *values)
    yield _block("Looked at again", *map(_on_file, seen.confirmed))
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


def _dated(on: date | None, place: str) -> str:
    where = f", {place.strip()}" if place.strip() else ""
    return (f" of {on.isoformat()}" if on else ", day not recorded") + where


def _result(result: Result) -> str:
    value = f"{plain(result.value)} {result.unit}" if result.value is not None else result.words
    reference = f" (reference {result.reference.strip()})" if result.reference.strip() else ""
    return value.strip() + reference


def _on_file(row: Investigation) -> str:
    return f"{row.title} of {row.taken_on.isoformat()}: {row.text}"


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _last_use(use: LastUse, on: date) -> str:
    days = (on - use.on).days if use.on else None
    when = f"{use.on}, {days} days before this evaluation" if use.on else "day not recorded"
    said = f"; {use.words.strip()}" if use.words.strip() else ""
    return f"{SUBSTANCES[use.substance]}: {when}{said}"


def _diagnosis(said: Diagnosed) -> str:
    name = said.words
    if said.icd10:
        coded = f"{said.icd10} {icd10()[said.icd10]}"
        name = f"{name} (ICD-10-CM {coded})" if name and name != icd10()[said.icd10] else coded
    since = f", {onset_text(said.onset, said.onset_known)}" if said.onset else ""
    source = {SaidBy.EXAMINED: ""}.get(said.said_by, f", said by: {said.said_by.value}")
    who = f" ({said.who.strip()})" if said.who.strip() else ""
    confirmed = ", confirmed" if said.continues else ""
    return f"{name}, {said.status.value}{since}{source}{who}{confirmed}"
