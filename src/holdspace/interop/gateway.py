"""The listener for monitors: a message is on disk before it is acknowledged, and settled later.

One thread writes arrivals, another settles them; charting that is slow or stopped never delays an
acknowledgement. The framing (MLLP) is the library's.
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
        async with server:
            await self._stopped.wait()
        self._arrived.set()
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
        settle_arrivals(clock=self.clock)

    async def _serve(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        """One monitor's connection: frame, keep, acknowledge, again."""
        try:
            while not self._stopped.is_set():
                block = await asyncio.wait_for(reader.readblock(), IDLE_SECONDS)
                await self._take(block, writer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # it went away; half a message was never acknowledged and comes again
        except (InvalidBlockError, ValueError, asyncio.LimitOverrunError) as error:
            log.warning("closed a connection that does not speak MLLP: %s", error)
        finally:
            writer.close()

    async def _take(self, block: bytes, writer: HL7StreamWriter) -> None:
        raw = block.decode("utf-8", "replace")
        arrived = classify(raw, self.clock(), is_demo=self.is_demo)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._keep, arrived)
        except Exception:
            log.exception("an arrival could not be kept, so it is not acknowledged")
            raise ConnectionAbortedError from None
        self._arrived.set()
        writer.writeblock(hl7v2.answer(raw, arrived.acknowledged).encode("utf-8", "replace"))
        await writer.drain()

    def _keep(self, arrived: Arrived) -> None:
        keep_arrivals(arrived=[arrived])
