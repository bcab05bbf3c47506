"""`holdspace screen` answers from a file alone, and says 0, 1 or 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdspace.care import shipped
from holdspace.core.words import WORDS

ROOT = Path(__file__).parents[3]
STORIES = {file.name.removesuffix(".json"): file for file in shipped.scenario_files("kap-clinic")}
HEALTHY = "healthy-34-is-cleared"


def story(name: str) -> dict[str, Any]:
    return json.loads(STORIES[name].read_text(encoding="utf-8"))


def saved(folder: Path, plain: Any) -> str:
    file = folder / "facts.json"
    file.write_text(plain if isinstance(plain, str) else json.dumps(plain), encoding="utf-8")
    return str(file)


def asked(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    try:
        call_command("screen", *arguments, "--json", stdout=out)
    except SystemExit as left:
        return int(left.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def bad(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("screen", *arguments, "--json", stdout=StringIO())
    assert refused.value.returncode == 2
    return str(refused.value)


# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
def test_every_shipped_story_is_answered_as_it_expects(tmp_path: Path, name: str) -> None:
    expected = story(name)["expect"]
    code, told = asked(saved(tmp_path, story(name)))
    assert (code, told["allowed"]) == (0 if expected["allowed"] else 1, expected["allowed"])
    assert told["codes"] == expected["codes"]
    assert told["door"] == story(name)["door"]


def test_facts_alone_are_asked_for_a_clearance(tmp_path: Path) -> None:
    code, told = asked(saved(tmp_path, story(HEALTHY)["facts"]))
    assert (code, told["door"], told["protocol"]) == (0, "clear_for_medicine", "kap-clinic/1.0")


def test_a_door_and_a_protocol_named_at_the_keyboard_go_first(tmp_path: Path) -> None:
    file = saved(tmp_path, story(HEALTHY))
    code, told = asked(file, "--door", "give_dose", "--protocol", "kap-strict")
    assert (code, told["door"], told["protocol"]) == (1, "give_dose", "kap-strict/1.0")
    own = tmp_path / "own.toml"
    own.write_text(shipped.protocol_text("kap-clinic"), encoding="utf-8")
    assert asked(file, "--protocol", str(own))[0] == 0


def test_each_finding_explains_itself(tmp_path: Path) -> None:
    _, told = asked(saved(tmp_path, story("heart-attack-five-weeks-ago")))
    first = told["findings"][0]
    assert (first["code"], first["verdict"]) == ("contraindication_present", "fail")
    assert first["sentence"] and first["remedy"] and first["relievable_by"] == []
    for finding in told["findings"]:
        assert finding["evidence"] and finding["rule"] and finding["source"]
        assert finding["code"] in {code.value for code in WORDS}
    stops = [finding["stops"] for finding in told["findings"]]
    assert stops == sorted(stops, reverse=True)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-03-02T16:00:00+00:00", True),
        ("2026-03-02T09:00:00-07:00", True),
        ("2036-03-02T16:00:00+00:00", False),  # everything is too old by then
        ("2025-03-02T16:00:00+00:00", False),  # everything lies ahead
    ],
)
def test_the_facts_stay_dated_as_they_are_whenever_it_is_asked(
    tmp_path: Path, at: str, allowed: bool
) -> None:
    code, told = asked(saved(tmp_path, story(HEALTHY)), "--at", at)
    assert (code == 0, told["allowed"]) == (allowed, allowed)
    if not allowed:
        assert "unknown" in told["codes"].values()


def test_facts_without_a_moment_need_one_at_the_keyboard(tmp_path: Path) -> None:
    facts = story(HEALTHY)["facts"]
    del facts["now"]
    file = saved(tmp_path, facts)
    assert "now: is missing" in bad(file)
    assert asked(file, "--at", "2026-03-02T16:00:00Z")[0] == 0


def test_a_terminal_is_told_words_and_no_control_letters(tmp_path: Path) -> None:
    plain = story("unknown-medicine-is-reviewed-by-hand")
    plain["facts"]["medications"][0]["name"] = "\x1b[2Jmystery\u202e"
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("screen", saved(tmp_path, plain), stdout=out)
    assert "refused" in out.getvalue() and "mystery" in out.getvalue()
    assert "\x1b" not in out.getvalue() and "\u202e" not in out.getvalue()


# --- files that are none -----------------------------------------------------------------------

CLINIC = {"id": "c", "timezone": "America/Denver", "state": "CO"}
NOW = "2026-03-02T16:00:00+00:00"


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ("", "JSON"),
        ("not json at all", "JSON"),
        ("[1, 2]", "is not an object"),
        ("null", "is not an object"),
        ("{}", "now: is missing"),
        ("[" * 100_000, "nested too deep"),
        ('{"now": 1, "now": 2}', "twice"),
        ({"door": "clear_for_medicine"}, "facts: is not an object"),
        ({"facts": {}, "mood": 1}, "mood: is not known"),
        ({"facts": {}, "door": "garden_gate"}, "door: "),
        ({"now": NOW, "clinic": CLINIC, "person": {"id": "p"}, "mood": "good"}, "mood: is not"),
        ({"now": NOW, "clinic": CLINIC, "person": {"id": 7}}, "person.id: “7” cannot be read"),
        ({"now": NOW, "clinic": CLINIC, "person": []}, "person: is not an object"),
        ({"now": NOW, "clinic": CLINIC, "person": {"id": "p"}, "doses": {}}, "doses: is not a"),
        ({"now": "2026-03-02T16:00:00", "clinic": CLINIC, "person": {"id": "p"}}, "its offset"),
        (
            {"now": NOW, "clinic": {**CLINIC, "timezone": "Mars/Base"}, "person": {"id": "p"}},
            "IANA",
        ),
        ({"facts": {"now": NOW, "clinic": CLINIC, "person": {"id": True}}}, "facts.person.id: "),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, plain: Any, words: str
) -> None:
    said = bad(saved(tmp_path, plain))
    assert words in said and "Accepted: " in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "yesterday"), "--at"),
        (("--at", "2026-03-02T16:00:00"), "its offset"),
        (("--at", "9999-12-31T23:00:00-10:00"), "time"),
        (("--door", "garden_gate"), "--door"),
        (("--protocol", "kap-moon"), "kap-clinic/1.0, kap-strict/1.0"),
        (("--protocol", "\x00"), "Shipped"),
    ],
)
def test_a_name_that_means_nothing_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in bad(saved(tmp_path, story(HEALTHY)), *arguments)


def test_a_file_that_is_missing_too_long_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "No such file" in bad(str(tmp_path / "nobody.json"))
    assert "directory" in bad(str(tmp_path))
    (tmp_path / "photo.json").write_bytes(b"\xff\xd8\xff")
    assert "byte 0 is not UTF-8" in bad(str(tmp_path / "photo.json"))
    assert "too long" in bad(saved(tmp_path, " " * 4_000_001))
    long = tmp_path / "long.toml"
    long.write_text("#" * 4_000_001)
    assert "too long" in bad(saved(tmp_path, story(HEALTHY)), "--protocol", str(long))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    where=st.sampled_from(["now", "clinic", "person", "observations", "documents", "staff"]),
    what=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.dates().map(str),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    ),
)
def test_whatever_stands_in_a_field_is_an_answer_or_a_named_fault(
    tmp_path: Path, where: str, what: Any
) -> None:
    plain = story(HEALTHY)["facts"]
    plain[where] = what
    file = saved(tmp_path, plain)
    try:
        code, told = asked(file)
    except CommandError as error:
        assert error.returncode == 2 and str(error)
    else:
        assert code == (0 if told["allowed"] else 1)


# --- without anything around it ------------------------------------------------------------------


def test_neither_a_database_nor_a_folder_is_needed_or_made(tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "such" / "folder"
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "HOLDSPACE_DATA": str(nowhere),
        "HOLDSPACE_DATABASE_URL": "nonsense://",
        "DJANGO_SETTINGS_MODULE": "holdspace.config.settings",
    }
    for name, code in ((HEALTHY, 0), ("heart-attack-five-weeks-ago", 1), ("no-such-story", 2)):
        file = STORIES[name] if name in STORIES else home / "none.json"
        done = subprocess.run(
            [sys.executable, "-m", "holdspace.config", "screen", str(file), "--json"],
            capture_output=True,
            text=True,
            cwd=home,
            env=environment,
            check=False,
        )
        assert done.returncode == code, done.stderr
        if code < 2:
            assert json.loads(done.stdout)["allowed"] is (code == 0)
        else:
            assert "none.json cannot be read" in done.stderr and not done.stdout
    assert not nowhere.exists() and not list(home.iterdir())
