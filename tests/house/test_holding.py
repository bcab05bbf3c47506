"""A live page's question waits for a change, and holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.utils import OperationalError

from holdspace.care.standing import RESTS_ON, Heads, as_line, from_line
from holdspace.config.holding import HELD_MAX_S, Bell, Holding, _Waiter, wanted_wait

ONE, OTHER = "course:one", "course:other"


class StubBell:
    """Rings or does not, at once, and remembers what was waited for."""

    def __init__(self, *, rings: bool) -> None:
        self.rings = rings
        self.waited: list[tuple[Heads, float]] = []

    def wait(self, rests_on: Heads, seconds: float) -> bool:
        self.waited.append((rests_on, seconds))
        return self.rings


class Said:
    """An answer of the program as Django's is: whole, and closed by whoever took it."""

    streaming = False

    def __init__(self, body: bytes) -> None:
        self.body, self.closed = body, False

    def __iter__(self) -> Iterable[bytes]:
        return iter([self.body])

    def close(self) -> None:
        self.closed = True


class Program:
    """Answers one thing after the other and knows in which thread it was asked."""

    def __init__(self, *answers: tuple[str, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.said: list[Said] = []
        self.threads: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Said:
        self.threads.append(threading.current_thread().name)
        environ["changed by the program"] = True
        status, headers = self.answers.pop(0)
        start(status, list(headers.items()))
        self.said.append(Said(f"answer {len(self.said) + 1}".encode()))
        return self.said[-1]


UNCHANGED = "304 Not Modified", {RESTS_ON: f"{ONE}=7", "X-Server-Now": "12:00", "ETag": "a"}
CHANGED = "200 OK", {RESTS_ON: f"{ONE}=8", "X-Server-Now": "12:01", "ETag": "b"}
SIGNED_OFF = "401 Unauthorized", {}


def ask(
    program: Program, bell: StubBell, *, prefer: str = "wait=2", places: int = 9
) -> tuple[str, dict[str, str], bytes]:
    given: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        given.update(status=status, headers=dict(headers))

    environ = {"HTTP_PREFER": prefer} if prefer else {}
    holding = Holding(program, bell, threads=2, held_at_most=places)  # type: ignore[arg-type]
    body = b"".join(holding(environ, start))
    assert environ == ({"HTTP_PREFER": prefer} if prefer else {}), "each question is the page's own"
    assert all(said.closed for said in program.said), "a connection to the database was kept"
    assert RESTS_ON not in given["headers"], "the page learned how the record counts"
    return given["status"], given["headers"], body


def test_an_entry_ends_the_wait_and_the_program_is_asked_again():
    program, bell = Program(UNCHANGED, CHANGED), StubBell(rings=True)
    status, headers, body = ask(program, bell)
    assert (status, headers["ETag"], body) == ("200 OK", "b", b"answer 2")
    assert bell.waited == [({ONE: 7}, 2.0)]
    assert int(headers["X-Held-Ms"]) >= 0 and headers["X-Server-Now"] == "12:01"


def test_a_sign_in_that_ended_during_the_wait_reads_nothing():
    status, _headers, _body = ask(Program(UNCHANGED, SIGNED_OFF), StubBell(rings=True))
    assert status == "401 Unauthorized"


def test_without_an_entry_the_first_answer_stands_but_not_its_time():
    program, bell = Program(UNCHANGED), StubBell(rings=False)
    status, headers, _body = ask(program, bell)
    assert status == "304 Not Modified" and len(bell.waited) == 1
    assert headers == {"ETag": "a"}, "a page would set its clock by a time that is past"


@pytest.mark.parametrize(
    ("prefer", "answer", "why"),
    [
        ("", UNCHANGED, "it did not ask to wait"),
        ("respond-async", UNCHANGED, "it asked for something else"),
        ("wait=0", UNCHANGED, "it would wait no second"),
        ("wait=2", CHANGED, "there is news"),
        ("wait=2", SIGNED_OFF, "it may not read"),
        ("wait=2", ("304 Not Modified", {"ETag": "a"}), "nobody knows what it rests on: a picture"),
        ("wait=2", ("200 OK", {RESTS_ON: f"{ONE}=7"}), "it has nothing yet"),
    ],
)
def test_whoever_does_not_wait_for_a_change_is_answered_at_once(
    prefer: str, answer: tuple[str, dict[str, str]], why: str
):
    bell = StubBell(rings=True)
    status, headers, body = ask(Program(answer), bell, prefer=prefer)
    assert not bell.waited, why
    assert (status, body) == (answer[0], b"answer 1")
    assert headers == {name: text for name, text in answer[1].items() if name != RESTS_ON}


def test_more_questions_than_places_are_answered_and_not_queued():
    program = Program(UNCHANGED, UNCHANGED)

    class Full(StubBell):
        """While the only place is taken, a second question comes."""

        def wait(self, rests_on: Heads, seconds: float) -> bool:
            self.second = "".join(self.answer_of_another)
            return False

    holding = Holding(program, bell := Full(rings=False), threads=1, held_at_most=1)  # type: ignore[arg-type]
    statuses: list[str] = []

    def another() -> Iterable[str]:
        holding({"HTTP_PREFER": "wait=2"}, lambda status, headers: statuses.append(status))
        yield statuses[-1]

    bell.answer_of_another = another()  # type: ignore[attr-defined]
    holding({"HTTP_PREFER": "wait=2"}, lambda status, headers: statuses.append(status))
    assert bell.second == "304 Not Modified" and len(statuses) == 2


def test_the_program_runs_in_its_own_threads_and_a_wait_takes_none_of_them():
    program, bell = Program(UNCHANGED, CHANGED), StubBell(rings=True)
    ask(program, bell)
    assert all(name.startswith("program") for name in program.threads)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=2", 2.0), ("respond-async, wait=2", 2.0), ("wait=1; foo", 1.0),
        ("wait=999", HELD_MAX_S), ("wait=-1", 0.0), ("wait=x", 0.0), ("await=2", 0.0), ("", 0.0),
    ],
)  # fmt: skip
def test_how_long_a_page_may_ask_to_wait(prefer: str, seconds: float):
    assert wanted_wait({"HTTP_PREFER": prefer}) == seconds


