"""Work that was asked for is done once, whichever process dies in between."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from holdspace.config import doctor, jobs, serving
from holdspace.people import clock

RUN = [sys.executable, "-m", "holdspace.config"]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

# A process of its own: it writes a message, and is gone before anything could send it.
ASKS = """
import os, django
django.setup()
from django.utils import timezone
from holdspace.care import actions as care
from holdspace.people import actions as people
from tests.rooms.people.cast import clinic_at, person
now = timezone.now()
cast = clinic_at(now)
same = cast.clinic.quiet_from
people.change_clinic(by=cast.administrator, now=now, quiet_until=same)
cast.clinic.refresh_from_db()
robin = person(cast, now=now, email="robin@mail.example", safe_contact="email")
care.post(clinic=cast.clinic, to=robin, template="please_call", now=now)
os._exit(9)
"""


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, str]:
    """The environment of a new demo folder: its mail is files."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "DEMO").write_text("a test\n")
    environment = {
        **os.environ,
        "HOLDSPACE_DATA": str(data),
        "HOLDSPACE_URL": "https://juniper.example",
        "DJANGO_SETTINGS_MODULE": "holdspace.config.settings",
        "PYTHONPATH": os.pathsep.join(["src", "."]),
    }
    environment.pop("HOLDSPACE_DATABASE_URL", None)
    subprocess.run([*RUN, "migrate", "-v0"], env=environment, check=True, timeout=120)
    return environment


def letters(environment: dict[str, str]) -> list[str]:
    files = Path(environment["HOLDSPACE_DATA"]).glob("mail/*")
    return [part for file in files for part in file.read_text().split("-" * 79) if part.strip()]


def test_what_a_dead_process_asked_for_is_sent_once_by_others(folder, repository):
    asked = subprocess.run(
        [sys.executable, "-c", ASKS], check=False, env=folder, cwd=repository, timeout=120
    )
    assert asked.returncode == 9 and letters(folder) == []
    workers = [subprocess.Popen([*RUN, "worker", "--once"], env=folder) for _ in range(2)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    subprocess.run([*RUN, "worker", "--once"], env=folder, check=True, timeout=120)
    (letter,) = letters(folder)
    assert "robin@mail.example" in letter


def test_a_worker_stops_when_it_is_asked_to(folder):
    worker = subprocess.Popen([*RUN, "worker"], env=folder, stderr=subprocess.DEVNULL)
    looked = [*RUN, "messages", "list"]
    subprocess.run(looked, env=folder, check=True, timeout=60)  # by now it has begun, or will stop
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.django_db
def test_a_worker_refuses_a_database_that_is_not_ready(monkeypatch):
    monkeypatch.setattr("holdspace.config.health.problem", lambda: "migrations are waiting")
    with pytest.raises(CommandError, match="migrations are waiting"):
        call_command("worker", "--once")


def test_the_companion_is_started_again_when_it_dies_and_stopped_in_the_end(monkeypatch):
    monkeypatch.setattr(serving, "WORKER_REST_SECONDS", 0)
    with socket.create_server(("127.0.0.1", 0)) as heard:
        heard.settimeout(60)
        call = f"import socket; socket.create_connection(('127.0.0.1', {heard.getsockname()[1]}))"
        companion = serving.Companion(("-c", call))
        companion.start()
        for _ in range(2):  # it says that it is there, ends, and is started again
            heard.accept()[0].close()
        companion.stop()
    assert companion._child is not None and companion._child.poll() is not None


# ---------------------------------------------------------------- looking round


def ready(task) -> int:
    rows = DBTaskResult.objects.filter(task_path=task.module_path)
    return rows.filter(status=TaskResultStatus.READY).count()


@pytest.mark.django_db
def test_every_look_queues_the_next_one_and_never_two():
    jobs.begin(clock.machine())
    jobs.begin(clock.machine())
    assert [ready(look) for look in jobs.LOOKS] == [1, 1]
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)
    jobs.look_round.call()
    jobs.look_round.call()
    assert ready(jobs.look_round) == 1
    (row,) = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    assert row.run_after > clock.machine() + timedelta(seconds=50)


@pytest.mark.django_db
def test_a_look_whose_part_fails_has_queued_the_next_and_done_the_rest(monkeypatch):
    done = []
    monkeypatch.setattr(jobs.care, "escalate_due", lambda now: 1 / 0)
    monkeypatch.setattr(jobs.care, "put_due", lambda now: done.append(now))
    jobs.look_round.call()
    assert len(done) == 1 and ready(jobs.look_round) == 1


@pytest.mark.django_db
def test_the_doctor_sees_that_no_worker_runs(settings):
    settings.HOLDSPACE_URL = "https://juniper.example"
    assert doctor.worker(NOW).state == "note"
    jobs.begin(clock.machine())
    assert doctor.worker(NOW).state == "ok"
    DBTaskResult.objects.update(run_after=clock.machine() - timedelta(minutes=11))
    assert doctor.worker(NOW).state == "problem"
    assert doctor.messages(NOW).state == "ok"
    settings.HOLDSPACE_URL = ""
    assert doctor.messages(NOW).state == "note"
