"""Load on loopback that is bounded in time and stops by itself: wrk, or threads where it is not.

A round asks one address list in turn over four kept-open connections for a few seconds.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

CONNECTIONS = 4
LONGEST_S = 18

LUA = """
local paths = {%(paths)s}
local headers = {%(headers)s}
local body = %(body)s
local n = 0
request = function()
  n = n + 1
  return wrk.format("%(method)s", paths[(n - 1) %% #paths + 1], headers, body)
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"answers": %%d, "us": %%d, "bad": %%d, "p50_us": %%d, "p99_us": %%d}\\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """One operation as a client sends it; `body` None is a GET."""

    port: int
    paths: tuple[str, ...]
    headers: dict[str, str]
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round: answers per second, times of single answers, and failures."""

    answers: int
    seconds: float
    bad: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def tool() -> str:
    return "wrk" if shutil.which("wrk") else "python threads"


def run(ask: Ask, seconds: int, folder: Path) -> Round:
    """Load for `seconds`; every answer below 400 counts as good (what it wrote is counted too).

    A round that ends before its first answer says nothing and is done again, longer.
    """
    while True:
        done = _wrk(ask, seconds, folder) if shutil.which("wrk") else _threads(ask, seconds)
        if done.answers or seconds >= LONGEST_S:
            return done
        seconds *= 3


def form(ask_body: dict[str, str] | None) -> str | None:
    return urlencode(ask_body) if ask_body is not None else None


def _wrk(ask: Ask, seconds: int, folder: Path) -> Round:
    script = folder / "load.lua"
    script.write_text(
        LUA
        % {
            "paths": ", ".join(json.dumps(path) for path in ask.paths),
            "headers": ", ".join(
                f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in ask.headers.items()
            ),
            "body": "nil" if ask.body is None else json.dumps(ask.body),
            "method": "GET" if ask.body is None else "POST",
        }
    )
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s",
               str(script), f"http://127.0.0.1:{ask.port}"]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + 30
    ).stdout
    line = next(line for line in done.splitlines() if line.startswith("RESULT "))
    found = json.loads(line.removeprefix("RESULT "))
    return Round(
        found["answers"], found["us"] / 1e6, found["bad"], found["p50_us"] / 1000,
        found["p99_us"] / 1000,
    )  # fmt: skip


def _threads(ask: Ask, seconds: int) -> Round:
    """Slower than wrk and on the server's own cores, so its ratios flatter the slower side."""
    took: list[float] = []
    bad: list[int] = []
    begin = time.perf_counter()

    def client(offset: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", ask.port, timeout=10)
        number = offset
        while time.perf_counter() - begin < seconds:
            number += 1
            path = ask.paths[number % len(ask.paths)]
            sent = time.perf_counter()
            method = "GET" if ask.body is None else "POST"
            connection.request(method, path, body=ask.body, headers=ask.headers)
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - sent)
            if answer.status >= 400:
                bad.append(answer.status)
        connection.close()

    clients = [threading.Thread(target=client, args=(n,)) for n in range(CONNECTIONS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    spent = time.perf_counter() - begin
    took.sort()
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    return Round(len(took), spent, len(bad), p50 * 1000, p99 * 1000)
