"""`make bench`: what the program does per second beside bare Django, on both databases.

Everything stands in a scratch folder and on loopback, lasts a few minutes and cleans up. Nothing
is asserted about time. What is asserted is that the answers were real: each acknowledged save is
counted in its table, each read in the access log, and the record verifies at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.tools import postgres  # noqa: E402

from bench import load  # noqa: E402
from bench.serve import WORKERS  # noqa: E402

START_SECONDS_MAX = 60
STARTS = 3


class Bench:
    """One database's run: its scratch folder, its environment, and what was measured on it."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name, self.folder, self.url = name, folder, url
        self.environment = {
            **os.environ,
            "HOLDSPACE_DATA": str(folder / "data"),
            "HOLDSPACE_DATABASE_URL": url,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        for name_ in ("HOLDSPACE_DEBUG", "HOLDSPACE_SECURE"):
            self.environment.pop(name_, None)

    def python(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=self.environment, check=True, timeout=600
        )

    def ends_well(self, *words: str) -> bool:
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environment, check=False).returncode == 0

    def rows(self, table: str) -> int:
        """Rows of a table as another connection sees them: what was committed."""
        sql = f"SELECT count(*) FROM {table}"
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                return int(connection.execute(sql).fetchone()[0])
        import psycopg

        with psycopg.connect(self.url) as connection:
            return int(connection.execute(sql).fetchone()[0])  # type: ignore[index]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(bench: Bench, module: str, *words: str, port: int, path: str) -> Iterator[int]:
    """A server process that answers on `path`; yields its pid and stops it again."""
    with (bench.folder / f"{module}.log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", module, *words], cwd=ROOT, env=bench.environment,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}{path}", server)
        yield server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + START_SECONDS_MAX
    while time.perf_counter() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended by itself with {server.returncode}: see its log")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            threading.Event().wait(0.01)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS_MAX} s")


# ------------------------------------------------------------------------------ operations


