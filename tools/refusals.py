"""Writes docs/refusals.md from the codes and their words: `python tools/refusals.py`."""

from __future__ import annotations

import ast
from pathlib import Path

from holdspace.core import codes
from holdspace.core.codes import Code, Urgency
from holdspace.core.words import WORDS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "refusals.md"
URGENCY = {
    Urgency.INFORMATION: "to know",
    Urgency.BEFORE_THE_DOOR: "before the door opens",
    Urgency.NOW: "**now**",
}
HEAD = """# Why a door stays shut

Generated from `core/codes.py` and `core/words.py` by `python tools/refusals.py`; a test keeps it
current. One code for each kind of rule: which condition, medicine or reading it was, its value,
its time, the limit and whose limit it is stand on the finding.

A finding says one of five things. **pass** and **note** let the door open. **hold** waits for a
plan or a clearance by a named role. **fail** is a measured no; where the protocol gives a band, a
named role may waive it, bound to its value, its limit and its session. **unknown** means that
something was not asked, is too old, lies in the future or cannot be read: it is measured, never
waived.
"""


def sections() -> list[tuple[str, list[Code]]]:
    """The codes by the comments that divide the enum, in its order."""
    source = Path(codes.__file__).read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(source))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Code").body
    found: list[tuple[str, list[Code]]] = []
    for node in body:
        if not isinstance(node, ast.Assign):
            continue
        above = source[node.lineno - 2].strip()
        if above.startswith("#"):
            found.append((above.removeprefix("#").strip(), []))
        assert isinstance(node.value, ast.Constant)
        found[-1][1].append(Code(node.value.value))
    return found


def page() -> str:
    """The whole page as text."""
    parts = [HEAD]
    for title, members in sections():
        parts.append(f"\n## {title[0].upper()}{title[1:]}\n")
        parts.append("| code | what is wrong | what would help | urgency |\n|---|---|---|---|")
        for code in members:
            words = WORDS[code]
            urgency = URGENCY[words.urgency]
            parts.append(f"| `{code.value}` | {words.sentence} | {words.remedy} | {urgency} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(Code)} reasons")
