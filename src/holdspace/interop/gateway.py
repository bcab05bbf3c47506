"""The listener for monitors: a message is on disk before it is acknowledged, and settled later.

One thread writes arrivals, another settles them; charting that is slow or stopped never delays an
acknowledgement. What arrives while a commit is under way is written together in the next one, and
each is acknowledged, in its order, only after the commit that holds it. The framing (MLLP) is the
library's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connections
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server
from hl7.mllp.exceptions import InvalidBlockError

from holdspace.interop import hl7v2
from holdspace.interop.actions import settle_arrivals
from holdspace.medicine.actions.monitors import Arrived, keep_arrivals

log = logging.getLogger("holdspace.gateway")
IDLE_SECONDS = 600  # a monitor that says nothing for so long has gone
TOGETHER_MAX = 500  # messages in one commit
UNANSWERED_MAX = 100  # messages of one connection; more are not read before these are answered

Unanswered = asyncio.Queue[tuple[str, Arrived, asyncio.Future[bool]] | None]


def classify(raw: str, received_at: datetime, *, is_demo: bool) -> Arrived:
    """How one framed message is answered: AA, AE when it can't be read, AR when it is not for us.

    A simulated monitor's messages are for the demo alone.
    """
    head = hl7v2.header(raw)
    if head is None:
        return Arrived(received_at, "", "", hl7v2.ERROR, raw)
    wanted = head.kind == "ORU^R01" and (is_demo or not head.is_training)
    code = hl7v2.ACCEPTED if wanted else hl7v2.REJECTED
    return Arrived(received_at, head.sender, head.control_id, code, raw)


class Gateway:
    """Listens on one address until it is told to stop."""

    def __init__(
        self, host: str, port: int, *, is_demo: bool, clock: Callable[[], datetime]
    ) -> None:
        self.host, self.port, self.is_demo, self.clock = host, port, is_demo, clock
        self._writer = ThreadPoolExecutor(1, "arrivals")
        self._settler = ThreadPoolExecutor(1, "settling")
        self._waiting: list[tuple[Arrived, asyncio.Future[bool]]] = []
        self._some_wait = asyncio.Event()
        self._arrived = asyncio.Event()
        self._stopped = asyncio.Event()

    async def run(self, ready: Callable[[int], None] = lambda port: None) -> None:
        """Serve until SIGTERM or SIGINT; `ready` hears the port that was bound."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(one, self.stop)
        server = await start_hl7_server(
            self._serve, self.host, self.port, limit=hl7v2.CHARACTERS_MAX, encoding="utf-8"
        )
        ready(server.sockets[0].getsockname()[1])
        self._arrived.set()  # what was left when the program last ended
        settling = asyncio.create_task(self._settle())
        keeping = asyncio.create_task(self._keep())
        async with server:
            await self._stopped.wait()
        self._arrived.set()
        keeping.cancel()
        await settling
        for pool in (self._writer, self._settler):
            await loop.run_in_executor(pool, connections.close_all)
            pool.shutdown()

    def stop(self) -> None:
        self._stopped.set()

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopped.is_set():
            await self._arrived.wait()
            self._arrived.clear()
            try:
                await loop.run_in_executor(self._settler, self._settle_all)
            except Exception:
                log.exception("settling failed; arrivals are kept and tried at the next one")

    def _settle_all(self) -> None:
        try:
            settle_arrivals(clock=self.clock)
        finally:
            _drop_broken_connections()

    async def _serve(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        """One monitor's connection: what was read is answered, in its order, until it ends."""
        unanswered: Unanswered = asyncio.Queue(UNANSWERED_MAX)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._read(reader, unanswered))
                both.create_task(self._answer(writer, unanswered))
        except* ConnectionError:
            pass  # it went away, or is sent away; what was not acknowledged comes again
        finally:
            writer.close()

    async def _read(self, reader: HL7StreamReader, unanswered: Unanswered) -> None:
        try:
            while not self._stopped.is_set():
                async with asyncio.timeout(IDLE_SECONDS):
                    block = await reader.readblock()
                raw = block.decode("utf-8", "replace")
                arrived = classify(raw, self.clock(), is_demo=self.is_demo)
                await unanswered.put((raw, arrived, self._soon(arrived)))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # it went away; half a message was never acknowledged and comes again
        except (InvalidBlockError, ValueError, asyncio.LimitOverrunError) as error:
            log.warning("closed a connection that does not speak MLLP: %s", error)
        await unanswered.put(None)

    async def _answer(self, writer: HL7StreamWriter, unanswered: Unanswered) -> None:
        while (one := await unanswered.get()) is not None:
            raw, arrived, kept = one
            if not await kept:
                raise ConnectionAbortedError
            writer.writeblock(hl7v2.answer(raw, arrived.acknowledged).encode("utf-8", "replace"))
            await writer.drain()

    def _soon(self, arrived: Arrived) -> asyncio.Future[bool]:
        """Lets a message be written with the next commit; true once that commit is on disk."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, kept))
        self._some_wait.set()
        return kept

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while await self._some_wait.wait():
            batch, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
            if not self._waiting:
                self._some_wait.clear()
            arrived = [one for one, _ in batch]
            kept = await loop.run_in_executor(self._writer, _keep_all, arrived)
            for (_, told), is_kept in zip(batch, kept, strict=True):
                if not told.done():  # its connection may have gone meanwhile
                    told.set_result(is_kept)
            self._arrived.set()


def _keep_all(arrived: list[Arrived]) -> list[bool]:
    """Which of these are on disk now: all in one commit; when that fails, each in its own."""
    try:
        keep_arrivals(arrived=arrived)
        return [True] * len(arrived)
    except Exception:
        if len(arrived) > 1:
            return [_keep_all([one])[0] for one in arrived]
        log.exception("an arrival could not be kept, so it is not acknowledged")
        _drop_broken_connections()
        return [False]


def _drop_broken_connections() -> None:
    """This thread asks the database anew after it was away, as each request of a page does."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and not connection.is_usable():
            connection.close()
