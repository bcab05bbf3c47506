"""`make mutants`: changes the core one small thing at a time and asks whether a test notices.

    python tools/mutants.py core/readiness.py …   these files (none: every rule file, FILES below)
    --inside    only changes inside functions, many times quicker than those of tables
    --again     tries only what survived, against the test files that follow
    --write     writes docs/mutants.md from the results that are kept

Each change runs the tests that visit its line, quickest first, until one falls; a change inside a
function is put into a process that has already collected the tests, by a fork. What that leaves
standing, and whatever a module or class holds (tables, limits), runs once more in a process that
reads the changed file from its beginning; with --inside what a fork leaves standing is told as it
is. Results are kept in $HOLDSPACE_DATA/mutants: a caught change is not run again while its file
stays, one that survived always is. Linux only.
"""

from __future__ import annotations

import argparse
import ast
import gc
import hashlib
import importlib.abc
import importlib.util
import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "tools")]

import mutate  # noqa: E402
from mutants_page import CAUGHT, FILES, KEPT, SURVIVED, explained, row, write  # noqa: E402

NEVER_VISITED, FAILED, BROKE = "never visited", "could not run", "broke:"

CORE, TESTS = ROOT / "src/holdspace/core", ROOT / "tests/core"
SECONDS_MAX = 12.0  # of tests for one change, by what they took when they were mapped
Lines = dict[str, dict[int, list[str]]]  # by file and line: the tests that visit it
OPTIONS = [
    "-o", "addopts=", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no:terminal",
    "-p", "no:xdist", "-p", "no:logging", "--import-mode=importlib",
]  # fmt: skip


class Quiet:
    """What every run of pytest here shares: no Django set up, no shrinking of a found fault."""

    @pytest.fixture
    def settings(self) -> SimpleNamespace:
        return SimpleNamespace()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        plain = hypothesis_settings.get_profile("ci")
        phases = (Phase.explicit, Phase.generate)
        hypothesis_settings.register_profile("mutants", plain, phases=phases)
        hypothesis_settings.load_profile("mutants")


def first_failure(items: Sequence[pytest.Item]) -> str | None:
    """Runs the tests in order until one falls; its name."""
    from _pytest.runner import runtestprotocol

    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        if any(r.failed for r in runtestprotocol(item, log=False, nextitem=following)):
            return item.nodeid
    return None


# ------------------------------------------------------------------------------ which tests


