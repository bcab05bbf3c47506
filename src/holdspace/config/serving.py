"""Pages are served by one small server process that stops within five seconds of being asked."""

import ipaddress
import logging
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections

THREADS = 4
STOP_SECONDS = 3  # a request still running after this long is cut off; its transaction rolls back


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def serve(host: str, port: int, cert: Path | None = None, key: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CommandError for an address that would be unsafe."""
    if not is_loopback(host) and not settings.HOLDSPACE_SECURE:
        raise CommandError(
            f"--host {host} is reachable from outside: give --tls-cert and --tls-key, or set "
            "HOLDSPACE_SECURE=yes when a proxy in front speaks TLS"
        )
    from granian import Granian
    from granian.constants import Interfaces

    connections.close_all()  # the worker is forked; a connection must never have two owners
    logging.getLogger("holdspace").info("serving %s:%s", host, port)
    Granian(
        "holdspace.config.wsgi:application",
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
        process_name="holdspace",
    ).serve()
