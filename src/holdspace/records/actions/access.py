"""Lines of the access log are on disk within half a second, many of them in one commit.

Everywhere but in a serving process a line is written at once. There, each would cost a durable
commit of its own beside a page that only reads; so they wait together, at most `WAIT_SECONDS`.
A process that is killed outright may lose that half second of lines about what was *seen*; what
was *done* is in the record, which is never grouped.
"""

from __future__ import annotations

import atexit
import logging
import queue
import threading
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection

from holdspace.records.actions.chain import Actor
from holdspace.records.keys import new_key
from holdspace.records.models import AccessEvent, AccessWhat

WAIT_SECONDS = 0.5
LINES_MAX = 500  # one commit; more than this wait for the next

log = logging.getLogger("holdspace.access")
_waiting: queue.SimpleQueue[AccessEvent] = queue.SimpleQueue()
_grouping = threading.Event()
_stop = threading.Event()


def log_access(
    *,
    by: Actor | None,
    now: datetime,
    what: str,
    patient_id: UUID | None = None,
    clinic_id: UUID | None = None,
    user_label: str = "",
    detail: str = "",
    ip: str | None = None,
    agent: str = "",
) -> AccessEvent:
    """Write one line of the access log; the clinic is `by`'s unless given."""
    clinic = clinic_id or (by.clinic_id if by else None)
    if clinic is None:
        raise ValueError("clinic_id: an access belongs to a clinic; give it, or `by`")
    event = AccessEvent(
        id=new_key(now),
        clinic_id=clinic,
        at=now,
        membership_id=by.pk if by else None,
        user_label=user_label[:150],
        patient_id=patient_id,
        what=AccessWhat(what).value,
        detail=detail[:200],
        ip=ip,
        agent=agent[:200],
    )
    if _grouping.is_set():
        _waiting.put(event)
    else:
        event.save(force_insert=True)
    return event


def begin_grouping() -> None:
    """From now on this process writes its lines together. Called once, by the server's worker."""
    if _grouping.is_set():
        return
    _grouping.set()
    threading.Thread(target=_work, name="access-log", daemon=True).start()
    atexit.register(end_grouping)


def end_grouping() -> None:
    """Write what waits, and every later line at once."""
    _grouping.clear()
    _stop.set()
    _flush()


def _work() -> None:
    while not _stop.wait(WAIT_SECONDS):
        _flush()


def _flush() -> None:
    """One commit for what has gathered; what could not be written waits for the next time."""
    lines: list[AccessEvent] = []
    while len(lines) < LINES_MAX:
        try:
            lines.append(_waiting.get_nowait())
        except queue.Empty:
            break
    if not lines:
        return
    try:
        AccessEvent.objects.bulk_create(lines)
    except DatabaseError:
        log.exception("%d lines of the access log wait for the database", len(lines))
        connection.close()
        for line in lines:
            _waiting.put(line)
