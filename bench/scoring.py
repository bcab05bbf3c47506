"""How many whole forms a second one core scores: `.venv/bin/python -m bench.scoring`.

Random whole forms of each instrument that is a plain sum, scored one after the other; the best of
seven rounds in processor time, so that other load on the machine hardly shows. Nothing is asserted.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from holdspace.care.shipped import scale_names, scale_text  # noqa: E402
from holdspace.core.scales import Scale, read, score  # noqa: E402

FORMS, ROUNDS = 500, 7


def rate(scale: Scale) -> int:
    """Forms a second, in the best round."""
    chance = random.Random(scale.id)
    forms = [
        {i.code: chance.choice(i.options).score for i in scale.items if not i.optional}
        for _ in range(FORMS)
    ]
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for form in forms:
            score(scale, form)
        rounds.append(time.process_time() - begun)
    return round(FORMS / min(rounds))


def main() -> None:
    """One line for each, the slowest first."""
    scales = [read(scale_text(name)) for name in scale_names()]
    sums = [s for s in scales if s.method == "sum" and not s.conditional and s.gate is None]
    for forms, name, items in sorted((rate(s), s.id, len(s.items)) for s in sums):
        print(f"{name:<22} {items:>2} items  {forms:>8,} forms/s")


if __name__ == "__main__":
    main()
