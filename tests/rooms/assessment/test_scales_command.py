"""`holdspace scales check` counts what it scored, for scripts, and says no with an exit code."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from holdspace.care import shipped

PHQ2 = "phq-2"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("scales", "check", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("scales", "check", *arguments, stdout=out)
    assert left.value.code == 1
    return out.getvalue()


def worked(name: str) -> int:
    """The examples of one file that have a score; a form that must have none is not counted."""
    return sum("why" not in row for row in json.loads(shipped.scale_text(name))["examples"])


def spoilt(name: str = PHQ2) -> str:
    """A shipped file of which one example expects a wrong total."""
    data = json.loads(shipped.scale_text(name))
    row = next(row for row in data["examples"] if "why" not in row)
    row["total"] = row["total"] + 1
    return json.dumps(data)


def test_the_last_line_counts_all_that_ships() -> None:
    files = list((Path(__file__).resolve().parents[3] / "scales").glob("*.json"))
    examples = sum(worked(file.stem) for file in files)
    last = run("--json").splitlines()[-1]
    assert last == json.dumps({"scales": len(files), "examples": examples, "failed": 0})
    assert len(files) > 50 and examples > len(files)


def test_one_name_is_counted_alone_and_in_words_without_json() -> None:
    assert json.loads(run(PHQ2, "--json")) == {
        "scales": 1, "examples": worked(PHQ2), "failed": 0,
    }  # fmt: skip
    assert run(PHQ2).endswith(f", {worked(PHQ2)} worked examples, 0 failures.\n")


def test_one_wrong_example_among_all_that_ships_is_named_and_exits_with_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, wrong = shipped.scale_text, spoilt()
    monkeypatch.setattr(shipped, "scale_text", lambda name: wrong if name == PHQ2 else real(name))
    *named, last = refused("--json").splitlines()
    count = json.loads(last)
    assert count["failed"] == 1 and count["scales"] == len(shipped.scale_names())
    (line,) = named
    assert line.startswith(f"{PHQ2}: example 1: total is ") and "expected" in line
    assert refused().splitlines()[-1].endswith("1 failures.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (spoilt().encode(), "expected"),
        (b"\xff\xd8\xff", "byte 0 is not UTF-8 text."),
        (b"{", f"{PHQ2}: "),
        (b"", f"{PHQ2}: "),
    ],
    ids=["a wrong example", "a photograph", "half a file", "an empty file"],
)
def test_a_file_of_ones_own_is_put_to_its_test(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / f"{PHQ2}.json"
    file.write_bytes(content)
    *named, last = refused(str(file), "--json").splitlines()
    assert json.loads(last)["failed"] >= 1 and json.loads(last)["scales"] == 1
    assert any(said in line for line in named)


@pytest.mark.parametrize("name", ["phq-moon", "🌙", "../phq-2"])
def test_an_unknown_name_is_refused_with_the_names_that_are_accepted(name: str) -> None:
    with pytest.raises(CommandError) as error:
        run(name)
    said = str(error.value)
    assert f"There is no questionnaire “{name}”" in said and f"no file {name} either" in said
    assert all(each in said for each in shipped.scale_names())
