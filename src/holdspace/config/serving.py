"""Pages are served by one small server process that stops within five seconds of being asked."""

import ctypes
import ipaddress
import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connections

THREADS = 4  # in which the program runs, each with its own connection to the database
HELD_AT_MOST = 96  # live pages whose question waits for a change, each in a thread that only waits
STOP_SECONDS = 3  # a request still running after this long is cut off; its transaction rolls back
WORKER = ("-m", "holdspace.config", "worker", "--with-server")
WORKER_STOP_SECONDS = 1
WORKER_REST_SECONDS = 5  # before a worker that died is started again
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Companion:
    """The worker beside the server: started with it, again when it dies, and stopped with it."""

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = [sys.executable, *command]
        self._over = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the worker; a thread waits for its end. Called before the server forks."""
        self._child = self._begin()
        threading.Thread(target=self._watch, name="worker-watch", daemon=True).start()

    def stop(self) -> None:
        """Ask the worker to stop, and end it when it does not; what it was sending is found out."""
        self._over.set()
        child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(WORKER_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        # the same interpreter with words of our own: nothing here comes from anybody else
        return subprocess.Popen(self._command)  # noqa: S603

    def _watch(self) -> None:
        while self._child is not None:
            code = self._child.wait()
            if self._over.wait(WORKER_REST_SECONDS):
                return
            logging.getLogger("holdspace").warning("the worker ended with %s; again", code)
            self._child = self._begin()


def serve(
    host: str,
    port: int,
    cert: Path | None = None,
    key: Path | None = None,
    *,
    with_worker: bool = True,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises CommandError for an unsafe or a taken address."""
    if not is_loopback(host) and not settings.HOLDSPACE_SECURE:
        raise CommandError(
            f"--host {host} is reachable from outside: give --tls-cert and --tls-key, or set "
            "HOLDSPACE_SECURE=yes when a proxy in front speaks TLS"
        )
    check_free(host, port)
    from granian import Granian  # here, so that no other command waits for its import
    from granian.constants import Interfaces

    connections.close_all()  # the server is forked; a connection must never have two owners
    logging.getLogger("holdspace").info("serving %s:%s", host, port)
    server = Granian(
        "holdspace.config.serving:worker",
        factory=True,
        address=host.strip("[]"),
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS + HELD_AT_MOST,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_access=False,
        ssl_cert=cert,
        ssl_key=key,
    )
    companion = Companion()
    if with_worker:
        companion.start()
    try:
        server.serve()
    finally:
        companion.stop()


def check_free(host: str, port: int) -> None:
    """Two servers on one port would answer in turn, each from its own database."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as taken:
            raise CommandError(
                f"{host}:{port} is taken. Accepted: another port, by PORT or --port"
            ) from taken


def worker() -> Callable[..., Iterable[bytes]]:
    """The application in a server process that never outlives the one that started it.

    Killed outright (SIGKILL), the parent cannot stop its worker, which would go on holding the
    port and answering with the old program beside a new one.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    application = get_wsgi_application()
    from holdspace.config.holding import Bell, Holding  # models are there only from here on
    from holdspace.records.actions import begin_grouping

    begin_grouping()
    return Holding(application, Bell(), threads=THREADS, held_at_most=HELD_AT_MOST)
