"""How many messages a second are on disk before their answer: `.venv/bin/python -m bench.gateway`.

One connection to `holdspace gateway` as shipped, with durable commits, on each database. First a
monitor that waits for each answer, as MLLP asks; then one that keeps some messages under way, as a
central station does after an outage. Every answer must be AA and in order, and every message that
was answered must be in its table as another connection sees it, or the run stops without a figure.
Beside each rate, in the same seconds: how many one-row durable transactions this database takes.
"""

from __future__ import annotations

import argparse
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from bench.run import Bench, databases, processor_s  # noqa: E402
from holdspace.interop.simulator import END, START, Monitor  # noqa: E402

UNDER_WAY = 64
ROUNDS, SECONDS_OF_ONE = 3, 3.0
SETTLED_MAX_S = 300


@contextmanager
def gateway(bench: Bench) -> Iterator[tuple[int, int]]:
    """The listener in a process of its own; yields its pid and port, and stops it again."""
    words = [sys.executable, "-m", "holdspace.config", "gateway", "--port", "0"]
    with subprocess.Popen(
        words, cwd=ROOT, env=bench.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield process.pid, int(line.split("127.0.0.1:")[1].split(".")[0])
        finally:
            process.terminate()
            process.wait(30)


def frames(count: int, first: int) -> list[tuple[str, bytes]]:
    """Framed messages of a real monitor, each with a number of its own."""
    monitor = Monitor("Bedside^Bench")
    made = []
    for number in range(first, first + count):
        now = datetime.now(UTC)
        text = monitor.message(now).replace("|T|2.6", "|P|2.6")
        parts = text.split("|")
        parts[9] = f"b{number}"
        made.append((parts[9], START + "|".join(parts).encode() + END))
    return made


def send(port: int, under_way: int, ready: list[tuple[str, bytes]]) -> tuple[list[str], float]:
    """Sends for some seconds with at most so many unanswered; the answered numbers, in seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin, sent, answered, rest = time.perf_counter(), 0, [], b""
        until = begin + SECONDS_OF_ONE
        while sent > len(answered) or (time.perf_counter() < until and sent < len(ready)):
            more = min(under_way - (sent - len(answered)), len(ready) - sent)
            if more and time.perf_counter() < until:
                line.sendall(b"".join(frame for _, frame in ready[sent : sent + more]))
                sent += more
            rest += line.recv(65536)
            *whole, rest = rest.split(END)
            for one in whole:
                segment = next(s for s in one.split(b"\r") if s.startswith(b"MSA|"))
                _, code, control = segment.decode().split("|")[:3]
                expected = ready[len(answered)][0]
                if (code, control) != ("AA", expected):
                    raise RuntimeError(f"{control} was answered {code}; AA {expected} was due")
                answered.append(control)
        return answered, time.perf_counter() - begin


def bare_rate(bench: Bench, seconds: float = 1.0) -> float:
    """One-row transactions a second with the same durability, one after the other."""
    until, made = time.perf_counter() + seconds, 0
    if bench.url.startswith("sqlite"):
        path = bench.url.removeprefix("sqlite:///") + ".bare"
        with sqlite3.connect(path, isolation_level=None) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE IF NOT EXISTS bare (text)")
            while time.perf_counter() < until:
                connection.execute("INSERT INTO bare VALUES (?)", ["x" * 800])
                made += 1
        return made / seconds
    import psycopg

    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (text text)")
        while time.perf_counter() < until:
            connection.execute("INSERT INTO bare VALUES (%s)", ["x" * 800])
            made += 1
    return made / seconds


def measure(bench: Bench) -> None:
    bench.folder.joinpath("data").mkdir(mode=0o700, exist_ok=True)
    bench.python("holdspace.config", "migrate", "--verbosity", "0")
    number = 0
    with gateway(bench) as (pid, port):
        for under_way in (1, UNDER_WAY):
            rates, ratios, cost = [], [], []
            for _ in range(ROUNDS):
                ready = frames(20_000 if under_way > 1 else 6_000, number)
                number += len(ready)
                bare = bare_rate(bench)
                before, used = bench.rows("medicine_arrival"), processor_s(pid)
                answered, took = send(port, under_way, ready)
                used = processor_s(pid) - used
                kept = bench.rows("medicine_arrival") - before
                if kept != len(answered):
                    raise RuntimeError(f"{len(answered)} answered, {kept} kept")
                rates.append(len(answered) / took)
                ratios.append(rates[-1] / bare)
                cost.append(used / len(answered) * 1e6)
            middle, beside, used = map(statistics.median, (rates, ratios, cost))
            print(f"  {bench.name:10} {under_way:3} under way: {middle:6.0f}/s ({min(rates):.0f} "
                  f"to {max(rates):.0f}), {beside:.2f} of bare commits, {used:.0f} µs processor "
                  "time of the gateway", flush=True)  # fmt: skip
        print(f"  {bench.name:10} settled everything {settled(bench):.1f} s after the last answer")


def settled(bench: Bench) -> float:
    begin = time.perf_counter()
    while time.perf_counter() < begin + SETTLED_MAX_S:
        if bench.rows("medicine_arrivaloutcome") == bench.rows("medicine_arrival"):
            return time.perf_counter() - begin
        threading.Event().wait(0.2)
    raise RuntimeError("arrivals were left unsettled")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    for bench in databases(parser.parse_args(words).database):
        measure(bench)


if __name__ == "__main__":
    main(sys.argv[1:])