# ------------------------------------------------------------------------------ the bell


@pytest.mark.parametrize(
    ("rests_on", "heads", "rings"),
    [
        ({ONE: 7}, {ONE: 7}, False),
        ({ONE: 7}, {ONE: 8}, True),
        ({ONE: 7}, {ONE: 7, OTHER: 9}, False),
        ({ONE: 7, OTHER: 3}, {ONE: 7, OTHER: 3}, False),
        ({ONE: 7, OTHER: 3}, {ONE: 7, OTHER: 4}, True),
        ({ONE: 0}, {ONE: 0}, False),
        ({ONE: 0}, {ONE: 1}, True),
        ({ONE: 7}, {}, True),
    ],
)
def test_the_bell_rings_for_whoever_rests_on_what_went_on(
    rests_on: Heads, heads: Heads, rings: bool
):
    waiter = _Waiter(rests_on)
    Bell(lambda streams: heads)._ring([waiter])
    assert waiter.rung.is_set() is rings


@pytest.mark.django_db
@pytest.mark.parametrize("problem", [OperationalError("gone"), OSError("gone"), ValueError("what")])
def test_when_the_heads_cannot_be_read_everybody_asks_the_program_themselves(problem: Exception):
    def fails(streams: Collection[str]) -> Heads:
        raise problem

    waiter = _Waiter({ONE: 7})
    Bell(fails)._ring([waiter])
    assert waiter.rung.is_set()


def test_one_thread_looks_for_all_and_only_while_somebody_waits(monkeypatch: pytest.MonkeyPatch):
    no_database = SimpleNamespace(close=lambda: None)
    monkeypatch.setattr("holdspace.config.holding.connection", no_database)
    asked: list[set[str]] = []
    both, heads = threading.Event(), {ONE: 7, OTHER: 3}

    def looks(streams: Collection[str]) -> Heads:
        asked.append(set(streams))
        if {ONE, OTHER} <= asked[-1]:
            both.set()
        return {stream: heads[stream] for stream in streams}

    bell, heard = Bell(looks), {}
    waiting = [
        threading.Thread(target=lambda s=stream: heard.update({s: bell.wait({s: heads[s]}, 20)}))
        for stream in heads
    ]
    for one in waiting:
        one.start()
    assert both.wait(10), "both were never looked for in one question"
    heads[ONE] += 1
    waiting[0].join(10)
    assert heard == {ONE: True}
    heads[OTHER] += 1
    waiting[1].join(10)
    assert heard == {ONE: True, OTHER: True}
    assert bell.wait({ONE: heads[ONE]}, 0) is False


def test_a_bell_whose_thread_has_died_is_hung_up_again(monkeypatch: pytest.MonkeyPatch):
    no_database = SimpleNamespace(close=lambda: None)
    monkeypatch.setattr("holdspace.config.holding.connection", no_database)
    bell = Bell(lambda streams: {ONE: 8})
    bell._thread = threading.Thread(target=lambda: None)
    bell._thread.start()
    bell._thread.join()
    assert bell.wait({ONE: 7}, 20)


def test_what_an_answer_rests_on_is_read_back_as_it_was_told():
    heads = {"course:0190a": 12, "course:0190b": 0}
    assert from_line(as_line(heads)) == heads
    assert from_line(as_line({})) == {}
