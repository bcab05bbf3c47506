"""Two who act in one moment, each on a connection of their own.

`at_once` lets them begin together. `in_between` lets one act in the midst of the other's: on
PostgreSQL until it is done or waits for a lock, on SQLite (one writer at a time) it just waits.
"""

import threading

from django.db import connection, connections

LOOKS = 200_000
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"


def at_once(*works):
    """Run these in threads that begin together; what any of them raised."""
    ready, troubles = threading.Barrier(len(works)), []

    def run(work):
        try:
            ready.wait()
            work()
        except Exception as trouble:  # noqa: BLE001
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return troubles


class in_between:  # noqa: N801
    """`other = in_between(work)`; call `other.acts()` once in the midst, `other.ends()` after."""

    def __init__(self, work):
        self.work, self.troubles, self.pid, self.begun = work, [], 0, threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            connection.ensure_connection()
            if connection.vendor == "postgresql":
                self.pid = connection.connection.info.backend_pid
            self.begun.set()
            self.work()
        except Exception as trouble:  # noqa: BLE001
            self.troubles.append(trouble)
        finally:
            self.begun.set()
            connections.close_all()

    def acts(self):
        if self.begun.is_set():
            return
        self.thread.start()
        self.begun.wait()
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            for _ in range(LOOKS):
                cursor.execute(WAITS, [self.pid])
                if cursor.fetchone()[0] or not self.thread.is_alive():
                    return
        raise AssertionError("it neither ended nor waited for anybody")

    def ends(self):
        """What it raised, once it has ended; it must have acted."""
        assert self.begun.is_set()
        self.thread.join()
        return self.troubles