def measure_operations(bench: Bench, scene: dict[str, Any], options: Any) -> dict[str, Any]:
    """Each operation and both bare views in turn, in adjacent seconds, `rounds` times."""
    ours, bare = free_port(), free_port()
    headers = {
        "Cookie": f"sessionid={scene['cookie']}; csrftoken={scene['csrf']}",
        "X-CSRFToken": scene["csrf"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    view = load.Ask(bare, ("/view",), {})
    write = load.Ask(bare, ("/write",), {})
    found: dict[str, Any] = {}
    with (
        serving(
            bench, "bench.serve", "holdspace", str(ours), port=ours, path="/healthz"
        ) as our_server,
        serving(
            bench, "bench.serve", "baseline", str(bare), port=bare, path="/view"
        ) as bare_server,
    ):
        servers = {"view": bare_server, "write": bare_server, "ours": our_server}
        for name, operation in scene["operations"].items():
            body = load.form(operation.get("body"))
            ask = load.Ask(ours, tuple(operation["paths"]), headers, body)
            for one in (view, write, ask):
                load.run(one, 1, bench.folder)  # warm: connections, templates, protocol
            rounds = [
                one_round(bench, operation, (view, write, ask), servers, options.seconds)
                for _ in range(options.rounds)
            ]
            found[name] = summed(rounds) | scene["counted"][name]
            tell(bench.name, name, found[name])
    return found


GROUPED_SECONDS = 1.5


def one_round(
    bench: Bench,
    operation: dict[str, Any],
    asks: tuple[load.Ask, ...],
    servers: dict[str, int],
    seconds: int,
) -> dict[str, tuple[load.Round, float]]:
    """Three loads one after the other, each with the server's processor time of one answer in ms.

    Ours must have left its rows for every answer.
    """
    fills = {
        "view": None,
        "write": ("bench_row", 1),
        "ours": (operation["fills"], operation["rows"]),
    }
    found = {}
    for ask, (name, filled) in zip(asks, fills.items(), strict=True):
        rows_before = bench.rows(filled[0]) if filled else 0
        used = processor_s(servers[name])
        done = load.run(ask, seconds, bench.folder)
        used = processor_s(servers[name]) - used
        if filled:
            threading.Event().wait(GROUPED_SECONDS)  # the access log is written in groups
        made = bench.rows(filled[0]) - rows_before if filled else 0
        if done.bad or (filled and made < done.answers * filled[1]):
            raise RuntimeError(
                f"{ask.paths[0]}: {done.answers} answers, {done.bad} of them bad, {made} rows: "
                "this was not the operation, so nothing is reported"
            )
        found[name] = (done, used / max(done.answers, 1) * 1000)
    return found


def processor_s(pid: int) -> float:
    """Processor seconds that a server and its workers have used (Linux; 0 elsewhere)."""
    ticks = 0
    for one in [pid, *children_of(pid)]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def summed(rounds: list[dict[str, tuple[load.Round, float]]]) -> dict[str, Any]:
    """Medians over the rounds with the least and the most beside them."""

    def spread(values: list[float], digits: int) -> dict[str, float]:
        return {
            "median": round(statistics.median(values), digits),
            "least": round(min(values), digits),
            "most": round(max(values), digits),
        }

    rates = {name: [r[name][0].rate for r in rounds] for name in ("ours", "view", "write")}
    return {
        "rate": spread(rates["ours"], 1),
        "view_rate": spread(rates["view"], 1),
        "write_rate": spread(rates["write"], 1),
        "r_view": spread([a / b for a, b in zip(rates["ours"], rates["view"], strict=True)], 3),
        "r_write": spread([a / b for a, b in zip(rates["ours"], rates["write"], strict=True)], 3),
        "p50_ms": spread([r["ours"][0].p50_ms for r in rounds], 2),
        "p99_ms": spread([r["ours"][0].p99_ms for r in rounds], 2),
        "cpu_ms": spread([r["ours"][1] for r in rounds], 2),
        "view_cpu_ms": spread([r["view"][1] for r in rounds], 3),
        "write_cpu_ms": spread([r["write"][1] for r in rounds], 3),
    }


# ------------------------------------------------------------------------------ start and memory


def measure_start(bench: Bench, scene: dict[str, Any]) -> dict[str, Any]:
    """`holdspace serve` as shipped: to the first 200 of /healthz, and its memory after use."""
    took, memory = [], {}
    for _ in range(STARTS):
        port = free_port()
        begin = time.perf_counter()
        words = ("holdspace.config", "serve", "--port", str(port))
        with serving(bench, *words, port=port, path="/healthz") as pid:
            took.append(time.perf_counter() - begin)
            for operation in scene["operations"].values():
                if "body" not in operation and not operation["paths"][0].startswith("/bench/"):
                    get(port, operation["paths"][0], scene["cookie"])
            memory = memory_of(pid)
    return {
        "s": round(statistics.median(took), 2),
        "s_least": round(min(took), 2),
        "s_most": round(max(took), 2),
        **memory,
    }


def get(port: int, path: str, cookie: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Cookie", f"sessionid={cookie}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def memory_of(pid: int) -> dict[str, float]:
    """MiB of a process and its children: RSS counts shared pages in each, PSS once (Linux)."""
    rss = pss = 0
    for one in [pid, *children_of(pid)]:
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            return {}
        fields = dict(line.split(":", 1) for line in text.splitlines()[1:])
        rss += int(fields["Rss"].split()[0])
        pss += int(fields["Pss"].split()[0])
    return {"rss_mib": round(rss / 1024, 1), "pss_mib": round(pss / 1024, 1)}


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(word) for word in path.read_text().split()] if path.exists() else []
    return [one for child in found for one in (child, *children_of(child))]


# ------------------------------------------------------------------------------ the whole run


def measure(bench: Bench, options: Any) -> dict[str, Any]:
    bench.folder.joinpath("data").mkdir(mode=0o700, exist_ok=True)
    print(f"\n{bench.name}: playing the clinic", flush=True)
    bench.python("bench.scene", str(bench.folder))
    scene = json.loads((bench.folder / "scene.json").read_text())
    for door, gate in scene["gates"].items():
        print(f"  gate {door:20} {gate['us']:7.0f} µs ({gate['us_least']:.0f} to "
              f"{gate['us_most']:.0f}), {gate['findings']} findings")  # fmt: skip
    start = measure_start(bench, scene)
    print(f"  start {start['s']} s ({start['s_least']} to {start['s_most']}); "
          f"memory {start.get('rss_mib')} MiB RSS, {start.get('pss_mib')} MiB PSS")  # fmt: skip
    head = f"  {'operation':20} {'per s':>8} {'r_view':>7} {'r_write':>8} {'p50 ms':>7} "
    print(head + f"{'p99 ms':>7} {'CPU ms':>7} {'SQL':>4} {'of them writes':>15}")
    operations = measure_operations(bench, scene, options)
    verified = bench.ends_well("holdspace.config", "verify")
    return {
        "verified": verified, "load": os.getloadavg(),
        "gates": scene["gates"], "start": start,
        "operations": operations,
        "played_s": scene["played_s"],
    }  # fmt: skip


def tell(database: str, name: str, one: dict[str, Any]) -> None:
    rate, view, write = one["rate"], one["r_view"], one["r_write"]
    print(
        f"  {name:20} {rate['median']:8.0f} {view['median']:7.3f} {write['median']:8.3f} "
        f"{one['p50_ms']['median']:7.1f} {one['p99_ms']['median']:7.1f} "
        f"{one['cpu_ms']['median']:7.1f} {one['statements']:4} {one['writing']:15}   "
        f"[{rate['least']:.0f} to {rate['most']:.0f} beside "
        f"{one['view_rate']['median']:.0f} and {one['write_rate']['median']:.0f}]",
        flush=True,
    )


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return {
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg(),
        "model": names[0].split(":", 1)[1].strip() if names else platform.processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_tool": load.tool(),
        "connections": load.CONNECTIONS,
        "workers": WORKERS,
    }


def options_of(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="at least 3; the median is reported")
    parser.add_argument("--seconds", type=int, default=2, help="length of one load")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    default = Path(os.environ.get("HOLDSPACE_DATA", "var")) / "bench.json"
    parser.add_argument("--output", type=Path, default=default, help="JSON file to write")
    return parser.parse_args(words)


def databases(only: str | None) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="hs-bench-") as folder:
        if only != "postgresql":
            (Path(folder) / "data").mkdir(mode=0o700)
            yield Bench("sqlite", Path(folder), f"sqlite:///{folder}/data/holdspace.sqlite3")
    with tempfile.TemporaryDirectory(prefix="hs-bench-") as folder:
        if only != "sqlite":
            try:
                with postgres.cluster(durable=True) as url:
                    yield Bench("postgresql", Path(folder), url)
            except postgres.Missing as missing:
                print(f"\npostgresql: {missing}; not measured", file=sys.stderr)


def main(words: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = options_of(words)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "databases": {},
    }
    about = found["machine"]
    print(f"{about['cpus']} x {about['model']}, Python {about['python']}, {about['load_tool']}, "
          f"{about['connections']} connections, {WORKERS} workers, "
          f"load before {about['load_before'][0]:.1f}")  # fmt: skip
    for bench in databases(options.database):
        found["databases"][bench.name] = measure(bench, options)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1))
    print(f"\nwritten to {options.output}")
    return 0 if all(one["verified"] for one in found["databases"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
