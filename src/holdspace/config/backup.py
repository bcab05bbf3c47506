"""A backup is the whole database and every file in one archive, and counts once it was restored.

The archive is a tar of `database.sqlite3` or `database.pgdump`, `files/…`, `secret.key` (without
which kept second factors cannot be read) and `manifest.json`: when, by which program, the digest
of each member, and the heads of the record. Restoring checks every digest before it touches
anything, reads the whole record again and holds it to the manifest's heads; if anything does not
fit, what was there before is back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from holdspace import __version__
from holdspace.records import heads
from holdspace.records.verify import Report, verify

FORMAT = 1
LOG = "backups.jsonl"
Say = Callable[[str], None]


class BackupError(Exception):
    """A backup that cannot be made or restored; the message says why and what would help."""


def create(target: Path, *, now: datetime, say: Say) -> dict[str, Any]:
    """Write one archive to `target` (which must not exist), readable by its owner alone."""
    if target.exists():
        raise BackupError(f"{target} is already there. Accepted: a file name that is not in use.")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent} is not a folder. Accepted: an existing folder.")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work:
        folder = Path(work)
        say("copying the database")
        # Heads first: the copy may then hold more than them, and never less.
        record = heads.export(now)
        members = {_dump_name(): _dump(folder / _dump_name())}
        key = settings.HOLDSPACE_DATA / "secret.key"
        for path in [key, *sorted(Path(settings.MEDIA_ROOT).rglob("*"))]:
            if path.is_file():
                members[str(path.relative_to(settings.HOLDSPACE_DATA))] = path
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "program": __version__,
            "vendor": connection.vendor,
            "demo": settings.HOLDSPACE_DEMO,
            "record": record,
            "members": {name: _digest(path) for name, path in members.items()},
        }
        say(f"writing {len(members)} files")
        draft = folder / "archive"
        _write_archive(draft, members, manifest)
        os.replace(draft, target)
    _log("made", target, now, manifest)
    return manifest


def restore(source: Path, *, now: datetime, replace: bool, say: Say) -> Report:
    """Put an archive in place of an empty installation, or (`replace`) of the one that is there.

    Raises BackupError, with everything as it was before, when the archive is damaged, of another
    kind of database, or its record does not verify.
    """
    with tempfile.TemporaryDirectory(dir=settings.HOLDSPACE_DATA, prefix=".restore-") as work:
        folder = Path(work)
        say("reading the archive")
        manifest = _unpack(source, folder)
        if manifest["vendor"] != connection.vendor:
            raise BackupError(
                f"This backup is of {manifest['vendor']}, this installation runs "
                f"{connection.vendor}. Accepted: the same kind of database."
            )
        if manifest["demo"] != settings.HOLDSPACE_DEMO:
            raise BackupError("A demo and a real clinic are never restored into one another.")
        say("restoring and reading the whole record")
        put_back = _sqlite_in if connection.vendor == "sqlite" else _postgres_in
        with put_back(folder / _dump_name(), replace):
            call_command("migrate", verbosity=0, interactive=False)
            report = verify(heads=manifest["record"]["heads"])
            if not report.ok:
                what = report.broken.what if report.broken else "a table has lost its guard"
                raise BackupError(
                    f"The restored record does not hold: {what}. Nothing was changed."
                )
            _put_files(folder)
    _log("restored", source, now, manifest)
    return report


def last(word: str) -> dict[str, Any] | None:
    """The newest line of the log of backups "made" or "restored"; None when there is none."""
    path = settings.HOLDSPACE_DATA / LOG
    if not path.exists():
        return None
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return next((line for line in reversed(list(lines)) if line["what"] == word), None)


def _dump_name() -> str:
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.pgdump"


def _dump(path: Path) -> Path:
    """A consistent copy of the running database; writers go on meanwhile."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with sqlite3.connect(path) as copy:
            connection.connection.backup(copy)
        copy.close()
        return path
    _postgres_tool("pg_dump", "--format=custom", "--file", str(path), "--dbname", _database_name())
    return path


def _write_archive(path: Path, members: dict[str, Path], manifest: dict[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
        text = path.with_name("manifest.json")
        text.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        archive.add(text, "manifest.json")
        for name, member in members.items():
            archive.add(member, name)
        raw.flush()
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack with tar's own safety filter and hold every member to its digest."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        members = manifest["members"]
    except (OSError, tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise BackupError(f"{source} is not a whole backup: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{source} has format {manifest.get('format')}. Accepted: {FORMAT}.")
    for name, digest in members.items():
        member = folder / name
        if not member.is_file() or _digest(member) != digest:
            raise BackupError(f"{source}: {name} is damaged. Accepted: an undamaged copy.")
    return dict(manifest)


@contextmanager
def _sqlite_in(dump: Path, replace: bool) -> Iterator[None]:
    """The restored file in place while it is checked; the old one is back if that fails."""
    place = Path(connection.settings_dict["NAME"])
    if place.exists() and place.stat().st_size and not replace:
        raise BackupError(
            f"{place} already holds a database. Accepted: an empty data folder, or --replace."
        )
    connection.close()
    kept = place.with_name(f"{place.name}.before-restore")
    sides = [f"{place}-wal", f"{place}-shm"]
    if place.exists():
        with sqlite3.connect(place) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old.close()
        os.replace(place, kept)
    for side in sides:
        Path(side).unlink(missing_ok=True)
    shutil.copyfile(dump, place)
    place.chmod(0o600)
    try:
        yield
    except BaseException:
        connection.close()
        for side in [str(place), *sides]:
            Path(side).unlink(missing_ok=True)
        if kept.exists():
            os.replace(kept, place)
        raise
    connection.close()


@contextmanager
def _postgres_in(dump: Path, replace: bool) -> Iterator[None]:
    """Restore into an empty PostgreSQL database, in one transaction."""
    if connection.introspection.table_names():
        raise BackupError(
            f"The database {_database_name()} is not empty. Accepted: a newly made, empty "
            "database named by HOLDSPACE_DATABASE_URL (a full one is never overwritten)."
        )
    connection.close()
    _postgres_tool(
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
        "--dbname", _database_name(), str(dump),
    )  # fmt: skip
    yield


def _postgres_tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools on the configured database."""
    program = shutil.which(name)
    if program is None:
        raise BackupError(f"{name} is not installed. Accepted: Debian's postgresql-client.")
    wanted = connection.settings_dict
    environment = {
        **os.environ,
        "PGHOST": str(wanted["HOST"]),
        "PGPORT": str(wanted["PORT"]),
        "PGUSER": str(wanted["USER"]),
        "PGPASSWORD": str(wanted["PASSWORD"]),
    }
    environment = {key: value for key, value in environment.items() if value}
    done = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-400:]}")


def _database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _put_files(folder: Path) -> None:
    """The files and the key beside the restored database."""
    data = Path(settings.HOLDSPACE_DATA)
    media = Path(settings.MEDIA_ROOT)
    if (folder / media.name).is_dir():
        shutil.copytree(folder / media.name, media, dirs_exist_ok=True)
    key = folder / "secret.key"
    if key.is_file():
        shutil.copyfile(key, data / "secret.key")
        (data / "secret.key").chmod(0o600)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _log(what: str, path: Path, now: datetime, manifest: dict[str, Any]) -> None:
    line = {
        "what": what,
        "at": now.astimezone(UTC).isoformat(),
        "file": path.name,
        "streams": len(manifest["record"]["heads"]),
    }
    with (settings.HOLDSPACE_DATA / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