class Mapping(Quiet):
    """Runs every test once under coverage: how long it takes and which lines of the core it met."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.lines: Lines = {}
        self.fallen = ""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        import coverage

        watch = coverage.Coverage(data_file=None, source=[str(CORE)], config_file=False)
        watch.start()
        for item in session.items:
            watch.switch_context(item.nodeid)
            begin = time.process_time()
            fallen = first_failure([item])
            self.seconds[item.nodeid] = round(time.process_time() - begin, 4)
            if fallen:
                self.fallen = f"{fallen} falls"
                return True
        watch.stop()
        data = watch.get_data()
        for path in data.measured_files():
            met = data.contexts_by_lineno(path)
            self.lines[Path(path).stem] = {n: [c for c in cs if c] for n, cs in met.items()}
        return True


def digest(*paths: Path) -> str:
    made = hashlib.sha256()
    for path in sorted(paths):
        made.update(path.read_bytes())
    return made.hexdigest()[:16]


def mapped() -> tuple[dict[str, float], Lines]:
    """Seconds of each test and the tests of each line.

    Made anew when the core changed; else only of the test files that did.
    """
    kept, core = KEPT / "tests.json", digest(*CORE.glob("*.py"))
    files = {f"tests/core/{p.name}": digest(*_reads(p)) for p in TESTS.glob("test_*.py")}
    seconds: dict[str, float] = {}
    lines: Lines = {}
    old: dict[str, str] = {}
    if kept.exists() and (found := json.loads(kept.read_text())).get("core") == core:
        old = {file: state for file, state in found["files"].items() if files.get(file) == state}
        seconds, lines = _read_map(found, set(old))
    if changed := sorted(set(files) - set(old)):
        print(f"mapping which test visits which line: {len(changed)} test files", flush=True)
        new = KEPT / "new.json"
        if problem := forked(partial(_map, changed, new), None):
            raise SystemExit(f"{problem}: without any change, so nothing can be told")
        more, met = _read_map(json.loads(new.read_text()), set(changed))
        seconds |= more
        for file, of in met.items():
            for line, tests in of.items():
                lines.setdefault(file, {}).setdefault(line, []).extend(tests)
        kept.write_text(json.dumps({"core": core, "files": files} | _as_map(seconds, lines)))
    return seconds, lines


def _map(changed: list[str], new: Path, send: int) -> None:
    plugin = Mapping()
    pytest.main([*OPTIONS, *changed], plugins=[plugin])
    if plugin.lines:
        new.write_text(json.dumps(_as_map(plugin.seconds, plugin.lines)))
    os.write(send, b"" if plugin.lines else (plugin.fallen or "no test ran").encode())


def _reads(path: Path, known: frozenset[Path] = frozenset()) -> set[Path]:
    """A test file and the files of its folder that it imports, and they in turn."""
    found, text = {path}, path.read_text("utf-8")
    names = re.findall(r"from tests\.core\.(\w+) import", text)
    names += re.findall(r"\w+", " ".join(re.findall(r"from tests\.core import ([\w, ]+)", text)))
    for name in names:
        beside = TESTS / f"{name}.py"
        if beside.exists() and beside not in known | found:
            found |= _reads(beside, known | found)
    return found


def _as_map(seconds: dict[str, float], lines: Lines) -> dict[str, Any]:
    number = {test: n for n, test in enumerate(sorted(seconds))}
    numbered = {
        file: {line: [number[test] for test in met] for line, met in of.items()}
        for file, of in lines.items()
    }
    return {"seconds": {test: seconds[test] for test in number}, "lines": numbered}


def _read_map(found: dict[str, Any], files: set[str]) -> tuple[dict[str, float], Lines]:
    """What is kept of the tests of these files."""
    tests, seconds = list(found["seconds"]), found["seconds"]
    wanted = {n for n, test in enumerate(tests) if test.split("::")[0] in files}
    lines = {
        file: {int(line): [tests[n] for n in met if n in wanted] for line, met in of.items()}
        for file, of in found["lines"].items()
    }
    return {tests[n]: seconds[tests[n]] for n in sorted(wanted)}, lines


def tests_of(
    file: str, mutant: mutate.Mutant, lines: Lines, readers: dict[str, set[tuple[str, int]]]
) -> set[str]:
    """Tests that meet the line, or the lines that read what it binds."""
    met = set(lines.get(file, {}).get(mutant.line, ()))
    unseen = mutant.in_function and not met
    for name in () if met and mutant.in_function else mutant.names:
        for reader, line in readers.get(name, ()):
            met.update(lines.get(reader, {}).get(line, ()))
    if not met or unseen:  # read only while the program starts: whatever visits this file
        met.update(*lines.get(file, {}).values())
    return met


class Order:
    """Which tests first: those of the test file that has caught most here, quickest first."""

    def __init__(self, file: str, seconds: dict[str, float], results: dict[str, str]) -> None:
        self.file, self.seconds = file, seconds
        self.recent: list[str] = []
        self.catches = Counter(told.split("fell: ")[-1].split("::")[0] for told in results.values())

    def caught(self, test: str) -> None:
        self.catches[test.split("::")[0]] += 1
        self.recent = [test, *self.recent][:6]

    def of(self, met: set[str]) -> list[str]:
        """As many as the time for one change lets run."""
        chosen, total = [], 0.0
        for test in sorted(met, key=self._key):
            total += self.seconds[test]
            if total > SECONDS_MAX:
                break
            chosen.append(test)
        return chosen

    def _key(self, test: str) -> tuple[bool, bool, int, float, str]:
        path = test.split("::")[0]
        own = f"[{self.file}: " in test or path.split("test_")[-1].startswith(self.file[:3])
        return (
            test not in self.recent, not own, -self.catches[path], self.seconds[test], test
        )  # fmt: skip


def readers_of_names() -> dict[str, set[tuple[str, int]]]:
    """Where each name is read in the core: a table's tests are those of its readers."""
    found: dict[str, set[tuple[str, int]]] = {}
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            if isinstance(node, ast.Name | ast.Attribute) and name:
                found.setdefault(name, set()).add((path.stem, node.lineno))
    return found


# ------------------------------------------------------------------------------ processes


