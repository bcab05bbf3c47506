"""What arrives from devices is settled at its own pace, apart from keeping and acknowledging it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from holdspace.interop import hl7v2
from holdspace.medicine.actions import monitors

BATCH = 100


def settle_arrivals(*, clock: Callable[[], datetime]) -> int:
    """Settle everything that is waiting, the oldest first; how many there were.

    What was settled stays when the program ends in between.
    """
    settled = 0
    while arrivals := monitors.not_settled(BATCH):
        waiting = [(arrival, hl7v2.read(arrival.raw)) for arrival in arrivals]
        monitors.settle(waiting=waiting, now=clock())
        settled += len(waiting)
    return settled
