"""One server for both sides of a comparison: granian, WSGI, two workers of four threads each.

python -m bench.serve holdspace|baseline PORT
"""

import os
import sys

TARGETS = {"holdspace": "holdspace.config.serving:worker", "baseline": "bench.baseline:worker"}
WORKERS = 2


def main(target: str, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from holdspace.config.serving import HELD_AT_MOST, THREADS

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    Granian(
        TARGETS[target],
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS + (HELD_AT_MOST if target == "holdspace" else 0),
        workers_kill_timeout=3,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
