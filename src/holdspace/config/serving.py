"""Pages are served by one small server process that stops within five seconds of being asked."""

import ctypes
import ipaddress
import logging
import signal
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management.base import CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connections

THREADS = 4
STOP_SECONDS = 3  # a request still running after this long is cut off; its transaction rolls back
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def serve(host: str, port: int, cert: Path | None = None, key: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CommandError for an unsafe or a taken address."""
    if not is_loopback(host) and not settings.HOLDSPACE_SECURE:
        raise CommandError(
            f"--host {host} is reachable from outside: give --tls-cert and --tls-key, or set "
            "HOLDSPACE_SECURE=yes when a proxy in front speaks TLS"
        )
    check_free(host, port)
    from granian import Granian  # here, so that no other command waits for its import
    from granian.constants import Interfaces

    connections.close_all()  # the worker is forked; a connection must never have two owners
    logging.getLogger("holdspace").info("serving %s:%s", host, port)
    Granian(
        "holdspace.config.serving:worker",
        factory=True,
        address=host.strip("[]"),
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_access=False,
        ssl_cert=cert,
        ssl_key=key,
    ).serve()


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


def worker() -> WSGIHandler:
    """The application in a server process that never outlives the one that started it.

    Killed outright (SIGKILL), the parent cannot stop its worker, which would go on holding the
    port and answering with the old program beside a new one.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    application = get_wsgi_application()
    from holdspace.records.actions import begin_grouping  # models are there only from here on

    begin_grouping()
    return application
