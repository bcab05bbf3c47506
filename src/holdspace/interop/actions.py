"""What arrives from devices is settled at its own pace, apart from keeping and acknowledging it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from holdspace.care.actions import AWAY
from holdspace.core.feed import Message
from holdspace.interop import hl7v2
from holdspace.medicine.actions import monitors
from holdspace.medicine.models import Arrival

log = logging.getLogger("holdspace.gateway")

BATCH = 100


def settle_arrivals(*, clock: Callable[[], datetime]) -> int:
    """Settle everything that is waiting, the oldest first; how many there were.

    What was settled stays when the program ends in between. One on which the program fails is left
    aside with that reason, so that it does not stand in the way of all that come after it.

    Raises OperationalError and InterfaceError: while the database is away everything waits.
    """
    settled = 0
    while arrivals := monitors.not_settled(BATCH):
        waiting = [(arrival, hl7v2.read(arrival.raw)) for arrival in arrivals]
        try:
            monitors.settle(waiting=waiting, now=clock())
        except AWAY:
            raise
        except Exception:
            log.exception("settling one by one")
            for arrival, message in waiting:
                _settle_alone(arrival, message, clock())
        settled += len(waiting)
    return settled


def _settle_alone(arrival: Arrival, message: Message | None, now: datetime) -> None:
    try:
        monitors.settle(waiting=[(arrival, message)], now=now)
    except AWAY:
        raise
    except Exception:
        log.exception("arrival %s is left aside", arrival.pk)
        monitors.leave_aside(arrival=arrival, now=now)