def forked(work: Callable[[int], None], seconds: float | None) -> str | None:
    """Runs work in a child; what it sent, or None when it ended otherwise (its time ran out)."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receive)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            if seconds is not None:
                most = int(seconds) + 1
                resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
                resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            work(send)
        except BaseException as problem:  # noqa: BLE001  a change may break anything
            os.write(send, f"{FAILED} {type(problem).__name__}: {problem}"[:200].encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        told = pipe.read().decode()
    os.waitpid(child, 0)
    return told or None


class Living:
    """One file's functions and all caches as they live in a process that has read the tests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree, self.changes = changes_of(path)
        self.code = compile(self.tree, str(path), "exec", dont_inherit=True)
        everything = gc.get_objects()
        self.functions = [
            one for one in everything
            if isinstance(one, FunctionType) and one.__code__.co_filename == str(path)
        ]  # fmt: skip
        self.caches = [
            one for one in everything
            if type(one).__name__ == "_lru_cache_wrapper"
            and one.__module__.startswith(("holdspace.", "tests."))
        ]  # fmt: skip

    def change(self, index: int) -> bool:
        """Gives each function its changed body; no, when old and new can't be told apart."""
        with mutate.made(self.changes[index]):
            new = compile(self.tree, str(self.path), "exec", dont_inherit=True)
        bodies: dict[CodeType, CodeType] = {}
        if not _paired(self.code, new, bodies):
            return False
        held = [one for one in self.functions if one.__code__ in bodies]
        try:
            for one in held:
                one.__code__ = bodies[one.__code__]
        except ValueError:  # the change lost a variable of the function around it
            return False
        for cache in self.caches:
            cache.cache_clear()
        return bool(held)


def _paired(old: CodeType, new: CodeType, bodies: dict[CodeType, CodeType]) -> bool:
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    if [c.co_qualname for c in inner[0]] != [c.co_qualname for c in inner[1]]:
        return False
    both = list(zip(*inner, strict=True))
    bodies.update((x, y) for x, y in both if x != y)
    return all(_paired(x, y, bodies) for x, y in both)


class Collected(Quiet):
    """Collects all tests once, then answers one change after the other, each in a fork."""

    def __init__(self, asked: Any, answers: Any) -> None:
        self.asked, self.answers = asked, answers

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        living: dict[str, Living] = {}
        for line in self.asked:
            ask = json.loads(line)
            if ask["file"] not in living:
                gc.unfreeze()
                living = {ask["file"]: Living(CORE / f"{ask['file']}.py")}
                gc.freeze()
            tests = [items[test] for test in ask["tests"]]
            work = partial(self.one, living[ask["file"]], ask["index"], tests)
            told = forked(work, ask["seconds"])
            self.answers.write(json.dumps(told or "too long") + "\n")
            self.answers.flush()
        return True

    @staticmethod
    def one(living: Living, index: int, tests: list[pytest.Item], send: int) -> None:
        if not living.change(index):
            os.write(send, b"not in place")
            return
        fallen = first_failure(tests)
        os.write(send, f"fell: {fallen}".encode() if fallen else SURVIVED.encode())


class Chosen(Quiet):
    """Runs only these tests, in this order; None: all that were collected."""

    def __init__(self, tests: list[str] | None) -> None:
        self.tests, self.told = tests, f"{BROKE} collecting"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        wanted = list(items) if self.tests is None else self.tests
        if missing := [test for test in wanted if test not in items]:
            self.told = f"{BROKE} {missing[0]} is gone"
            return True
        fallen = first_failure([items[test] for test in wanted])
        self.told = f"fell: {fallen}" if fallen else SURVIVED
        return True


