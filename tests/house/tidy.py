"""The rules of the house, each a function from one file's syntax tree to its complaints."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FUNCTION_LINES_MAX = 50
CORE_FILE_LINES_MAX = 400


@dataclass(frozen=True)
class Source:
    """One Python file: its path below src/holdspace, its text and its tree."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> "Source":
        return cls(PurePosixPath(path), text, ast.parse(text))

    @property
    def in_core(self) -> bool:
        return self.path.parts[0] == "core"

    def within(self, *names: str) -> bool:
        """Whether the file is `name.py`, or lies in a folder `name`, for one of the names."""
        return any(name in self.path.parts or self.path.name == f"{name}.py" for name in names)


Complaints = Iterator[tuple[int, str]]
Rule = Callable[[Source], Complaints]


def calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    """The last name of what is called: `Finding` in both Finding() and decision.Finding()."""
    return _last_name(call.func)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# ---------------------------------------------------------------- only actions write
WRITES = frozenset(
    ["save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"]
)
WRITING_SQL = re.compile(
    r"\s*(insert|update|delete|replace|truncate|copy|alter|drop|create)\b", re.IGNORECASE
)


def only_actions_write(source: Source) -> Complaints:
    """Rows change in actions.py (or actions/) and in migrations; nowhere else."""
    if source.within("actions", "migrations"):
        return
    for call in calls(source):
        if not isinstance(call.func, ast.Attribute):
            continue
        if _writes(call, call.func) and not _is_super(call.func.value):
            yield call.lineno, f".{call.func.attr}() writes: move it into the room's actions.py"


def _writes(call: ast.Call, func: ast.Attribute) -> bool:
    if func.attr in WRITES:
        return True
    if func.attr == "update":
        # a QuerySet's update takes names only; a dict's or a digest's takes a value
        return bool(call.keywords) and not call.args
    if func.attr in {"execute", "executemany"} and call.args:
        sql = call.args[0]
        return (
            isinstance(sql, ast.Constant)
            and isinstance(sql.value, str)
            and bool(WRITING_SQL.match(sql.value))
        )
    return False


def _is_super(node: ast.expr) -> bool:
    """`super().save()` is how a model refuses or completes a save, not a save."""
    return isinstance(node, ast.Call) and _called(node) == "super"


# ---------------------------------------------------------------- only the core decides
def only_the_core_builds_a_finding(source: Source) -> Complaints:
    """A reason for yes or no comes from a rule, so that the same rule can be asked again."""
    if source.in_core:
        return
    for call in calls(source):
        if _called(call) == "Finding":
            yield call.lineno, "Finding(...) outside the core: make it a rule in core/"


# ---------------------------------------------------------------- one wording of what was wrong
def what_was_wrong_is_worded_once(source: Source) -> Complaints:
    """A page says what an act did not take by care.typed: the problem, and what is accepted."""
    if source.in_core or source.path.name == "typed.py":
        return
    for text in ast.walk(source.tree):
        if isinstance(text, ast.JoinedStr) and any(
            isinstance(node, ast.Attribute) and node.attr == "accepted" for node in ast.walk(text)
        ):
            yield text.lineno, "words for a refused input: use say_wrong or in_words of care.typed"


# ---------------------------------------------------------------- who may ask the clock
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localtime", "localdate"},
    "time": {"time", "time_ns", "monotonic", "sleep"},
    "functions": {"Now"},
}


def only_views_and_commands_read_the_clock(source: Source) -> Complaints:
    """One reading a request, passed on as now=; the core is told the time like all else."""
    # people/clock.py is where requests read it: the middleware calls it once for each.
    if source.within("views", "commands", "middleware", "clock") or source.path.name.startswith(
        "views_"
    ):
        return
    converts = {id(call.func) for call in calls(source) if _converts(call)}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute) or id(node) in converts:
            continue
        owner = _last_name(node.value)
        if owner in CLOCKS and node.attr in CLOCKS[owner]:
            yield node.lineno, f"{owner}.{node.attr} asks the clock: take now= from the caller"


def _converts(call: ast.Call) -> bool:
    """`timezone.localtime(at)` changes the zone of a time it was given; it asks no clock."""
    return _called(call) in {"localtime", "localdate"} and bool(call.args)


# ---------------------------------------------------------------- the core stands alone
def the_core_imports_only_itself_and_the_standard_library(source: Source) -> Complaints:
    if not source.in_core:
        return
    for node in ast.walk(source.tree):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules = [name.name for name in node.names] if isinstance(node, ast.Import) else modules
        for module in modules:
            top = module.partition(".")[0]
            ours = f"{module}.".startswith("holdspace.core.")
            if not ours and top not in sys.stdlib_module_names:
                yield node.lineno, f"{module}: the core needs only itself and standard Python"


INPUT_OUTPUT = frozenset(["open", "read_text", "read_bytes", "write_text", "urlopen", "print"])


def the_core_touches_nothing_outside(source: Source) -> Complaints:
    """No file, network or screen: whoever calls hands over the text."""
    if not source.in_core:
        return
    for call in calls(source):
        if _called(call) in INPUT_OUTPUT:
            yield call.lineno, f"{_called(call)}() in the core: take the text from the caller"


def the_core_uses_no_floats(source: Source) -> Complaints:
    """0.1 + 0.2 is not 0.3, and a limit is exactly where it says."""
    if not source.in_core:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"{node.value} is a float: write Decimal or a whole number"
        if isinstance(node, ast.Call) and _called(node) == "float":
            yield node.lineno, "float() in the core: write Decimal or a whole number"


# ---------------------------------------------------------------- short, promised, finished
def functions_fit_a_screen(source: Source) -> Complaints:
    if source.within("migrations"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines, of {FUNCTION_LINES_MAX} at most"


def core_files_stay_short(source: Source) -> Complaints:
    lines = source.text.count("\n")
    if source.in_core and lines > CORE_FILE_LINES_MAX:
        yield 1, f"{lines} lines, of {CORE_FILE_LINES_MAX} at most: split it by topic"


def every_module_promises_something(source: Source) -> Complaints:
    if source.tree.body and not source.within("migrations") and not ast.get_docstring(source.tree):
        yield 1, "no docstring: say in one sentence what this module promises"


# Spelt in two halves, so that this file does not complain about itself.
WORDS = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"])
UNFINISHED = re.compile(rf"\b({WORDS})\b")


def nothing_is_left_unfinished(source: Source) -> Complaints:
    for number, line in enumerate(source.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield number, "unfinished work is an issue or is done, never a comment"


RULES: tuple[Rule, ...] = (
    only_actions_write,
    only_the_core_builds_a_finding,
    what_was_wrong_is_worded_once,
    only_views_and_commands_read_the_clock,
    the_core_imports_only_itself_and_the_standard_library,
    the_core_touches_nothing_outside,
    the_core_uses_no_floats,
    functions_fit_a_screen,
    core_files_stay_short,
    every_module_promises_something,
    nothing_is_left_unfinished,
)


# ---------------------------------------------------------------- pages under a strict policy
INLINE = re.compile(
    r"""<script(?![^>]*\b(?:src=|type="application/json"))[^>]*>|<style\b|\sstyle=["']|\son[a-z]+=["']"""
)


def inline_code(template: str) -> list[int]:
    """Lines of a template with code or style that the content policy would refuse."""
    lines = template.splitlines()
    return [number for number, line in enumerate(lines, 1) if INLINE.search(line)]


def sources(package: Path) -> list[Source]:
    return [
        Source.of(path.relative_to(package).as_posix(), path.read_text())
        for path in sorted(package.rglob("*.py"))
    ]
