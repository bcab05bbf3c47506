"""A hundred thousand damaged messages: `.venv/bin/python -m bench.hl7 [COUNT]`.

Each is answered AA, AE or AR, and what would be shown of it is exactly what a second, strict reader
takes from the same bytes (tests/tools/damaged.py). Ends with 1 at the first that is not.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdspace.config.settings")


def main(words: list[str]) -> int:
    count = int(words[0]) if words else 100_000
    import django

    django.setup()
    from tests.tools.damaged import damaged, outcome

    told: Counter[str] = Counter()
    begin = time.process_time()
    for seed in range(count):
        text = damaged(seed)
        found = outcome(text)
        told[found.answer] += 1
        told["numbers shown"] += len(found.shown)
        told["left aside"] += found.aside
        if found.answer not in ("AA", "AE", "AR") or not found.said or found.shown != found.strict:
            print(f"seed {seed}: {found}\n{text!r}")
            return 1
    print(f"{count} messages, {time.process_time() - begin:.0f} s of processor time: {dict(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
