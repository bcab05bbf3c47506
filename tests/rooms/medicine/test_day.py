"""The medicine day through its real actions."""

import pytest

from tests.rooms.factory import passed, played

pytestmark = pytest.mark.django_db


def test_a_day_goes_from_readiness_to_discharge():
    day = played().guest().open()
    event = day.give("50 mg")
    assert event.kind == "dose_given"
    drawn_up = day.session.events.filter(kind="dose_prepared").count()
    assert drawn_up == 1
    day.settle()
    assert passed(day.discharge()).kind == "session_ended"
