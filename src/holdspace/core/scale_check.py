"""Every file of questionnaires is put to its own test: the worked examples that it brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdspace.core.scale_conditions import ScaleError
from holdspace.core.scale_model import Example, Scale, Score
from holdspace.core.scales import read, score


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: how many worked examples it has, and each that did not come out, in words.

    A form that must have no total is counted among the failures when it has one, never among the
    examples.
    """

    scale: str
    examples: int
    failures: tuple[str, ...]


def check(name: str, text: str) -> Checked:
    """Read a file and score its examples; a file that cannot be read is one failure."""
    try:
        scale = read(text)
    except ScaleError as error:
        return Checked(name, 0, (str(error),))
    failures = [
        f"example {place}: {difference}"
        for place, example in enumerate(scale.examples, 1)
        for difference in differences(scale, example)
    ]
    worked = sum(not example.why for example in scale.examples)
    if scale.id != name:
        failures.append(f"The file is named {name}, the instrument in it {scale.id}.")
    if not worked and scale.method != "none":
        failures.append("There is no worked example.")
    return Checked(name, worked, tuple(failures))


def differences(scale: Scale, example: Example) -> list[str]:
    """Where the answer is not the one that the file expects, in words."""
    try:
        found = score(scale, example.answers, context=example.context)
    except ScaleError as error:
        return [str(error)]
    if example.why:
        good = found.total is None and not found.level and bool(found.missing)
        return [] if good else [f"scored, although {example.why}: {found.total} {found.level}"]
    if found.missing:
        return [f"incomplete: {', '.join(found.missing)}"]
    pairs = [(what, expected, _found(found, what)) for what, expected in _expected(example)]
    return [
        f"{what} is {was}, expected {expected}" for what, expected, was in pairs if was != expected
    ]


def _expected(example: Example) -> list[tuple[str, object]]:
    said = example.expected
    rows: list[tuple[str, object]] = [("total", said["total"]), ("band", said.get("band") or "")]
    if "critical" in said:
        rows.append(("critical", _unordered(said["critical"])))
    for group in ("rules", "subscales"):
        parts = said.get(group, {})
        if isinstance(parts, Mapping):
            rows += [(f"{group}.{name}", value) for name, value in parts.items()]
    return rows


def _found(found: Score, what: str) -> object:
    if what == "total":
        return found.total
    if what == "band":
        return found.level
    if what == "critical":
        return _unordered(found.critical)
    group, _, name = what.partition(".")
    return name in found.met if group == "rules" else dict(found.subscales).get(name)


def _unordered(codes: object) -> list[str]:
    return sorted(set(codes)) if isinstance(codes, list | tuple) else []
