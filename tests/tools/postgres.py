"""A PostgreSQL cluster that lives as long as one command and leaves nothing behind.

    python -m tests.tools.postgres COMMAND...   runs COMMAND with HOLDSPACE_DATABASE_URL set

It listens on a socket in its own temporary folder only, so it can meet no other server.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"]


class Missing(Exception):
    """PostgreSQL's programs are not on this machine."""


def programs() -> Path:
    """The folder with initdb and pg_ctl; the newest of Debian's versions, else what PATH has."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Missing("PostgreSQL is not installed (Debian package: postgresql-15)")


def _as_owner() -> list[str]:
    """The server refuses to run as root; Debian's package made an account for it."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@contextmanager
def cluster(durable: bool = False) -> Iterator[str]:
    """Yields the URL of an empty database; `durable` keeps fsync on, as measuring wants."""
    programs_dir, prefix = programs(), _as_owner()
    folder = Path(tempfile.mkdtemp(prefix="hs-pg-"))  # short: a socket's path may have 107 bytes
    if prefix:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    settings = ["listen_addresses=''", f"unix_socket_directories='{folder}'"]
    settings += [] if durable else FAST
    options = " ".join(f"-c {setting}" for setting in settings)

    def run(program: str, *words: str) -> None:
        command = [*prefix, str(programs_dir / program), *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    try:
        run("initdb", "-D", str(data), "-U", "holdspace", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            run("createdb", "-h", str(folder), "-U", "holdspace", "holdspace")
            yield f"postgresql://holdspace@/holdspace?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run `command` on a cluster of its own; its exit code, or 2 when there is no PostgreSQL."""
    # Being asked to stop must still stop the cluster: let it end as an exception does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with cluster() as url:
            environment = {**os.environ, "HOLDSPACE_DATABASE_URL": url}
            return subprocess.run(command, env=environment, check=False).returncode
    except Missing as missing:
        print(f"{missing}; nothing was tested on it", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
