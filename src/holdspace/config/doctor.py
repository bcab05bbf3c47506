"""Everything about the machine that could hurt the record is looked at and named in plain words."""

import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from holdspace.care import mail
from holdspace.care.models import Message, PrivateNote
from holdspace.config.health import unapplied_migrations
from holdspace.people import clock as clocks
from holdspace.records.models import StreamHead

State = Literal["ok", "note", "problem"]

DISK_FREE_MIB_LEAST = 500
WORKER_LATE = timedelta(minutes=10)
LATELY = timedelta(days=7)
CLOCK_SKEW_MAX = timedelta(seconds=5)
# Built before this was written, so a clock that is earlier has lost its battery.
CLOCK_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table: what was looked at, how it stands, and what to do about it."""

    name: str
    state: State
    words: str


def examine(now: datetime) -> list[Result]:
    """Every check in the order in which one would mend them; `now` is this machine's clock."""
    checks: list[Callable[[datetime], Result]] = [
        database, migrations, clock, last_record, disk, key_file, notes_key, data_folder, debug,
        encryption, messages, worker,
    ]  # fmt: skip
    return [_guarded(check, now) for check in checks]


def _guarded(check: Callable[[datetime], Result], now: datetime) -> Result:
    try:
        return check(now)
    except (DatabaseError, OSError) as problem:
        words = f"could not be looked at: {type(problem).__name__}"
        return Result(check.__name__.replace("_", " "), "problem", words)


def database(now: datetime) -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        if connection.vendor != "sqlite":
            return Result("database", "ok", f"{connection.vendor} answers")
        cursor.execute("PRAGMA quick_check(1)")
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        return Result("database", "problem", f"sqlite is damaged: {verdict}; restore a backup")
    return Result("database", "ok", "sqlite answers and its pages are whole")


def migrations(now: datetime) -> Result:
    waiting = unapplied_migrations()
    if waiting:
        words = f"{len(waiting)} waiting, first {waiting[0]}: run holdspace migrate"
        return Result("migrations", "problem", words)
    return Result("migrations", "ok", "all applied")


def clock(now: datetime) -> Result:
    if now < CLOCK_EARLIEST:
        return Result("clock", "problem", f"says {now:%Y-%m-%d}: set this machine's clock")
    if connection.vendor != "postgresql":
        return Result("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC; the database shares it")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        skew = abs(cursor.fetchone()[0] - now)
    if skew > CLOCK_SKEW_MAX:
        words = f"differs from the database's by {skew.total_seconds():.0f} s; synchronise both"
        return Result("clock", "problem", words)
    return Result("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC; the database agrees")


def last_record(now: datetime) -> Result:
    """No record may be later than now: that would mean that the clock has gone back."""
    latest = _latest()
    if latest is None:
        return Result("last record", "ok", "nothing recorded yet")
    if latest > now + CLOCK_SKEW_MAX:
        words = f"is of {latest:%Y-%m-%d %H:%M} UTC, after now: the clock has gone back"
        return Result("last record", "problem", words)
    return Result("last record", "ok", f"{latest:%Y-%m-%d %H:%M} UTC")


def _latest() -> datetime | None:
    """When the record was last written: one head per stream, and not its thousands of entries."""
    latest: datetime | None = StreamHead.objects.aggregate(latest=Max("at"))["latest"]
    return latest


def disk(now: datetime) -> Result:
    free_mib = shutil.disk_usage(settings.HOLDSPACE_DATA).free // 2**20
    if free_mib < DISK_FREE_MIB_LEAST:
        words = f"{free_mib} MiB free; make room, at least {DISK_FREE_MIB_LEAST} MiB"
        return Result("disk", "problem", words)
    return Result("disk", "ok", f"{free_mib} MiB free")


def key_file(now: datetime) -> Result:
    mode = stat.S_IMODE((settings.HOLDSPACE_DATA / "secret.key").stat().st_mode)
    if mode & 0o077:
        return Result("key file", "problem", f"mode is {mode:o}: run chmod 600 on secret.key")
    return Result("key file", "ok", "readable by its owner alone")


def notes_key(now: datetime) -> Result:
    """Without this file nobody reads a private note again, and no backup holds it."""
    path = settings.HOLDSPACE_NOTES_KEY
    if not path.exists():
        if PrivateNote.objects.exists():
            return Result("notes key", "problem", f"{path} is missing: put the kept copy back")
        return Result("notes key", "ok", "no private note is written yet")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Result("notes key", "problem", f"mode is {mode:o}: run chmod 600 on {path.name}")
    words = "is in no backup: keep a copy of it elsewhere (docs/private-notes.md)"
    return Result("notes key", "note", words)


def data_folder(now: datetime) -> Result:
    mode = stat.S_IMODE(settings.HOLDSPACE_DATA.stat().st_mode)
    if mode & 0o007:
        return Result("data folder", "problem", f"mode is {mode:o}, open to all: chmod 700 it")
    return Result("data folder", "ok", "a demo" if settings.HOLDSPACE_DEMO else "closed to others")


def debug(now: datetime) -> Result:
    if settings.DEBUG:
        return Result("debug", "problem", "is on and would show the record to anyone: unset it")
    return Result("debug", "ok", "off")


def encryption(now: datetime) -> Result:
    if settings.HOLDSPACE_SECURE:
        return Result("encryption", "ok", "cookies travel by TLS alone")
    return Result("encryption", "note", "no TLS: this machine only, and no charting offline")


def messages(now: datetime) -> Result:
    """Whether mail can leave, and whether any was given up lately."""
    waiting = Message.objects.filter(state__in=[Message.State.QUEUED, Message.State.FAILED])
    due = waiting.filter(next_at__lte=now).count()
    if trouble := mail.trouble():
        return Result("messages", "note", f"{trouble}: {due} wait; see docs/deploy.md")
    late = waiting.filter(next_at__lte=now - WORKER_LATE).count()
    if late:
        return Result("messages", "problem", f"{late} are late: is the worker running?")
    lost = Message.objects.filter(state=Message.State.GIVEN_UP, not_after__gte=now - LATELY).count()
    if lost:
        words = f"{lost} were given up lately: holdspace messages list --state given_up"
        return Result("messages", "note", words)
    return Result("messages", "ok", "mail can leave, none is late")


def worker(now: datetime) -> Result:
    """A look that should have been taken and was not means that no worker runs."""
    machine = clocks.machine()  # the queue goes by it, also where a demo's time was moved
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    oldest = ready.filter(run_after__lte=machine - WORKER_LATE).order_by("run_after").first()
    if oldest is not None:
        words = f"work waits since {oldest.run_after:%Y-%m-%d %H:%M} UTC: run holdspace worker"
        return Result("worker", "problem", words)
    if not DBTaskResult.objects.exists():
        return Result("worker", "note", "has not run yet: holdspace serve starts one")
    return Result("worker", "ok", "keeps up")
