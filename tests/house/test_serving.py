"""The server says whether it is ready, and refuses what it must not serve."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from holdspace import __version__
from holdspace.config import doctor, health, serving


@pytest.mark.django_db
def test_healthz_answers_without_sign_in(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": __version__}


@pytest.mark.django_db
def test_healthz_is_unready_while_migrations_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health._seen, "migrated", False)
    monkeypatch.setattr(health, "unapplied_migrations", lambda: ["care.0002_x"])
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "holdspace migrate" in answer.json()["problem"]


def test_a_demo_folder_is_never_served_as_a_clinic(settings: Any) -> None:
    settings.HOLDSPACE_DEMO = True
    with pytest.raises(CommandError, match="stamped as a demo"):
        call_command("serve")


def test_half_a_key_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="go together"):
        call_command("serve", tls_cert=tmp_path / "cert.pem")


def test_an_outside_address_without_tls_is_refused() -> None:
    with pytest.raises(CommandError, match="reachable from outside"):
        serving.serve("0.0.0.0", 8000)


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_an_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(CommandError, match="1 to 65535"):
        call_command("serve", port=port)


def test_a_port_that_is_taken_is_refused_and_not_shared() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match="is taken"):
            serving.serve("127.0.0.1", other.getsockname()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A real server on a new folder, and its port; ended whatever the test made of it."""
    environment = {**os.environ, "HOLDSPACE_DATA": str(tmp_path / "data")}
    environment.pop("HOLDSPACE_DATABASE_URL", None)
    run = [sys.executable, "-m", "holdspace.config"]
    subprocess.run([*run, "migrate", "-v0"], env=environment, check=True, timeout=120)
    port = free_port()
    process = subprocess.Popen(
        [*run, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    )
    yield process, port
    if process.poll() is None:
        process.kill()
        process.wait()


def test_the_server_is_ready_and_stops_within_five_seconds_of_being_asked(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = server
    assert _healthz(port, process)["status"] == "ok"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) in (0, -signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a worker to its parent")
def test_a_killed_server_leaves_no_worker_behind_on_its_port(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = server
    _healthz(port, process)
    process.kill()
    process.wait(timeout=5)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        threading.Event().wait(0.05)
    raise AssertionError("something still answers on the port")


def _healthz(port: int, server: subprocess.Popen[bytes]) -> dict[str, str]:
    """Ask until the socket opens; each refused try costs a process switch, not a fixed wait."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        assert server.poll() is None, "the server ended by itself"
        try:
            with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                body: dict[str, str] = json.load(answer)
                return body
        except OSError:
            try:
                server.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the server never answered")


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_the_doctor_looks_at_everything_it_names() -> None:
    names = {result.name for result in doctor.examine(NOW)}
    assert names >= {"database", "migrations", "clock", "last record", "disk", "key file", "debug"}


@pytest.mark.django_db
def test_the_doctor_finds_a_clock_that_lost_its_battery() -> None:
    assert doctor.clock(datetime(1970, 1, 1, tzinfo=UTC)).state == "problem"


@pytest.mark.django_db
def test_the_doctor_finds_a_record_from_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_latest", lambda: NOW + timedelta(hours=1))
    assert "clock has gone back" in doctor.last_record(NOW).words
    assert doctor.last_record(NOW + timedelta(hours=1)).state == "ok"


def test_the_doctor_finds_a_key_that_others_can_read(settings: Any, tmp_path: Path) -> None:
    settings.HOLDSPACE_DATA = tmp_path
    key = tmp_path / "secret.key"
    key.write_text("x" * 64)
    key.chmod(0o640)
    assert doctor.key_file(NOW).state == "problem"
    key.chmod(0o600)
    assert doctor.key_file(NOW).state == "ok"


def test_the_doctor_finds_debug_left_on(settings: Any) -> None:
    settings.DEBUG = True
    assert doctor.debug(NOW).state == "problem"


@pytest.mark.django_db
def test_the_doctor_exits_one_when_something_is_wrong(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG = True
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["ok"] is False
