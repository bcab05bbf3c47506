"""`holdspace protocol` reads for clinicians and machines, and says no with an exit code."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from holdspace.care import shipped


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("protocol", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    out = StringIO()
    with pytest.raises(SystemExit) as exit_code:
        call_command("protocol", *arguments, stdout=out)
    assert exit_code.value.code == 1
    return out.getvalue()


def test_check_passes_all_that_ships() -> None:
    found = json.loads(run("check", "--json"))
    assert [row["target"] for row in found] == list(shipped.protocol_names())
    assert all(row["ok"] and not row["problems"] for row in found)


def test_check_names_file_line_key_and_what_would_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = shipped.protocol_text("kap-clinic").replace("waivable_to = 159", "waivable_to = 170")
    file.write_text(text, encoding="utf-8")
    line = text[: text.index("waivable_to = 170")].count("\n") + 1
    said = refused("check", str(file))
    assert f"{file}:{line}: readiness.systolic_mmhg_max.waivable_to: " in said
    assert "159" in said and "Accepted:" in said
    row = json.loads(refused("check", str(file), "--json"))[0]
    assert (row["ok"], row["problems"][0]["line"]) == (False, line)


def test_a_name_that_is_no_file_and_not_shipped_is_refused_with_the_names() -> None:
    with pytest.raises(CommandError, match="kap-clinic/1.0, kap-strict/1.0"):
        run("show", "kap-moon")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "photo.toml"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(CommandError, match="byte 0 is not UTF-8"):
        run("check", str(file))


def test_show_is_the_page_to_read_before_signing() -> None:
    page = run("show", "kap-clinic/1.0")
    assert "Systolic pressure up to: 140 mmHg" in page
    assert "awaiting the medical director's signature" in page
    assert "HEART AND CIRCULATION" in page


def test_diff_is_value_by_value() -> None:
    assert "preparation.visits_min\n  - 2 visits\n  + 3 visits\n" in run(
        "diff", "kap-clinic", "kap-strict"
    )
    rows = json.loads(run("diff", "kap-clinic", "kap-strict", "--json"))
    assert {"path": "preparation.visits_min", "before": "2 visits", "after": "3 visits"} in rows
    assert run("diff", "kap-clinic", "kap-clinic") == "0 differences.\n"


def test_every_shipped_scenario_answers_as_expected() -> None:
    rows = json.loads(run("scenarios", "--json"))
    assert len(rows) >= 10
    assert all(row["ok"] for row in rows)


def test_a_scenario_with_another_answer_fails_and_says_the_difference(tmp_path: Path) -> None:
    text = shipped.scenario_files("kap-clinic")[0].read_text(encoding="utf-8")
    scenario = json.loads(text)
    scenario["expect"] = {
        "allowed": not scenario["expect"]["allowed"],
        "codes": {"booking_missing": "hold"},
    }
    file = tmp_path / "bug.json"
    file.write_text(json.dumps(scenario), encoding="utf-8")
    said = refused("scenarios", str(file))
    assert "DIFFERS" in said and "booking_missing: nothing, not hold" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"door": "garden_gate"}, "door"),
        ({"facts": {"now": "yesterday"}}, "facts"),
        ({"expect": {"allowed": "yes"}}, "expect.allowed"),
        ({"expect": {"allowed": True, "codes": {"no_such_code": "fail"}}}, "no_such_code"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_malformed_scenario_is_refused_at_its_field(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    text = shipped.scenario_files("kap-clinic")[0].read_text(encoding="utf-8")
    file = tmp_path / "bug.json"
    file.write_text(json.dumps({**json.loads(text), **change}), encoding="utf-8")
    with pytest.raises(CommandError, match=words):
        run("scenarios", str(file))
