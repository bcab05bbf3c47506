"""Tests run on the database that HOLDSPACE_DATABASE_URL names, in a data folder of their own."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# Before Django reads its settings: no test may meet the folder of a demo or of a real clinic.
_folder = tempfile.TemporaryDirectory(prefix="hs-test-")
os.environ["HOLDSPACE_DATA"] = _folder.name
os.environ["DJANGO_SETTINGS_MODULE"] = "holdspace.config.settings"
assert django_settings.DATABASES  # read now, so that pytest-django finds Django configured

_patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("here", **_patient)
# The same examples every time, so that a red run can be repeated and a green one trusted.
hypothesis_settings.register_profile("ci", derandomize=True, database=None, **_patient)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The tests' SQLite need not survive a power cut; everything else is as in a clinic."""
    database = django_settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        pragmas = database["OPTIONS"]["init_command"]
        database["OPTIONS"]["init_command"] = pragmas.replace("FULL", "OFF")


@pytest.fixture(autouse=True)
def _quick_passwords(settings: pytest.FixtureRequest) -> None:
    """argon2 is slow on purpose; a test that is about argon2 asks for it by name."""
    settings.PASSWORD_HASHERS = [  # type: ignore[attr-defined]
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    ]


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy of the tests' database whose commits are real, for threads that must meet in it.

    The copy is dropped afterwards: append-only tables refuse to be emptied.
    """
    from django.db import connection

    name = uuid.uuid4().hex
    settings, made = connection.settings_dict, connection.creation
    with django_db_blocker.unblock():
        connection.close()  # nobody may be in a database that is being copied
        made.clone_test_db(name, verbosity=0)
        original, settings["NAME"] = settings["NAME"], made.get_test_db_clone_settings(name)["NAME"]
        try:
            yield
        finally:
            connection.close()
            settings["NAME"] = original
            made.destroy_test_db(suffix=name, verbosity=0)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent
