"""Writers that really commit, at the same time, on one stream."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from django.db import connections, transaction

from holdspace.records import actions
from holdspace.records.models import Entry
from holdspace.records.verify import verify

from .by_hand import NOW

WRITERS, EACH = 6, 10


# Real commits are never cleaned up: guarded tables cannot be emptied, and need not be.
pytestmark = pytest.mark.usefixtures("committed_db")


def write(course: str, clinic: UUID) -> list[Entry]:
    acts = [actions.Act("chart"), actions.Act("chart")]
    return actions.append_many(stream=course, acts=acts, by=None, now=NOW, clinic_id=clinic)


def test_an_append_outside_a_transaction_is_refused(course: str, clinic: UUID) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        write(course, clinic)


def test_six_writers_at_once_never_fork_a_chain(course: str, clinic: UUID) -> None:
    ready, troubles = threading.Barrier(WRITERS), []

    def work() -> None:
        try:
            ready.wait()
            for _ in range(EACH):
                with transaction.atomic():
                    write(course, clinic)
        except Exception as trouble:  # noqa: BLE001
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    found = Entry.objects.filter(stream=course).order_by("seq").values_list("seq", flat=True)
    assert list(found) == list(range(1, WRITERS * EACH * 2 + 1))
    assert verify().broken is None


def test_verify_reads_one_moment_while_a_writer_goes_on(course: str, clinic: UUID) -> None:
    with transaction.atomic():
        write(course, clinic)

    def write_more(done: int, total: int) -> None:
        def work() -> None:
            with transaction.atomic():
                write(course, clinic)
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert verify(progress=write_more).broken is None
    assert Entry.objects.filter(stream=course).count() >= 4
