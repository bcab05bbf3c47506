"""The house keeps its own rules, and each rule is shown to catch what it is there for."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from tests.house import tidy
from tests.house.tidy import Rule, Source

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "holdspace"

# (rule, file below src/holdspace): why this one place may. Short, and each is true.
ALLOWED: dict[tuple[str, str], str] = {
    ("only_views_and_commands_read_the_clock", "config/templatetags/ui.py"): (
        "ages on an error page, which no view drew"
    ),
    ("only_views_and_commands_read_the_clock", "config/holding.py"): (
        "how long a question was held is told to its page, and decides nothing"
    ),
}

# (rule, file, code that must be caught, code that must not)
SAMPLES: list[tuple[Rule, str, str, str]] = [
    (tidy.only_actions_write, "care/views.py", "course.save()", "d.update({'a': 1})"),
    (tidy.only_actions_write, "care/forms.py", "Course.objects.create(a=1)", "hash.update(b'x')"),
    (tidy.only_actions_write, "care/x.py", "q.filter(a=1).update(b=2)", "q.filter(a=1)"),
    (tidy.only_actions_write, "care/models.py", "self.delete()", "super().delete()"),
    (tidy.only_actions_write, "care/views/x.py", "Q.objects.bulk_create(rows)", "create(rows)"),
    (
        tidy.only_actions_write,
        "records/x.py",
        "cursor.execute('DELETE FROM t')",
        "cursor.execute('SELECT 1')",
    ),
    (
        tidy.only_the_core_builds_a_finding,
        "care/facts.py",
        "decision.Finding(code)",
        "read(decision.findings)",
    ),
    (
        tidy.what_was_wrong_is_worded_once,
        "care/views/x.py",
        "form.add_error(None, f'{wrong.problem} {wrong.accepted}.')",
        "say_wrong(form, wrong)",
    ),
    (
        tidy.only_views_and_commands_read_the_clock,
        "core/gates.py",
        "at = datetime.now(UTC)",
        "at = datetime(2026, 1, 1)",
    ),
    (
        tidy.only_views_and_commands_read_the_clock,
        "care/models.py",
        "at = DateTimeField(default=timezone.now)",
        "at = DateTimeField()",
    ),
    (
        tidy.only_views_and_commands_read_the_clock,
        "care/actions.py",
        "at = django.utils.timezone.now()",
        "at = timezone.localtime(now)",
    ),
    (
        tidy.the_core_imports_only_itself_and_the_standard_library,
        "core/gates.py",
        "from django.utils import timezone",
        "from holdspace.core.units import Unit\nimport decimal",
    ),
    (
        tidy.the_core_imports_only_itself_and_the_standard_library,
        "core/gates.py",
        "import holdspace.care.facts",
        "from __future__ import annotations",
    ),
    (tidy.the_core_touches_nothing_outside, "core/protocol.py", "open('x')", "loads(text)"),
    (tidy.the_core_uses_no_floats, "core/dosing.py", "limit = 0.5", "limit = Decimal('0.5')"),
    (
        tidy.functions_fit_a_screen,
        "care/actions.py",
        "def act():\n" + "    x = 1\n" * 50,
        "def act():\n" + "    x = 1\n" * 49,
    ),
    (tidy.core_files_stay_short, "core/gates.py", "x = 1\n" * 401, "x = 1\n" * 400),
    (tidy.every_module_promises_something, "care/x.py", "x = 1", '"""It does."""\nx = 1'),
    (tidy.nothing_is_left_unfinished, "care/x.py", "# TO" + "DO later", "# to do with care"),
]


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule: Rule) -> None:
    complaints = [
        f"src/holdspace/{source.path}:{line}: {words}"
        for source in tidy.sources(PACKAGE)
        if (rule.__name__, str(source.path)) not in ALLOWED
        for line, words in rule(source)
    ]
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize(
    ("rule", "path", "bad", "good"), SAMPLES, ids=[f"{s[0].__name__}-{s[1]}" for s in SAMPLES]
)
def test_a_rule_catches_the_planted_and_lets_the_honest_pass(
    rule: Rule, path: str, bad: str, good: str
) -> None:
    assert list(rule(Source.of(path, bad))), "the planted violation was not seen"
    assert not list(rule(Source.of(path, good))), "an honest line was refused"


def test_actions_and_migrations_may_write_and_views_may_read_the_clock() -> None:
    for path in ("care/actions.py", "care/actions/doors.py", "care/migrations/0001_initial.py"):
        assert not list(tidy.only_actions_write(Source.of(path, "row.save()")))
    for path in ("care/views.py", "care/views/chart.py", "care/management/commands/x.py"):
        source = Source.of(path, "now = timezone.now()")
        assert not list(tidy.only_views_and_commands_read_the_clock(source))


def test_every_rule_is_shown_by_a_sample() -> None:
    assert {sample[0] for sample in SAMPLES} == set(tidy.RULES)


def test_every_allowance_is_still_needed() -> None:
    rules = {rule.__name__: rule for rule in tidy.RULES}
    for name, path in ALLOWED:
        source = Source.of(path, (PACKAGE / path).read_text())
        assert list(rules[name](source)), f"{path} no longer needs its allowance for {name}"


def test_every_room_has_its_place_in_the_storeys_and_in_django() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {room.strip() for layer in layers for room in layer.split("|")}
    assert rooms == placed
    assert {f"holdspace.{room}" for room in rooms - {"core"}} <= set(settings.INSTALLED_APPS)


def test_pages_hold_no_code_or_style_that_the_content_policy_refuses() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(PACKAGE.rglob("templates/**/*.html"))
        for line in tidy.inline_code(path.read_text())
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("template", "refused"),
    [
        ("<script>go()</script>", True),
        ('<script type="module">go()</script>', True),
        ('<p style="color: red">', True),
        ('<button onclick="go()">', True),
        ("<style>p {}</style>", True),
        ('<script type="module" src="/static/a.js"></script>', False),
        ('<script id="x" type="application/json">{}</script>', False),
        ('<p class="once" data-on="x">', False),
    ],
)
def test_inline_code_is_seen_where_it_is(template: str, refused: bool) -> None:
    assert bool(tidy.inline_code(template)) is refused


def test_stylesheets_scripts_and_pages_are_finished() -> None:
    kinds = {".html", ".css", ".js", ".toml", ".sh"}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("src", "protocols", "tools", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in kinds and "vendor" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if tidy.UNFINISHED.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def test_every_code_stands_in_the_refusals_page() -> None:
    from holdspace.core.codes import Code

    page = ROOT / "docs" / "refusals.md"
    if not page.exists():
        pytest.skip("docs/refusals.md is not written yet")
    text = page.read_text()
    missing = [code.value for code in Code if not re.search(rf"\b{code.value}\b", text)]
    assert not missing, f"not in docs/refusals.md: {missing}"


def test_every_code_is_provoked_by_a_test() -> None:
    from holdspace.core.codes import Code

    places = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "protocols").rglob("*.json")]
    text = "\n".join(path.read_text() for path in places)
    missing = [
        code.name
        for code in Code
        if not re.search(rf"\bCode\.{code.name}\b|[\"']{code.value}[\"']", text)
    ]
    assert not missing, f"no test or scenario provokes: {missing}"


def test_every_dependency_says_why_it_was_chosen() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = [*project, *(ROOT / "requirements" / "dev.in").read_text().split()]
    reasons = "\n".join(path.read_text() for path in (ROOT / "docs" / "adr").glob("*.md"))
    names = {re.split(r"[\[<>=]", line)[0] for line in wanted}
    missing = sorted(name for name in names if name not in reasons)
    assert not missing, f"no line in docs/adr/ says why: {missing}"


def test_pinned_requirements_carry_hashes_and_name_no_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text, f"{path.name} names a host"
        pins = re.findall(r"^[a-z].*==", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z].*== ?\S+.*\\\n    --hash=", text, re.M))
