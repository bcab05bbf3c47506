"""What the environment says is read once, and a value that makes no sense stops the program."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"1", "yes", "true", "on"})
NO = frozenset({"0", "no", "false", "off"})
BUSY_TIMEOUT_MS = 20_000

# busy_timeout comes first: switching to WAL may itself have to wait for another process.
# synchronous=FULL: an act that was acknowledged survives a power cut.
# recursive_triggers: without it REPLACE INTO deletes a row without firing its delete trigger.
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA recursive_triggers = ON;"
)


def flag(name: str, default: bool, env: Mapping[str, str] = os.environ) -> bool:
    """A yes or a no; raises ImproperlyConfigured for anything else."""
    raw = env.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in YES or raw in NO:
        return raw in YES
    raise ImproperlyConfigured(f"{name} is {raw!r}; write yes or no")


def whole_number(
    name: str, default: int, *, least: int, most: int, env: Mapping[str, str] = os.environ
) -> int:
    """A whole number from `least` to `most`, both included."""
    raw = env.get(name, "").strip()
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a whole number {least} to {most}")
    return int(raw)


def words(name: str, default: list[str], env: Mapping[str, str] = os.environ) -> list[str]:
    """A list of words separated by commas."""
    found = [word.strip() for word in env.get(name, "").split(",") if word.strip()]
    return found or default


def data_folder(env: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds the database, the files and the key; made for its owner alone."""
    folder = Path(env.get("HOLDSPACE_DATA", "").strip() or "var").expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise ImproperlyConfigured(f"HOLDSPACE_DATA is {folder}, a file; name a folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(
            f"HOLDSPACE_DATA is {folder}, which cannot be made: {problem.strerror}; "
            "name a folder that this account may write"
        ) from problem
    return folder


def secret_key(folder: Path) -> str:
    """The key in `folder`/secret.key, made on first use, readable by its owner alone."""
    path = folder / "secret.key"
    if not path.exists():
        draft = folder / f".secret.key.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)  # two first starts at once agree on one key, never on half of one
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = path.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} has fewer than 50 characters; restore or remove it")
    return key


def database(folder: Path, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Django's settings for the database that HOLDSPACE_DATABASE_URL names."""
    url = env.get("HOLDSPACE_DATABASE_URL", "").strip()
    if not url:
        return _sqlite(folder / "holdspace.sqlite3", folder)
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        # sqlite:///relative.db and sqlite:////absolute.db, as the rest of the world writes it
        return _sqlite(Path(unquote(parts.path[1:])).resolve(), folder)
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return _postgres(url)
    raise ImproperlyConfigured(
        f"HOLDSPACE_DATABASE_URL starts with {parts.scheme or 'nothing'!r}; write "
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"
    )


def _sqlite(path: Path, folder: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # DEFERRED fails with "database is locked" when two readers both go on to write
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_TIMEOUT_MS // 1000,
            "init_command": SQLITE_PRAGMAS,
        },
        # A file and not memory: threads in a test must meet in one database, as in a clinic.
        "TEST": {"NAME": str(folder / "test.sqlite3")},
    }


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("HOLDSPACE_DATABASE_URL: the port is not a number") from None
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # ?host=/run/postgresql names a socket folder, which the host part of a URL cannot
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(port or options.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def file_path(name: str, default: Path, env: Mapping[str, str] = os.environ) -> Path:
    """The file that a variable names, whether it is there yet or not."""
    named = env.get(name, "").strip()
    return Path(named).expanduser().resolve() if named else default


def secret_file(name: str, env: Mapping[str, str] = os.environ) -> str:
    """The text of the file that the variable names; a secret itself never sits in a variable."""
    path = env.get(name, "").strip()
    if not path:
        return ""
    try:
        return Path(path).read_text().strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"{name} names {path}: {problem.strerror}") from problem


def public_address(env: Mapping[str, str] = os.environ) -> str:
    """HOLDSPACE_URL without a slash at its end; empty when none is given."""
    url = env.get("HOLDSPACE_URL", "").strip().rstrip("/")
    parts = urlsplit(url)
    if url and not (parts.scheme in {"http", "https"} and parts.hostname and not parts.path):
        raise ImproperlyConfigured(f"HOLDSPACE_URL is {url!r}; write https://NAME or with a port")
    return url


def mail_backend(host: str, *, is_demo: bool) -> str:
    """Django's mail backend: files in a demo, SMTP with a server, otherwise none."""
    kind = "filebased" if is_demo else "smtp" if host else "dummy"
    return f"django.core.mail.backends.{kind}.EmailBackend"
