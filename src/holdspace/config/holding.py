"""A page's question is held while nothing has changed, and answered as soon as something does.

A live page asks with the tag of what it shows and says how long it would wait (`Prefer: wait=2`,
RFC 7240). The program is asked first, as ever: whether this sign-in may read is settled there, at
each question. Only when it says "nothing changed" (304) and names the streams that this rests on is
the answer held back, until one of them has a newer link, whoever wrote it, or the time is over.
After a newer link the program is asked again, by the same door (docs/adr/0042).
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from holdspace.care.standing import RESTS_ON, SERVER_NOW, Heads, from_line, heads_of

HELD_MAX_S = 3.0  # a page says within five seconds that nobody answers
LOOKS_EVERY_S = 0.04  # while somebody waits
HELD_MS = "X-Held-Ms"  # a page sets its clock by the server's time and by this
WAIT = re.compile(r"(?:^|[,;])\s*wait=(\d{1,3})\b")

Environ = dict[str, Any]
Start = Callable[..., Any]


# ------------------------------------------------------------------------------ the bell


@dataclass(slots=True, eq=False)
class _Waiter:
    rests_on: Heads
    rung: threading.Event = field(default_factory=threading.Event)


class Bell:
    """Rings for whoever waits on a stream that went on: one thread reads the heads for all.

    Another process may have written, a gateway or a second server, so the database is asked.
    """

    def __init__(self, read: Callable[[Collection[str]], Heads] = heads_of) -> None:
        self._read = read
        self._waiting: set[_Waiter] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def wait(self, rests_on: Heads, seconds: float) -> bool:
        """True as soon as one of the streams has another head than this; False after the time."""
        waiter = _Waiter(rests_on)
        with self._changed:
            self._waiting.add(waiter)
            if self._thread is None or not self._thread.is_alive():  # after the server has forked
                self._thread = threading.Thread(target=self._watch, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            return waiter.rung.wait(seconds)
        finally:
            with self._changed:
                self._waiting.discard(waiter)

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                if not self._waiting:
                    with suppress(Exception):
                        connection.close()
                    self._changed.wait_for(lambda: self._waiting)
                waiting = tuple(self._waiting)
            self._ring(waiting)
            pause.wait(LOOKS_EVERY_S)

    def _ring(self, waiting: Iterable[_Waiter]) -> None:
        """Rings where a head moved, and for everybody when that can't be known."""
        try:
            heads = self._read({stream for one in waiting for stream in one.rests_on})
        except Exception:
            logging.getLogger("holdspace").warning("the heads could not be read", exc_info=True)
            with suppress(Exception):
                connection.close()
            heads = {}
        for one in waiting:
            if any(heads.get(stream) != seq for stream, seq in one.rests_on.items()):
                one.rung.set()


# ------------------------------------------------------------------------------ the door


class _Answer:
    """What the program said, taken whole; a file is left to be read piece by piece."""

    def __init__(self, app: Callable[[Environ, Start], Iterable[bytes]], environ: Environ) -> None:
        self.body = app(environ, self._start)
        if not getattr(self.body, "streaming", True):
            pieces = list(self.body)
            self.body.close()  # type: ignore[attr-defined]  # every answer of Django has it
            self.body = pieces

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = status
        self.rests_on = next((text for name, text in headers if name == RESTS_ON), "")
        self.headers = headers
        self.without(RESTS_ON)

    def without(self, header: str) -> _Answer:
        self.headers = [(name, text) for name, text in self.headers if name != header]
        return self


class Holding:
    """Stands between the server's many threads, which may wait, and the program's few.

    The program runs in threads of its own, so that a question that waits holds no connection to the
    database and no turn of anybody else. Of more than `held_at_most` at once, the next is answered
    as if it had not asked to wait.
    """

    def __init__(
        self,
        app: Callable[[Environ, Start], Iterable[bytes]],
        bell: Bell,
        *,
        threads: int,
        held_at_most: int,
    ) -> None:
        self._app, self._bell = app, bell
        self._program = ThreadPoolExecutor(threads, thread_name_prefix="program")
        self._places = threading.BoundedSemaphore(held_at_most)

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        answer = self._ask(environ)
        seconds = wanted_wait(environ)
        if seconds and answer.rests_on and answer.status.startswith("304"):
            answer = self._held(answer, environ, seconds)
        start_response(answer.status, answer.headers)
        return answer.body

    def _ask(self, environ: Environ) -> _Answer:
        return self._program.submit(_Answer, self._app, dict(environ)).result()

    def _held(self, answer: _Answer, environ: Environ, seconds: float) -> _Answer:
        if not self._places.acquire(blocking=False):
            return answer
        since = time.monotonic()
        try:
            if not self._bell.wait(from_line(answer.rests_on), seconds):
                return answer.without(SERVER_NOW)  # it was said before the wait
            held_ms = 1000 * (time.monotonic() - since)
            answer = self._ask(environ)
        finally:
            self._places.release()
        answer.headers.append((HELD_MS, f"{held_ms:.0f}"))  # no part of the way there and back
        return answer


def wanted_wait(environ: Environ) -> float:
    """Seconds that a question would wait, at most HELD_MAX_S; 0 when it does not say."""
    found = WAIT.search(environ.get("HTTP_PREFER", ""))
    return min(float(found[1]), HELD_MAX_S) if found else 0.0
