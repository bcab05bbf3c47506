"""A monitor's message is on disk before its answer, and never on a chart without a person."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError, connections

from holdspace.care.actions import WrongInput
from holdspace.core import feed
from holdspace.core.facts import Ending
from holdspace.core.feed import Aside
from holdspace.interop import gateway, hl7v2
from holdspace.interop.actions import settle_arrivals
from holdspace.interop.gateway import Gateway, classify
from holdspace.interop.simulator import FAULTS, Monitor, send
from holdspace.medicine import actions
from holdspace.medicine.actions.monitors import keep_arrivals, settle
from holdspace.medicine.models import Arrival, ArrivalOutcome, ImportedReading
from holdspace.medicine.models import Monitor as Standing
from holdspace.records.verify import verify
from tests.rooms.factory import played
from tests.tools.damaged import damaged, outcome

SENDER = "Bedside^Room 1"
DAMAGED = 2_000


@pytest.fixture
def day(db):
    house = played(stocked=False)
    day = house.guest().open()
    house.later(minutes=10)
    return day


def stand(day, sender=SENDER):
    return actions.add_monitor(
        room=day.session.room, name="Monitor 1", sender=sender,
        by=day.house.administrator, now=day.now,
    )  # fmt: skip


def look(day, monitor, is_on=True):
    return actions.say_monitor_is_on(
        session=day.session, monitor=monitor, is_on=is_on, by=day.house.nurse, now=day.now
    )


def arrive(day, text, *, at=None):
    keep_arrivals(arrived=[classify(text, at or day.now, is_demo=True)])
    settle_arrivals(clock=lambda: day.now)
    return ArrivalOutcome.objects.order_by("-arrival__received_at", "-pk").first()


def text(day, *, person=None, at=None, sender=SENDER, seed=1):
    invented = Monitor(
        sender, day.session.patient.display_id if person is None else person, seed=seed
    )
    return invented.message(at or day.now)


def reasons(outcome):
    return [Aside(row[0]) for row in outcome.aside]


def test_what_a_confirmed_monitor_sends_stands_beside_the_chart_and_not_in_it(day):
    look(day, stand(day))
    outcome = arrive(day, text(day))
    assert outcome.kept == 6 and not outcome.aside
    assert day.session.imported.count() == 6
    assert day.session.observations.filter(source__startswith="monitor").count() == 0
    assert verify().ok


def test_nothing_is_shown_before_a_person_looked(day):
    stand(day)
    assert reasons(arrive(day, text(day))) == [Aside.NOT_CONFIRMED]
    assert not ImportedReading.objects.exists()


def test_what_was_sent_before_somebody_looked_stays_aside(day):
    monitor = stand(day)
    before = day.now - timedelta(seconds=20)
    keep_arrivals(arrived=[classify(text(day, at=before), before, is_demo=True)])
    look(day, monitor)
    settle_arrivals(clock=lambda: day.now)
    assert reasons(ArrivalOutcome.objects.get()) == [Aside.NOT_CONFIRMED]


def test_a_monitor_that_is_off_the_person_shows_nothing_more(day):
    monitor = stand(day)
    look(day, monitor)
    day.house.later(minutes=1)
    look(day, monitor, is_on=False)
    assert reasons(arrive(day, text(day))) == [Aside.NOT_CONFIRMED]


def test_an_unknown_monitor_is_kept_and_named_as_unknown(day):
    assert reasons(arrive(day, text(day))) == [Aside.UNKNOWN_DEVICE]
    assert Arrival.objects.count() == 1


def test_a_monitor_of_another_room_cannot_be_put_on_this_person(day):
    elsewhere = day.house.rooms[1] if len(day.house.rooms) > 1 else None
    if elsewhere is None or elsewhere.pk == day.session.room_id:
        from holdspace.schedule.actions import add_room

        elsewhere = add_room(
            site=day.session.room.site, name="Elsewhere", by=day.house.administrator, now=day.now
        )
    monitor = actions.add_monitor(
        room=elsewhere, name="M2", sender="Bedside^Room 2", by=day.house.administrator, now=day.now
    )
    with pytest.raises(WrongInput, match="another room"):
        look(day, monitor)
    assert reasons(arrive(day, text(day, sender="Bedside^Room 2"))) == [Aside.NO_SESSION]


def test_another_persons_number_is_never_shown_here(day):
    look(day, stand(day))
    assert reasons(arrive(day, text(day, person="P-9999"))) == [Aside.OTHER_PERSON]
    assert not ImportedReading.objects.exists()


def test_the_same_message_again_adds_nothing(day):
    look(day, stand(day))
    once = text(day)
    assert arrive(day, once).kept == 6
    arrive(day, once, at=day.now + timedelta(seconds=5))
    assert ImportedReading.objects.count() == 6
    assert ArrivalOutcome.objects.filter(kept=0).get().aside[0][0] == Aside.REPEATED


def test_a_second_message_of_the_same_minute_is_left_aside(day):
    look(day, stand(day))
    start = day.now.replace(second=5)
    day.house.now = start
    arrive(day, text(day))
    day.house.now = start + timedelta(seconds=20)
    outcome = arrive(day, text(day, seed=2))
    assert outcome.kept == 0 and set(reasons(outcome)) == {Aside.MINUTE_TAKEN}


def test_a_wrong_clock_is_told_and_nothing_is_shown(day):
    look(day, stand(day))
    outcome = arrive(day, text(day, at=day.now - timedelta(minutes=5)))
    assert reasons(outcome) == [Aside.CLOCK_APART]


def test_a_session_that_is_over_takes_nothing(day):
    monitor = stand(day)
    look(day, monitor)
    actions.end_session(
        **day.common,
        by=day.house.nurse,
        ending=Ending.ABANDONED_BEFORE_DOSE,
        reason="Slept badly; another day.",
    )
    day.house.later(minutes=1)
    assert reasons(arrive(day, text(day))) == [Aside.NO_SESSION]


def test_settling_again_says_what_was_said_before(day):
    look(day, stand(day))
    first = arrive(day, text(day))
    settle(waiting=[(first.arrival, hl7v2.read(first.arrival.raw))], now=day.now)
    assert ArrivalOutcome.objects.get() == first and ImportedReading.objects.count() == 6


@pytest.mark.parametrize("sender", ["", "Bedside", "a^b^c", "x" * 121])
def test_a_monitor_must_say_how_it_names_itself(day, sender):
    with pytest.raises(WrongInput):
        stand(day, sender=sender)


def test_one_name_is_one_monitor(day):
    monitor = stand(day)
    with pytest.raises(WrongInput, match="in use"):
        stand(day)
    actions.end_monitor(monitor=monitor, by=day.house.administrator, now=day.now)
    assert stand(day).pk != monitor.pk and Standing.objects.count() == 2


ANSWERS = [
    ("an observation of a monitor", {}, True, "AA"),
    ("an invented monitor in a real clinic", {}, False, "AR"),
    ("another kind of message", {"ORU^R01^ORU_R01": "ADT^A01"}, True, "AR"),
    ("no header", {"MSH|": "XXX|"}, True, "AE"),
]


@pytest.mark.parametrize(
    ("what", "changes", "is_demo", "code"), ANSWERS, ids=[a[0] for a in ANSWERS]
)
def test_each_message_is_answered_by_its_kind(what, changes, is_demo, code, day):
    sent = text(day)
    for old, new in changes.items():
        sent = sent.replace(old, new)
    arrived = classify(sent, day.now, is_demo=is_demo)
    assert arrived.acknowledged == code
    assert f"MSA|{code}" in hl7v2.answer(sent, code)


def test_damaged_messages_are_answered_and_show_what_a_strict_second_reader_takes():
    """Dropped, doubled, moved, cut and changed; `python -m bench.hl7` does it a hundred thousand
    times."""
    shown = 0
    for seed in range(DAMAGED):
        found = outcome(damaged(seed))
        assert found.answer in ("AA", "AE", "AR") and found.said, seed
        assert found.shown == found.strict, seed
        shown += len(found.shown)
    assert shown > DAMAGED, "most of them still have numbers, so that there was something to hold"


def test_a_reader_that_is_wider_than_the_strict_one_is_found(monkeypatch):
    everything = frozenset().union(*feed.UNITS.values())
    monkeypatch.setattr(feed, "UNITS", dict.fromkeys(feed.UNITS, everything))
    assert any(one.shown != one.strict for one in map(outcome, map(damaged, range(100))))


# --- over a real socket ---------------------------------------------------------------------------


@contextmanager
def listening(now):
    """A gateway on a free loopback port, stopped at the end."""
    held, ports = {}, []

    def serve(heard):
        async def run():
            held["one"] = Gateway("127.0.0.1", 0, is_demo=True, clock=lambda: now)
            held["loop"] = asyncio.get_running_loop()
            await held["one"].run(heard)

        try:
            asyncio.run(run())
        finally:
            connections.close_all()

    from threading import Event

    bound = Event()

    def heard(port):
        ports.append(port)
        bound.set()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(serve, heard)
        assert bound.wait(30), running.exception(timeout=1)
        try:
            yield ports[0]
        finally:
            held["loop"].call_soon_threadsafe(held["one"].stop)
            running.result(timeout=30)


def test_a_message_is_on_disk_when_its_answer_comes(committed_db):
    house = played(stocked=False)
    day = house.guest().open()
    house.later(minutes=10)
    sender = f"Bedside^{day.session.id}"
    actions.say_monitor_is_on(
        session=day.session, monitor=stand(day, sender), is_on=True, by=house.nurse, now=day.now
    )
    invented = Monitor(sender, day.session.patient.display_id)
    with listening(day.now) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            answers = [send(line, invented.message(day.now, with_fault=True)) for _ in FAULTS]
            assert Arrival.objects.filter(sender=sender).count() == len(FAULTS)
            assert set(answers) == {"AA"}
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(b"\x0bMSH|^~\\&|half a message")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(b"GET / HTTP/1.1\r\n\x1c\r")
            assert line.recv(100) == b""
    settle_arrivals(clock=lambda: day.now)
    assert not Arrival.objects.filter(sender=sender, outcome=None).exists()
    assert day.session.imported.filter(kind="heart_rate").count() == 1
    assert str(day.session.course_id) not in str(verify().broken)


def test_what_is_sent_without_waiting_is_answered_in_its_order_and_each_is_on_disk(committed_db):
    house = played(stocked=False)
    sender = f"Bedside^{house.clinic.id}"
    sent = [Monitor(sender, seed=n).message(house.now) for n in range(150)]
    sent = [one.replace("-1|T|", f"-{n}|T|", 1) for n, one in enumerate(sent)]
    sent[70] = sent[70].replace("ORU^R01^ORU_R01", "ADT^A01")
    with (
        listening(house.now) as port,
        socket.create_connection(("127.0.0.1", port), timeout=20) as line,
    ):
        line.sendall(b"".join(b"\x0b" + one.encode() + b"\x1c\r" for one in sent))
        heard = b""
        while heard.count(b"\x1c\r") < len(sent):
            heard += line.recv(65536)
            answered = [one.split("|") for one in heard.decode().split("\r") if "MSA|" in one]
            assert Arrival.objects.filter(sender=sender).count() >= len(answered)
    assert [one[2] for one in answered] == [one.split("|")[9] for one in sent]
    assert [n for n, one in enumerate(answered) if one[1] != "AA"] == [70]


def test_one_message_that_cannot_be_kept_costs_no_other_its_place(day, monkeypatch):
    def stumble(*, arrived):
        if any("seed 2" in one.raw for one in arrived):
            raise RuntimeError("invented")
        keep_arrivals(arrived=arrived)

    monkeypatch.setattr(gateway, "keep_arrivals", stumble)
    sent = [text(day, seed=n) + f"NTE|seed {n}\r" for n in range(4)]
    arrived = [classify(one, day.now, is_demo=True) for one in sent]
    assert gateway._keep_all(arrived) == [True, True, False, True]
    assert sorted(row.raw for row in Arrival.objects.all()) == sorted(sent[:2] + sent[3:])


def test_only_a_demo_has_an_invented_monitor(settings):
    settings.HOLDSPACE_DEMO = False
    with pytest.raises(CommandError, match="belongs to a demo"):
        call_command("simulate", "monitor", stdout=StringIO())
    settings.HOLDSPACE_DEMO = True
    with pytest.raises(CommandError, match="No gateway answers"):
        call_command("simulate", "monitor", "--port", "9", "--count", "1", stdout=StringIO())


def test_a_cuff_value_of_the_person_before_is_never_shown_as_this_ones(day):
    look(day, stand(day))
    day.house.later(minutes=2)
    sent = text(day)
    stamp = sent.split("OBX|5")[1].split("|")[13].split("\r")[0]
    before = (day.now - timedelta(minutes=3)).astimezone(day.session.course.clinic.zone)
    old = sent.replace(f"F|||{stamp}", f"F|||{before:%Y%m%d%H%M%S%z}")
    outcome = arrive(day, old)
    assert outcome.kept == 0 and set(reasons(outcome)) == {Aside.NOT_CONFIRMED}


def test_one_arrival_that_cannot_be_settled_keeps_no_other_back(day, monkeypatch):
    from holdspace.medicine.actions import monitors

    look(day, stand(day))
    keep_arrivals(arrived=[classify(text(day), day.now, is_demo=True)])
    day.house.later(minutes=1)
    keep_arrivals(arrived=[classify(text(day, seed=2), day.now, is_demo=True)])
    first = Arrival.objects.order_by("received_at").first()
    show = monitors._show

    def stumble(arrival, *rest):
        if arrival.pk == first.pk:
            raise RuntimeError("invented")
        show(arrival, *rest)

    monkeypatch.setattr(monitors, "_show", stumble)
    settle_arrivals(clock=lambda: day.now)
    kept = {row.arrival_id == first.pk: row.kept for row in ArrivalOutcome.objects.all()}
    assert kept[True] == 0 and kept[False] > 0
    assert reasons(ArrivalOutcome.objects.get(pk=first.pk)) == [Aside.NOT_SETTLED]


@pytest.mark.parametrize("away", [OperationalError, InterfaceError])
def test_while_the_database_is_away_every_arrival_waits_and_none_is_given_up(
    day, monkeypatch, away
):
    from holdspace.medicine.actions import monitors

    look(day, stand(day))
    keep_arrivals(arrived=[classify(text(day), day.now, is_demo=True)])

    def gone(*_):
        raise away("invented")

    with monkeypatch.context() as patched, pytest.raises(away):
        patched.setattr(monitors, "_show", gone)
        settle_arrivals(clock=lambda: day.now)
    assert not ArrivalOutcome.objects.exists()
    settle_arrivals(clock=lambda: day.now)
    assert ArrivalOutcome.objects.get().kept > 0


def test_other_clinics_monitors_are_not_named_here(day):
    from holdspace.medicine import feed as shown

    arrive(day, text(day, sender="Stranger^Elsewhere"))
    played(stocked=False)
    assert shown.strangers(day.now) == []
