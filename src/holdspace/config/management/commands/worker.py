"""`holdspace worker` sends messages and looks after what falls due, until it is stopped."""

import ctypes
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from holdspace.config import health, jobs

POLL_SECONDS = 1
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Command(BaseCommand):
    help = "Send messages and look after what falls due, until it is stopped."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")
        parser.add_argument(
            "--with-server", action="store_true", help="stop when the process that started it ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["with_server"] and sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if trouble := health.problem():
            raise CommandError(trouble)
        jobs.begin(timezone.now())
        worker = Worker(
            queue_names=["*"],
            interval=POLL_SECONDS,
            batch=options["once"],
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        worker.run()
