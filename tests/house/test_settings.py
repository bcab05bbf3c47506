"""Settings are read loudly: a wrong value stops the program and says what would be right."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from holdspace.config import env, serving


@pytest.mark.parametrize("word", ["maybe", "2", "y e s"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused(word: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="HOLDSPACE_DEBUG .* yes or no"):
        env.flag("HOLDSPACE_DEBUG", False, {"HOLDSPACE_DEBUG": word})


def test_a_flag_is_read_whatever_its_case_and_has_a_default() -> None:
    assert env.flag("X", False, {"X": " Yes "})
    assert not env.flag("X", True, {"X": "OFF"})
    assert env.flag("X", True, {})


@pytest.mark.parametrize("text", ["59", "3601", "-60", "10.5", "ten", "٦٠"])
def test_a_number_outside_its_range_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole number 60 to 3600"):
        env.whole_number("IDLE", 600, least=60, most=3600, env={"IDLE": text})


def test_a_number_at_either_end_of_its_range_is_taken() -> None:
    for text in ("60", "3600"):
        value = env.whole_number("IDLE", 600, least=60, most=3600, env={"IDLE": text})
        assert value == int(text)


@pytest.mark.parametrize("url", ["mysql://x/y", "holdspace.db", "sqlite://", "postgresql://host"])
def test_a_database_that_is_not_one_of_the_two_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite:///FILE or postgresql://"):
        env.database(tmp_path, {"HOLDSPACE_DATABASE_URL": url})


def test_sqlite_is_the_default_and_keeps_every_acknowledged_act(tmp_path: Path) -> None:
    database = env.database(tmp_path, {})
    assert database["NAME"] == str(tmp_path / "holdspace.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    for pragma in ("synchronous = FULL", "journal_mode = WAL", "recursive_triggers = ON"):
        assert pragma in database["OPTIONS"]["init_command"]


def test_a_sqlite_address_may_be_absolute(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a%20b.db"
    assert env.database(tmp_path, {"HOLDSPACE_DATABASE_URL": url})["NAME"] == f"{tmp_path}/a b.db"


def test_a_postgres_address_keeps_odd_characters_of_its_password(tmp_path: Path) -> None:
    url = "postgresql://ana:p%40ss%2F@db.example:5433/clinic?sslmode=require"
    database = env.database(tmp_path, {"HOLDSPACE_DATABASE_URL": url})
    assert (database["USER"], database["PASSWORD"]) == ("ana", "p@ss/")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_postgres_address_may_name_a_socket_folder(tmp_path: Path) -> None:
    url = "postgresql://ana@/clinic?host=/run/postgresql"
    assert env.database(tmp_path, {"HOLDSPACE_DATABASE_URL": url})["HOST"] == "/run/postgresql"


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = env.secret_key(tmp_path)
    assert env.secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_cut_off_secret_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("short")
    with pytest.raises(ImproperlyConfigured, match="fewer than 50 characters"):
        env.secret_key(tmp_path)
    assert (tmp_path / "secret.key").read_text() == "short"


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ImproperlyConfigured, match="a file; name a folder"):
        env.data_folder({"HOLDSPACE_DATA": str(file)})


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = env.data_folder({"HOLDSPACE_DATA": str(tmp_path / "new")})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_only_this_machine_counts_as_loopback(host: str, here: bool) -> None:
    assert serving.is_loopback(host) is here


@pytest.mark.django_db
def test_the_tests_run_on_the_walls_of_a_real_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("these are SQLite's own switches")
    with connection.cursor() as cursor:
        for pragma, value in (("foreign_keys", 1), ("recursive_triggers", 1)):
            assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (value,)
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
