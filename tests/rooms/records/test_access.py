"""Lines of the access log: at once everywhere, together in a server, never lost by a stop."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection

from holdspace.records import actions
from holdspace.records.actions import access
from holdspace.records.models import AccessEvent, AccessWhat

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.fixture
def grouping(monkeypatch):
    """A process that groups its lines, without the thread: the test says when they are written."""
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    monkeypatch.setattr(access.atexit, "register", lambda work: None)
    access._stop.clear()
    actions.begin_grouping()
    yield
    actions.end_grouping()


def look(clinic: uuid.UUID) -> AccessEvent:
    return actions.log_access(by=None, now=NOW, what=AccessWhat.CHART_VIEW, clinic_id=clinic)


def lines(clinic: uuid.UUID) -> int:
    return AccessEvent.objects.filter(clinic_id=clinic).count()


@pytest.mark.django_db
def test_a_line_is_written_at_once_outside_a_server():
    clinic = uuid.uuid4()
    look(clinic)
    assert lines(clinic) == 1


@pytest.mark.django_db
def test_a_server_writes_waiting_lines_in_one_statement(grouping, django_assert_num_queries):
    clinic = uuid.uuid4()
    with django_assert_num_queries(0):
        for _ in range(20):
            look(clinic)
    assert lines(clinic) == 0
    with django_assert_num_queries(1):
        access._flush()
    assert lines(clinic) == 20


@pytest.mark.django_db
def test_stopping_writes_what_still_waits(grouping):
    clinic = uuid.uuid4()
    look(clinic)
    actions.end_grouping()
    assert lines(clinic) == 1
    look(clinic)
    assert lines(clinic) == 2


@pytest.mark.django_db
def test_lines_that_could_not_be_written_wait_for_the_next_time(grouping, monkeypatch):
    clinic = uuid.uuid4()
    look(clinic)

    def refuse(*args, **kwargs):
        raise access.DatabaseError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(AccessEvent.objects, "bulk_create", refuse)
        broken.setattr(connection, "close", lambda: None)
        access._flush()
    access._flush()
    assert lines(clinic) == 1
