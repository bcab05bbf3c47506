"""Eight requests at one moment open one session day, and eight presses chart one answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from django.db import connection, connections

from holdspace.care.models import Decision
from holdspace.records.verify import verify
from tests.rooms.at_once import at_once
from tests.rooms.factory import played

EIGHT = 8


def test_eight_starts_at_once_give_one_session_and_seven_kept_refusals(committed_db):
    guest = played().guest()
    guest.observe(**{reading.kind.value: reading.value for reading in guest.answers(spo2=None)})
    together = Barrier(EIGHT)

    def start(_number):
        from holdspace.medicine.actions import start_session

        try:
            connection.ensure_connection()
            together.wait(timeout=30)
            escort = ("Sam Vale", "303 555 0177")
            return start_session(
                course=guest.course, escort=escort, by=guest.house.nurse, now=guest.now
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EIGHT) as pool:
        outcomes = list(pool.map(start, range(EIGHT)))
    assert sum(outcome.allowed for outcome in outcomes) == 1
    assert guest.course.sessions.count() == 1
    refused = Decision.objects.filter(course=guest.course, door="open_session", allowed=False)
    assert refused.count() == EIGHT - 1
    for outcome in outcomes:
        if not outcome.allowed:
            assert [f.code.value for f in outcome.decision.stops] == ["session_already_open"]
    assert str(guest.course.id) not in str(verify().broken)


def test_eight_presses_at_once_chart_the_answers_and_the_escort_once(committed_db):
    guest = played().guest()
    before = guest.course.observations.count()
    answers, escort, page = guest.answers(), ("Sam Vale", "303 555 0177"), uuid4()

    def press():
        from holdspace.medicine.actions import answer_readiness

        answer_readiness(
            course=guest.course, readings=answers, escort=escort, taken_at=guest.now,
            by=guest.house.nurse, now=guest.now, page=page,
        )  # fmt: skip

    assert at_once(*[press] * EIGHT) == []
    assert guest.course.observations.count() == before + len(answers)
    assert guest.course.events.filter(kind="escort_named").count() == 1
