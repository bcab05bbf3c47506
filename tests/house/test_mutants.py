"""`make mutants` makes the changes that it says, undoes each, and knows only reasons that apply."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import mutate

ENUMS = {"Verdict": ("PASS", "HOLD", "FAIL"), "Route": ("IM", "IV")}

# a line of a rule, and every change that is made in it
LINES = [
    ("return x < 3", ["x < 3 → x <= 3", "x < 3 → x >= 3", "3 → 4", "return x < 3 → return None"]),
    ("return a and not b", ["a and (not b) → True and (not b)", "a and (not b) → a and True",
                            "return a and (not b) → return None"]),
    ("return (Verdict.FAIL,)", ["(Verdict.FAIL,) → ()", "Verdict.FAIL → Verdict.PASS"]),
    ("return {Route.IM}", ["{Route.IM} → {*()}", "Route.IM → Route.IV"]),
    ("raise ValueError(x)", ["def rule(a, b, x): raise ValueError(x) → def rule(a, b, x): pass"]),
    ("assert x > 3, 'words'", []),
    ("'a docstring only'", []),
    ("return any(o for o in x if o)",
     ["any((o for o in x if o)) → all((o for o in x if o))", "for … if o → for …",
      "return any((o for o in x if o)) → return None"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "changes"), LINES, ids=[line for line, _ in LINES])
def test_each_line_has_its_changes_and_each_is_undone(line: str, changes: list[str]) -> None:
    tree = ast.parse(f"def rule(a, b, x):\n    {line}\n")
    before = ast.dump(tree)
    found = mutate.mutants(tree, ENUMS)
    assert sorted(f"{one.before} → {one.after}" for one in found) == sorted(changes)
    for one in found:
        with mutate.made(one):
            assert ast.dump(tree) != before
            compile(tree, "rule", "exec")
        assert ast.dump(tree) == before


def test_a_changed_rule_is_a_changed_rule() -> None:
    tree = ast.parse("def old(x):\n    return x > 30\n")
    (boundary,) = [m for m in mutate.mutants(tree, {}) if m.after == "x >= 30"]
    answers = []
    for _ in range(2):
        room: dict = {}
        with mutate.made(boundary):
            exec(compile(tree, "rule", "exec"), room)
        answers.append(room["old"](30))
        exec(compile(tree, "rule", "exec"), room)
        answers.append(room["old"](30))
    assert answers == [True, False, True, False]


def test_every_explained_change_is_one_that_can_be_made(repository: Path) -> None:
    core = repository / "src/holdspace/core"
    explained = tomllib.loads((repository / "tools/mutants_equal.toml").read_text("utf-8"))
    enums = mutate.enums_of(core)
    for file, reasons in explained.items():
        keys = {m.key for m in mutate.mutants(ast.parse((core / f"{file}.py").read_text()), enums)}
        assert set(reasons) <= keys, f"{file}: {set(reasons) - keys} is not among the changes"
        assert all(len(why) > 20 for why in reasons.values())
