"""What `make mutants` found, told as docs/mutants.md."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EQUAL = ROOT / "tools/mutants_equal.toml"
PAGE = ROOT / "docs/mutants.md"
KEPT = Path(os.environ.get("HOLDSPACE_DATA", ROOT / "var")) / "mutants"
CAUGHT, SURVIVED = "caught", "survived"
# Nearest to a refusal first. Words, pages and readers of files stand last or are left out.
FILES = (
    "readiness discharge dosing screening observing risk limits further history reliefs gates "
    "evidence continuity course authority credentials oversight practice consent ledger_rules "
    "ledger ledger_asks medicines scales scale_conditions scale_methods scale_model scale_check "
    "monitor feed drawn follow_up news told flags papers journey decision units facts "
    "protocol_risk protocol_follow_up protocol_values protocol_entries protocol_reader protocol "
    "protocol_model protocol_schema scale_reader scale_screens state_table facts_of_states insist "
    "incidents quiet trend asking canonical scenarios mental diagnosed diagnoses investigations "
    "tablet kind_ends emergency music audio"
).split()
HEAD = """# What the tests notice

Written by `python tools/mutants.py --write` from the last runs of `make mutants`; the method stands
in [ADR 35](adr/0035-our-own-mutants.md). One small change is made in a rule (an operator, a limit,
a number, a verdict, a code, an entry of a table, a condition, a statement), and the tests that
visit its line are run until one falls, for at most twelve seconds of tests. **Tried** is how many
of the file's changes were run so far.

| file | day | changes | tried | caught | explained | survived | caught or explained |
|---|---|---|---|---|---|---|---|
"""
SURVIVORS = """
## What survived

Each awaits a line in a table of tests, or a reason. A change whose tests take longer than the
twelve seconds may stand here although a slow test would notice it.

"""
EXPLAINED = """
## Explained

Changes that alter nothing a clinic could meet (`tools/mutants_equal.toml`).

"""


def explained() -> dict[str, dict[str, str]]:
    """Changes that alter nothing a clinic could meet, by file, each with its reason."""
    return tomllib.loads(EQUAL.read_text(encoding="utf-8")) if EQUAL.exists() else {}


def row(file: str) -> tuple[str, int, int, int, list[str]] | None:
    """Date, changes, caught, explained and the keys of those that survived; None: not run."""
    path = KEPT / f"{file}.json"
    if not path.exists():
        return None
    known = json.loads(path.read_text())
    fine = explained().get(file, {})
    results = {key: told for key, told in known["results"].items() if key not in fine}
    open_ = [key for key, told in results.items() if not told.startswith(CAUGHT)]
    return known["at"], known["of"], len(results) - len(open_), len(fine), open_


def page() -> str:
    """A line for each file that was run, and what survived by name."""
    lines, survived, missing = [], [], []
    for file in FILES:
        found = row(file)
        if found is None:
            missing.append(f"`{file}`")
            continue
        at, of, caught, fine, open_ = found
        tried = caught + fine + len(open_)
        share = (caught + fine) * 100 // max(tried, 1)
        lines.append(
            f"| `core/{file}.py` | {at} | {of} | {tried} | {caught} | {fine} | {len(open_)} "
            f"| {share} % |"
        )
        survived += [_item(file, key) for key in open_]
    reasons = [
        f"{_item(file, key)}: {why}"
        for file, all_ in explained().items()
        for key, why in all_.items()
    ]
    return "\n".join(
        [
            HEAD + "\n".join(lines), f"\nNot run yet: {', '.join(missing) or 'none'}.",
            SURVIVORS + ("\n".join(survived) or "None."),
            EXPLAINED + ("\n".join(reasons) or "None."), "",
        ]
    )  # fmt: skip


def _item(file: str, key: str) -> str:
    return f"- `core/{file}.py` {key.replace('|', '/').replace('*', chr(92) + '*')}"


def write() -> None:
    PAGE.write_text(page(), encoding="utf-8")
