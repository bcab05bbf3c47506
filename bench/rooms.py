"""How soon the others see what one of them charted: `.venv/bin/python -m bench.rooms --rooms 20`.

So many rooms are open, three screens each. Every screen asks as a page does: with the tag of
what it shows, and the server may hold the question until something changes. Each second one room
charts six vitals through the form of the session screen. Told are the milliseconds from pressing to
the answer (it is durable then), from pressing until each other screen of the room has been sent the
page with it, and the processor time of the server. Every charted set must be in its table at the
end, or the run stops without a figure.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from bench import load  # noqa: E402
from bench.run import Bench, databases, free_port, processor_s, serving  # noqa: E402
from bench.scene import VITALS  # noqa: E402

SCREENS = 3  # of one room: the nurse's and the therapist's tablet, the prescriber's telephone
EVERY_S, WAIT_S, BREATH_S = 1.0, 2, 0.05  # config/static/js/live.js
SECONDS, WARM_S = 60, 5
TAG = re.compile(r'"[^."]+\.(\d+)\.')


@dataclass
class Screen:
    """One page that asks again and again, and when it first had each state of the record."""

    port: int
    path: str
    headers: dict[str, str]
    had: dict[int, float] = field(default_factory=dict)
    answers: int = 0
    unchanged: int = 0
    bad: int = 0

    def ask_until(self, ends: float, offset: float, quiet: threading.Event) -> None:
        connection, tag = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10), ""
        quiet.wait(offset)
        while time.perf_counter() < ends:
            begin = time.perf_counter()
            more = {"If-None-Match": tag, "Prefer": f"wait={WAIT_S}"} if tag else {}
            connection.request("GET", self.path, headers=self.headers | more)
            answer = connection.getresponse()
            answer.read()
            self.answers += 1
            pause = EVERY_S - (time.perf_counter() - begin)
            if answer.status == 304:
                self.unchanged += 1
            elif answer.status == 200:
                tag = answer.headers["ETag"]
                self.had.setdefault(seq_of(tag), time.perf_counter())
                pause = 0.0
            else:
                self.bad += 1
            quiet.wait(max(BREATH_S, pause))
        connection.close()


@dataclass(frozen=True, slots=True)
class Entry:
    """One charted set: its room, when it was sent, how long the answer took."""

    room: int
    sent: float
    took: float


def seq_of(tag: str) -> int:
    found = TAG.search(tag)
    assert found, tag
    return int(found[1])


def chart_until(
    ends: float, port: int, rooms: Sequence[str], headers: dict[str, str], quiet: threading.Event
) -> list[Entry]:
    """One set a second, in the rooms' turn."""
    connection, made = http.client.HTTPConnection("127.0.0.1", port, timeout=10), []
    body = load.form(VITALS)
    while time.perf_counter() < ends - 3 * EVERY_S:  # the last one is to be seen as well
        room, sent = len(made) % len(rooms), time.perf_counter()
        path = f"/medicine/session/{rooms[room]}/observe/"
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise RuntimeError(f"charting was answered {answer.status}")
        made.append(Entry(room, sent, time.perf_counter() - sent))
        quiet.wait(max(0.0, 1.0 - made[-1].took))
    connection.close()
    return made


def seen_after(entry: Entry, screens: Sequence[Screen], later: Entry | None) -> list[float]:
    """Seconds from pressing until each screen of the room was sent a newer state than before."""
    found = []
    for screen in screens:
        after = [at for at in sorted(screen.had.values()) if at > entry.sent]
        if after and (later is None or after[0] < later.sent):
            found.append(after[0] - entry.sent)
    return found


def measure(bench: Bench, rooms: int) -> None:
    bench.folder.joinpath("data").mkdir(mode=0o700, exist_ok=True)
    print(f"{bench.name}: playing {rooms} open rooms", flush=True)
    bench.python("bench.scene", str(bench.folder), str(rooms))
    scene = json.loads((bench.folder / "scene.json").read_text())
    port, quiet = free_port(), threading.Event()
    cookie = {"Cookie": f"sessionid={scene['cookie']}; csrftoken={scene['csrf']}"}
    posts = cookie | {
        "X-CSRFToken": scene["csrf"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    asks = cookie | {"X-Background": "1"}
    keys = scene["sessions"]
    rows = bench.rows("care_observation")
    with serving(bench, "bench.serve", "holdspace", str(port), port=port, path="/healthz") as pid:
        ends = time.perf_counter() + WARM_S + SECONDS
        screens = [
            [Screen(port, f"/medicine/session/{key}/live/", asks) for _ in range(SCREENS)]
            for key in keys
        ]
        every = [one for room in screens for one in room]
        threads = [
            threading.Thread(target=one.ask_until, args=(ends, n / len(every), quiet))
            for n, one in enumerate(every)
        ]
        for one in threads:
            one.start()
        quiet.wait(WARM_S)
        used, began = processor_s(pid), time.perf_counter()
        made = chart_until(ends, port, keys, posts, quiet)
        cores = (processor_s(pid) - used) / (time.perf_counter() - began)
        for one in threads:
            one.join()
    kept = bench.rows("care_observation") - rows
    if kept != 6 * len(made) or any(one.bad for one in every):
        raise RuntimeError(f"{len(made)} sets were answered, {kept} rows kept: nothing is reported")
    tell(bench.name, screens, made, cores)


def tell(name: str, screens: Sequence[Sequence[Screen]], made: list[Entry], cores: float) -> None:
    seen, missed = [], 0
    for number, entry in enumerate(made):
        later = next((e for e in made[number + 1 :] if e.room == entry.room), None)
        found = seen_after(entry, screens[entry.room], later)
        missed += SCREENS - len(found)
        seen += found
    every = [one for room in screens for one in room]
    answers, unchanged = (sum(getattr(one, what) for one in every) for what in
                          ("answers", "unchanged"))  # fmt: skip
    durable = quantiles([entry.took for entry in made])
    print(f"  {name:10} {len(screens)} rooms, {len(every)} screens, {len(made)} sets charted")
    print(f"  {name:10} pressing to durable: {durable} ms")
    print(f"  {name:10} pressing to another screen: {quantiles(seen)} ms; {missed} not seen before "
          "the next")  # fmt: skip
    print(f"  {name:10} {answers} answers, {unchanged / answers:.0%} of them “nothing changed”; "
          f"{cores:.2f} of a core")  # fmt: skip


def quantiles(seconds: list[float]) -> str:
    values = sorted(1000 * one for one in seconds)
    p95 = values[int(0.95 * (len(values) - 1))]
    return f"median {statistics.median(values):.0f}, p95 {p95:.0f}, most {values[-1]:.0f}"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--rooms", type=int, default=20, help="open session days")
    options = parser.parse_args(words)
    for bench in databases(options.database):
        measure(bench, options.rooms)


if __name__ == "__main__":
    main(sys.argv[1:])
