"""Every small change that a slip of the hand could make in one file, each named and each undone.

Used by `tools/mutants.py`. A change is one operator, boundary, number, yes/no, entry of a table,
member of an enumeration, condition or statement. Words for people and types are left alone.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Enums = dict[str, tuple[str, ...]]
Swap = Callable[[], Callable[[], None]]  # makes the change; answers what undoes it

BOUNDARY: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr,
}  # fmt: skip
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TABLES = (ast.Tuple, ast.List, ast.Set)


@dataclass(frozen=True)
class Mutant:
    """One change: where it stands, how it reads before and after, and how it is made."""

    scope: str
    line: int
    before: str
    after: str
    number: int  # which of the changes that read alike in this scope
    in_function: bool
    names: tuple[str, ...]  # what a module's or class's line binds: its readers are its tests
    swap: Swap

    @property
    def key(self) -> str:
        """The name by which results and reasons are kept; it holds no line number."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.scope}: {self.before} → {self.after}{again}"


@contextmanager
def made(mutant: Mutant) -> Iterator[None]:
    undo = mutant.swap()
    try:
        yield
    finally:
        undo()


def enums_of(folder: Path) -> Enums:
    """Members of every enumeration in a folder's files, in their order."""
    found: Enums = {}
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any("Enum" in _text(b) for b in node.bases):
                members = [s.targets[0] for s in node.body if isinstance(s, ast.Assign)]
                found[node.name] = tuple(m.id for m in members if isinstance(m, ast.Name))
    return found


def mutants(tree: ast.Module, enums: Enums) -> list[Mutant]:
    """All changes of a file in the order of its lines."""
    seen: Counter[str] = Counter()
    found = []
    for node, scope, in_function, names in _places(tree):
        for before, after, swap in _changes(node, enums):
            read = f"{scope}: {before} → {after}"
            seen[read] += 1
            stands = node.ifs[0] if isinstance(node, ast.comprehension) else node
            line = getattr(stands, "lineno", 0)
            found.append(
                Mutant(scope, line, before, after, seen[read], in_function, names, swap)
            )  # fmt: skip
    return sorted(found, key=lambda one: one.line)


def _places(
    node: ast.AST, scope: str = "", in_function: bool = False, names: tuple[str, ...] = ()
) -> Iterator[tuple[ast.AST, str, bool, tuple[str, ...]]]:
    """Each node that may change, with its scope; not types, docstrings, f-strings or asserts."""
    if isinstance(node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.If) and _text(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if not in_function and isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = (*names, *(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)))
    yield node, scope or "module", in_function, names
    if isinstance(node, SCOPES):
        inner = f"{scope}.{node.name}".strip(".")
        outside = [*node.decorator_list]
        if not isinstance(node, ast.ClassDef):
            outside += [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        for child in outside:
            yield from _places(child, inner, in_function, (*names, node.name))
        is_function = in_function or not isinstance(node, ast.ClassDef)
        for child in node.body:
            yield from _places(child, inner, is_function, (*names, node.name))
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _places(child, scope, in_function, names)


def _changes(node: ast.AST, enums: Enums) -> Iterator[tuple[str, str, Swap]]:
    for maker in (_comparison, _value, _logic, _table, _statement):
        for attribute, new, index in maker(node, enums):
            before = _text(node)
            swap = _setter(node, attribute, new, index)
            undo = swap()
            after = _text(node)
            undo()
            if before != after:
                yield _short(before, after), _short(after, before), swap


Change = tuple[str, object, int | None]  # a field of the node, what it becomes, at which index


def _comparison(node: ast.AST, enums: Enums) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in BOUNDARY[type(operator)]:
                yield "ops", other(), index
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield "op", ARITHMETIC[type(node.op)](), None
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield "op", ARITHMETIC[type(node.op)](), None


def _value(node: ast.AST, enums: Enums) -> Iterator[Change]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "value", not node.value, None
        elif isinstance(node.value, int):
            yield "value", node.value + 1, None
        elif isinstance(node.value, str) and NUMBER.fullmatch(node.value):
            head, _, tail = node.value.partition(".")
            yield "value", f"{int(head) + 1}.{tail}".rstrip("."), None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        members = enums.get(node.value.id, ())
        if node.attr in members and len(members) > 1:
            to = members[(members.index(node.attr) + 1) % len(members)]
            if node.value.id == "Verdict":
                to = "FAIL" if node.attr == "PASS" else "PASS"
            yield "attr", to, None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
        yield "func", ast.Name(NAMES[node.func.id], ast.Load()), None


def _logic(node: ast.AST, enums: Enums) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            yield "values", ast.Constant(isinstance(node.op, ast.And)), index
    if isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            yield "ifs", None, index
    plain = (ast.Compare, ast.BoolOp)
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, plain):
        test = node.test
        is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        yield "test", test.operand if is_not else ast.UnaryOp(ast.Not(), test), None  # type: ignore[attr-defined]


def _table(node: ast.AST, enums: Enums) -> Iterator[Change]:
    if isinstance(node, TABLES) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for index in range(len(node.elts)):
            yield "elts", None, index
    if isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            yield "keys", None, index


def _statement(node: ast.AST, enums: Enums) -> Iterator[Change]:
    told = getattr(node, "value", None) if isinstance(node, ast.Return) else None
    if told is not None and not isinstance(told, (*TABLES, ast.Constant, ast.Dict)):
        yield "value", ast.Constant(None), None
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        for index, one in enumerate(block if isinstance(block, list) else ()):
            lost = isinstance(one, ast.Raise | ast.AugAssign | ast.Continue) or (
                isinstance(one, ast.Expr) and not isinstance(one.value, ast.Constant)
            )
            if lost:
                yield field, ast.copy_location(ast.Pass(), one), index


def _setter(node: ast.AST, field: str, new: object, index: int | None) -> Swap:
    def swap() -> Callable[[], None]:
        held = getattr(node, field)
        if isinstance(new, ast.expr):
            ast.fix_missing_locations(ast.copy_location(new, node))
        if index is None:
            setattr(node, field, new)
            return lambda: setattr(node, field, held)
        if new is not None:
            setattr(node, field, [*held[:index], new, *held[index + 1 :]])
            return lambda: setattr(node, field, held)
        setattr(node, field, [*held[:index], *held[index + 1 :]])
        if not isinstance(node, ast.Dict):
            return lambda: setattr(node, field, held)
        values = node.values
        node.values = [*values[:index], *values[index + 1 :]]

        def undo() -> None:
            node.keys, node.values = held, values

        return undo

    return swap


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.comprehension):
        return " if ".join(["for …", *map(ast.unparse, node.ifs)])
    return re.sub(r"\s+", " ", ast.unparse(node))


def _short(text: str, other: str, most: int = 60) -> str:
    """The part of a text that differs from the other one, with a little of what is around it."""
    if len(text) <= most:
        return text
    same = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    begin = max(0, min(same - most // 2, len(text) - most))
    return ("…" if begin else "") + text[begin : begin + most].strip() + "…"
