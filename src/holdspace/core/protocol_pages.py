"""A protocol as pages: what a director reads before signing, and the table in docs/limits.md."""

from __future__ import annotations

from collections.abc import Sequence

from holdspace.core.medicines import CLASSES
from holdspace.core.protocol_model import (
    Protocol,
    RouteSchedule,
    Step,
    describe_risk,
    describe_schedule,
)
from holdspace.core.protocol_schema import GRADE_WORDS, SECTIONS, SETTINGS, Graded
from holdspace.core.units import KINDS

AWAITS = "awaiting the medical director's signature"


def _mark(entry: Graded) -> str:
    return f"  [{AWAITS}]" if entry.awaiting_signature else ""


def page(protocol: Protocol) -> str:
    """A protocol as a clinician reads it before signing."""
    lines = [protocol.title, f"{protocol.reference}, digest {protocol.digest}", protocol.summary]
    group = ""
    for path, setting in protocol.settings.items():
        if path.partition(".")[0] != group:
            group = path.partition(".")[0]
            lines += ["", group.replace("_", " ").upper()]
        lines.append(f"  {SETTINGS[path].label}: {setting.text}{_mark(setting)}")
        lines.append(f"      {setting.source} ({setting.grade.value})")
        if band := setting.band:
            lines.append(f"      {band.text}: {band.source} ({band.grade.value}){_mark(band)}")
        lines += [f"      {setting.note}"] if setting.note else []
    lines += _condition_lines(protocol) + _medicine_lines(protocol) + _watching_lines(protocol)
    lines += ["", f"{len(protocol.unsigned)} entries {AWAITS}. Grades:"]
    lines += [f"  {grade.value}: {words}" for grade, words in GRADE_WORDS.items()]
    return "\n".join(lines)


def _condition_lines(protocol: Protocol) -> list[str]:
    lines = []
    for section, title in SECTIONS.items():
        found = [c for c in protocol.conditions.values() if c.section == section]
        lines += ["", title.upper()] if found else []
        for condition in found:
            by = f" by: {', '.join(condition.relievable_by)}" if condition.relievable_by else ""
            opinion = f" with {condition.specialty}" if condition.specialty else ""
            lines.append(f"  {condition.question}")
            lines.append(f"      yes = {condition.verdict}{by}{opinion}{_mark(condition)}")
            lines.append(f"      {condition.source} ({condition.grade.value})")
            lines += [f"      ICD-10-CM {', '.join(condition.icd10)}"] if condition.icd10 else []
            lines += [
                f"      {text}" for text in (condition.window_note, condition.conflict) if text
            ]
    return lines


def _medicine_lines(protocol: Protocol) -> list[str]:
    lines = ["", "MEDICINES"]
    for group in protocol.medication_groups.values():
        hours = group.refuse_within_hours
        lines.append(f"  {group.label}: {group.verdict}{_mark(group)}")
        by = f" by {', '.join(group.refuse_routes)}" if group.refuse_routes else ""
        lines += [f"      no dose{by} within {hours} h of the last one taken"] if hours else []
        lines.append(f"      {group.effect}")
        lines.append(f"      {group.source} ({group.grade.value})")
        lines += [f"      {group.conflict}"] if group.conflict else []
        lines += [f"      all that is: {_classes(group.classes)}"] if group.classes else []
        lines += [f"      {', '.join(group.names)}"] if group.names else []
    return lines


def _classes(names: tuple[str, ...]) -> str:
    return ", ".join(CLASSES[name] for name in names)


def _watching_lines(protocol: Protocol) -> list[str]:
    lines = ["", "OBSERVATIONS"]
    for route, schedule in protocol.schedules.items():
        lines.append(f"  {route.value}: {describe_schedule(schedule)}{_mark(schedule)}")
        lines.append(f"      {schedule.source} ({schedule.grade.value})")
    lines += ["", "WHAT IS ASKED AGAIN"]
    for entry in protocol.follow_up.values():
        lines.append(f"  {entry.text}{_mark(entry)}")
        lines.append(f"      {entry.source} ({entry.grade.value})")
    lines += ["", "STEPS FOR A CHARTED READING"]
    for step in protocol.steps:
        lines.append(f"  {_bounds(step)}: {step.words}{_mark(step)}")
        lines.append(f"      {step.source} ({step.grade.value})")
    lines += ["", "THE EMERGENCY PAGE"]
    for page in protocol.emergency:
        lines += [f"  {page.text}{_mark(page)}", f"      {page.source} ({page.grade.value})"]
    lines += ["", "ANSWERS THAT SOMEBODY ACTS ON"]
    for rule in protocol.risk:
        lines.append(f"  {describe_risk(rule)}{_mark(rule)}")
        lines.append(f"      {rule.words}")
        lines.append(f"      {rule.source} ({rule.grade.value})")
        lines += [f"      {rule.note}"] if rule.note else []
    return lines + _setting_lines(protocol)


def _setting_lines(protocol: Protocol) -> list[str]:
    lines = ["", "MUSIC AND THE ROOM"]
    for route, times in protocol.music.items():
        lines.append(f"  {route.value}: {times.text}{_mark(times)}")
        lines.append(f"      {times.source} ({times.grade.value})")
    for item in protocol.comfort.values():
        lines.append(f"  {item.words}{_mark(item)}")
        lines.append(f"      {item.source} ({item.grade.value})")
    lines += ["", "PHRASES FOR NOTES"]
    lines += [f"  {one.text}{_mark(one)}" for one in protocol.phrases]
    return lines


def _bounds(step: Step) -> str:
    """The band of a step in words: "Systolic blood pressure from 160 to under 180 mmHg"."""
    spec = KINDS[step.kind]
    unit = "% over baseline" if step.of_baseline else spec.unit.value.strip("{}")
    parts = [spec.label]
    if step.low is not None:
        parts.append(f"from {step.low}")
    if step.below is not None:
        parts.append(f"{'to ' if step.low is not None else ''}under {step.below}")
    return " ".join([*parts, unit]) if len(parts) > 1 else f"{spec.label}: yes"


_LIMITS_HEAD = """\
<!-- Made by `holdspace protocol docs`; a test compares it with the files. Do not edit. -->
# Every shipped value, its source and how sure it is

Grades marked ✎ stand on no guideline that was read: they are clinic defaults awaiting the medical
director's signature. Hard limits (in `src/holdspace/core/limits.py`) may be tightened by a
protocol, never loosened. [protocol.md](protocol.md) explains the grades and the file.
"""


def limits_page(protocols: Sequence[Protocol]) -> str:
    """Markdown tables of every value, source and grade of these protocols."""
    lines = [_LIMITS_HEAD]
    for protocol in protocols:
        lines += [f"## {protocol.reference}", "", protocol.summary, ""]
        lines += [f"Digest `{protocol.digest}`; {len(protocol.unsigned)} entries ✎.", ""]
        lines += ["| what | value | hard limit | source | grade |", "|---|---|---|---|---|"]
        lines += [_row(path, words, entry) for path, words, entry in protocol.graded()]
        lines.append("")
    return "\n".join(lines)


def _row(path: str, words: str, entry: Graded) -> str:
    pencil = " ✎" if entry.awaiting_signature else ""
    spec = SETTINGS.get(path)
    hard = f"{spec.hard.side} {spec.hard.limit}" if spec and spec.hard else ""
    if isinstance(entry, Step):
        words = f"{_bounds(entry)}: {words}"
    if isinstance(entry, RouteSchedule):
        words = f"observations {words}"
    cells = (f"`{path}`", words, hard, entry.source, f"{entry.grade.value}{pencil}")
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
