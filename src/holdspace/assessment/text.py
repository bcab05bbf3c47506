"""What is signed, as plain text that reads without the program, on a page or on paper."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from holdspace.assessment.examination import after_measuring, before_measuring
from holdspace.care.medicines import recognised
from holdspace.core.decision import Decision, Finding
from holdspace.core.facts import Answer, Medication
from holdspace.core.medicines import CLASSES
from holdspace.core.protocol import SECTIONS, Protocol
from holdspace.core.units import KINDS, Kind, Unit, Value, body_mass_index, plain
from holdspace.core.words import WORDS

if TYPE_CHECKING:
    from holdspace.assessment.actions.evaluations import MedicalEvaluation, Pressure

ANSWERS = {Answer.YES: "yes", Answer.NO: "no", Answer.NOT_KNOWN: "not known"}


def medical(evaluation: MedicalEvaluation, protocol: Protocol, zone: ZoneInfo) -> str:
    """The medical evaluation: each question with its answer, the medicines, what was measured."""
    return "\n\n".join(
        part
        for part in (
            _history(evaluation, protocol),
            _medicines(evaluation.medications, protocol, zone),
            f"Allergies: {evaluation.allergies.strip() or 'not recorded'}",
            *before_measuring(
                evaluation.examination, evaluation.second.taken_at.astimezone(zone).date()
            ),
            _measured(evaluation, zone),
            *after_measuring(evaluation.examination),
            "Evaluated in person." if evaluation.in_person else "Evaluated at a distance only.",
            _titled("Conclusion", evaluation.conclusion),
        )
        if part
    )


def _history(evaluation: MedicalEvaluation, protocol: Protocol) -> str:
    given = {condition.key: condition for condition in evaluation.conditions}
    blocks = []
    for section, title in SECTIONS.items():
        lines = [title]
        for key, spec in protocol.conditions.items():
            if spec.section != section or key not in given:
                continue
            condition = given[key]
            on = f", {condition.happened_on.isoformat()}" if condition.happened_on else ""
            lines.append(f"{spec.label}: {ANSWERS[condition.answer]}{on}")
        if len(lines) > 1:
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _medicines(medications: Iterable[Medication], protocol: Protocol, zone: ZoneInfo) -> str:
    lines = ["Medicines"]
    for medicine in medications:
        known = what_it_is(medicine, protocol) or "not recognised: review by hand"
        last = medicine.last_taken
        when = f", last taken {last.astimezone(zone):%Y-%m-%d %H:%M}" if last else ""
        dose = f", {medicine.dose}" if medicine.dose else ""
        lines.append(f"{medicine.name} ({known}){dose}{when}")
    if len(lines) == 1:
        lines.append("Asked: none are taken.")
    return "\n".join(lines)


def what_it_is(medicine: Medication, protocol: Protocol) -> str:
    """Ingredients and classes by the table, else the protocol's own name for it; empty: by hand."""
    known = medicine if medicine.table else recognised(medicine)
    if known.table:
        classes = ", ".join(CLASSES[each] for each in known.classes)
        return f"{' + '.join(known.ingredients)}: {classes}"
    group = protocol.medication_group(medicine.name)
    return group.label if group else ""


def _measured(evaluation: MedicalEvaluation, zone: ZoneInfo) -> str:
    lines = ["Measured", _pressure(evaluation.first, zone), _pressure(evaluation.second, zone)]
    lines += [f"{KINDS[kind].label}: {_value(kind, v)}" for kind, v in evaluation.measured.items()]
    weight, height = (evaluation.measured.get(kind) for kind in (Kind.WEIGHT, Kind.HEIGHT))
    if isinstance(weight, Decimal) and isinstance(height, Decimal):
        lines.append(f"Body mass index: {body_mass_index(weight, height)} kg/m2")
    score = evaluation.examination.stop_bang_score
    if score is not None:
        lines.append(f"{KINDS[Kind.STOP_BANG].label}: {plain(score)} of 8")
    return "\n".join(lines)


def _pressure(reading: Pressure, zone: ZoneInfo) -> str:
    at = reading.taken_at.astimezone(zone)
    return (
        f"Blood pressure, seated: {plain(reading.systolic)}/{plain(reading.diastolic)} mmHg "
        f"at {at:%H:%M}"
    )


def _value(kind: Kind, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    unit = KINDS[kind].unit
    shown = plain(value) if isinstance(value, Decimal) else str(value)
    return shown if unit in (Unit.NONE, Unit.SCORE) else f"{shown} {unit.value}"


def _titled(title: str, content: str) -> str:
    return f"{title}\n{content.strip()}" if content.strip() else ""


def clearance(decision: Decision, protocol: Protocol) -> str:
    """The list that is signed: every finding that let the door open, in the order of its weight."""
    days = protocol.whole("clearance.valid_days")
    lines = [f"Cleared for medicine for {days} days under {protocol.reference}.", ""]
    lines += [_finding(finding) for finding in decision.by_weight]
    lines += ["", f"Protocol {protocol.reference}, digest {decision.protocol_digest}"]
    return "\n".join(lines)


def _finding(finding: Finding) -> str:
    verdict = finding.verdict.value
    label = WORDS[finding.code].label
    relief = finding.relief
    answered = f" [{relief.kind.value} by {relief.by_role}: {relief.reason}]" if relief else ""
    return f"{verdict}: {label}: {finding.evidence}{answered}"


def signed_clearance(statement: str, decision: Decision) -> str:
    """The same list, with the digest of the facts that the door was told when it opened."""
    return f"{statement}\nFacts, digest {decision.facts}\nProgram {decision.program_version}"