class FromChanged(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Gives Python the changed code of one module when it is first imported."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:
        return self.code

    def get_source(self, fullname: str) -> str:
        return self.path.read_text(encoding="utf-8")


def from_the_beginning(
    file: str, mutant: mutate.Mutant, tree: ast.Module, tests: list[str] | None, folders: list[str]
) -> str:
    """The change in a process that has not read the core yet.

    Tests that can't even be collected count only when they can be without the change.
    """
    path = CORE / f"{file}.py"
    with mutate.made(mutant):
        code = compile(tree, str(path), "exec", dont_inherit=True)

    def work(send: int, *, changed: bool = True) -> None:
        if changed:
            sys.meta_path.insert(0, FromChanged(f"holdspace.core.{file}", path, code))
        plugin = Chosen(tests if changed else [])
        pytest.main([*OPTIONS, *folders], plugins=[plugin])
        os.write(send, plugin.told.encode())

    told = forked(work, SECONDS_MAX * 3 + 30) or "too long"
    if told.startswith(BROKE) and forked(partial(work, changed=False), None) != SURVIVED:
        return f"{FAILED}: the tests can't be collected"
    return told


# ------------------------------------------------------------------------------ one file


def changes_of(path: Path) -> tuple[ast.Module, list[mutate.Mutant]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tree, mutate.mutants(tree, mutate.enums_of(CORE))


class Runner:
    """Holds the process with collected tests and what is known of each test."""

    def __init__(self) -> None:
        self.seconds, self.lines = mapped()
        self.readers = readers_of_names()
        ask, self.asks = os.pipe()
        self.told, tell = os.pipe()
        if os.fork() == 0:
            os.close(self.asks)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            with os.fdopen(ask) as asked, os.fdopen(tell, "w") as answers:
                pytest.main([*OPTIONS, "tests/core"], plugins=[Collected(asked, answers)])
            os._exit(0)
        os.close(ask)
        os.close(tell)
        self.answers = os.fdopen(self.told)

    def in_place(self, file: str, index: int, tests: list[str]) -> str:
        seconds = 3 * sum(self.seconds[test] for test in tests) + 10
        ask = {"file": file, "index": index, "tests": tests, "seconds": seconds}
        os.write(self.asks, (json.dumps(ask) + "\n").encode())
        return str(json.loads(self.answers.readline()))

    def file(self, file: str, *, inside: bool) -> dict[str, str]:
        """What became of each change of a file."""
        path = CORE / f"{file}.py"
        kept = KEPT / f"{file}.json"
        state = digest(path)
        known = json.loads(kept.read_text()) if kept.exists() else {}
        results = known.get("results", {}) if known.get("state") == state else {}
        results = {key: told for key, told in results.items() if told.startswith(CAUGHT)}
        fine, order = explained().get(file, {}), Order(file, self.seconds, results)
        tree, changes = changes_of(path)
        for index, mutant in enumerate(changes):
            if mutant.key in results or mutant.key in fine or (inside and not mutant.in_function):
                continue
            tests = order.of(tests_of(file, mutant, self.lines, self.readers))
            told = self.one(file, index, mutant, tree, tests, twice=not inside)
            if told.startswith("fell: "):
                order.caught(told.removeprefix("fell: "))
            is_open = told in (SURVIVED, NEVER_VISITED) or told.startswith(FAILED)
            results[mutant.key] = told if is_open else f"{CAUGHT} {told}"
            if not results[mutant.key].startswith(CAUGHT):
                print(f"  {file}.py:{mutant.line} {told}  {mutant.key}", flush=True)
            known = {"state": state, "at": time.strftime("%Y-%m-%d"), "of": len(changes)}
            known["results"] = results
            kept.write_text(json.dumps(known, ensure_ascii=False, indent=0))
        return results

    def one(
        self, file: str, index: int, mutant: mutate.Mutant, tree: ast.Module, tests: list[str],
        *, twice: bool,
    ) -> str:  # fmt: skip
        if not tests:
            return NEVER_VISITED
        visited = self.lines.get(file, {}).get(mutant.line)
        told = "not in place"
        if mutant.in_function and visited:
            told = self.in_place(file, index, tests)
        if told == "not in place" or (told == SURVIVED and twice):
            folders = sorted({test.split("::")[0] for test in tests})
            told = from_the_beginning(file, mutant, tree, tests, folders)
        return told


def again(file: str, tests: list[str]) -> None:
    """Tries what survived in a file against these test files alone, as they stand now."""
    kept = KEPT / f"{file}.json"
    known = json.loads(kept.read_text())
    path = CORE / f"{file}.py"
    if known["state"] != digest(path):
        raise SystemExit(f"{file}.py changed since it was run; run it whole")
    tree, changes = changes_of(path)
    fine = explained().get(file, {})
    for mutant in changes:
        if mutant.key in fine or known["results"].get(mutant.key, CAUGHT).startswith(CAUGHT):
            continue
        told = from_the_beginning(file, mutant, tree, None, tests)
        print(f"  {file}.py:{mutant.line} {told}  {mutant.key}", flush=True)
        if told.startswith("fell: "):
            known["results"][mutant.key] = f"{CAUGHT} {told}"
            kept.write_text(json.dumps(known, ensure_ascii=False, indent=0))


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", help="core/readiness.py or readiness")
    parser.add_argument("--inside", action="store_true", help="only inside functions: quick")
    parser.add_argument("--again", nargs="+", metavar="TESTS", help="what survived, these tests")
    parser.add_argument("--write", action="store_true", help="write docs/mutants.md")
    options = parser.parse_args(words)
    os.environ |= {"CI": "1", "PYTHONHASHSEED": "0"}
    os.chdir(ROOT)
    KEPT.mkdir(parents=True, exist_ok=True)
    files = [Path(name).stem for name in options.files] or list(FILES)
    if options.write:
        write()
    elif options.again:
        for file in files:
            again(file, options.again)
    else:
        runner = Runner()
        for file in files:
            begin = time.monotonic()
            runner.file(file, inside=options.inside)
            _, of, caught, fine, open_ = row(file)  # type: ignore[misc]
            print(f"{file}.py: {of} changes, {caught} caught, {fine} explained, {len(open_)} "
                  f"survived ({time.monotonic() - begin:.0f} s)", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
