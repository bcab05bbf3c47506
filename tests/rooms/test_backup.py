"""A backup of a running clinic restores into an empty one, and its record reads whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

FOUND = """
import django; django.setup()
from django.utils import timezone
from holdspace.people.actions import found_clinic
found_clinic(name="Backup Clinic", timezone="America/Denver", site_name="Main",
    site_address="1 Elm", state="CO", director_name="Ada Backup",
    director_email="ada@backup.example", now=timezone.now())
"""


class Installation:
    """A data folder and a database of its own, driven by the real command."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.env = {
            **os.environ,
            "HOLDSPACE_DATA": str(folder),
            "HOLDSPACE_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "holdspace.config.settings",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "holdspace.config", *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)

    def python(self, code: str) -> None:
        subprocess.run([sys.executable, "-c", code], env=self.env, check=True)


@pytest.fixture
def installation(tmp_path: Path, django_db_blocker: object) -> Iterator[object]:
    """Makes installations on whichever database this run is about, and drops what it made."""
    made: list[str] = []

    def make(name: str) -> Installation:
        if connection.vendor == "sqlite":
            return Installation(tmp_path / name, "")
        database = f"backup_{uuid.uuid4().hex[:12]}"
        with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'CREATE DATABASE "{database}"')
        made.append(database)
        url = os.environ["HOLDSPACE_DATABASE_URL"]
        head, _, tail = url.partition("?")
        own = head.rsplit("/", 1)[0] + f"/{database}" + (f"?{tail}" if tail else "")
        return Installation(tmp_path / name, own)

    yield make
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        for database in made:
            cursor.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture
def clinic(installation) -> Installation:
    """A founded clinic with one file."""
    made = installation("clinic")
    made.run("migrate", "-v0")
    made.python(FOUND)
    (made.folder / "files").mkdir(exist_ok=True)
    (made.folder / "files" / "ecg.pdf").write_bytes(b"not a real ECG")
    return made


def test_a_backup_restores_into_an_empty_installation_and_verifies(clinic, installation, tmp_path):
    archive = tmp_path / "clinic.tar.gz"
    made = clinic.run("backup", "create", str(archive), "--json")
    assert made.returncode == 0, made.stderr
    assert archive.stat().st_mode & 0o077 == 0, "an archive is its owner's alone"

    other = installation("other")
    put = other.run("backup", "restore", str(archive), "--json")
    assert put.returncode == 0, put.stderr
    report = json.loads(put.stdout.splitlines()[-1])
    assert report["ok"] and report["entries"] > 0
    assert (other.folder / "files" / "ecg.pdf").read_bytes() == b"not a real ECG"
    verified = other.run("verify", "--json")
    assert json.loads(verified.stdout.splitlines()[-1])["entries"] == report["entries"]


def test_a_damaged_archive_is_refused_by_the_name_of_the_damaged_part(
    clinic, installation, tmp_path
):
    archive, damaged = tmp_path / "clinic.tar.gz", tmp_path / "damaged.tar.gz"
    clinic.run("backup", "create", str(archive))
    with tarfile.open(archive) as whole:
        whole.extractall(tmp_path / "parts", filter="data")
    (tmp_path / "parts" / "files" / "ecg.pdf").write_bytes(b"another ECG")
    with tarfile.open(damaged, "w:gz") as again:
        for part in (tmp_path / "parts").iterdir():
            again.add(part, part.name)
    other = installation("other")
    put = other.run("backup", "restore", str(damaged))
    assert put.returncode == 1
    assert "files/ecg.pdf is damaged" in put.stderr


def test_a_database_that_holds_a_clinic_is_not_overwritten(clinic, tmp_path):
    archive = tmp_path / "clinic.tar.gz"
    clinic.run("backup", "create", str(archive))
    put = clinic.run("backup", "restore", str(archive))
    assert put.returncode == 1
    assert "Accepted:" in put.stderr


def test_a_cut_off_archive_is_refused_and_an_existing_file_is_kept(clinic, installation, tmp_path):
    archive = tmp_path / "clinic.tar.gz"
    clinic.run("backup", "create", str(archive))
    again = clinic.run("backup", "create", str(archive))
    assert again.returncode == 1 and "already there" in again.stderr
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    put = installation("other").run("backup", "restore", str(cut))
    assert put.returncode == 1 and "not a whole backup" in put.stderr
