"""Two workers that look at the same moment ask once, write once and send once."""

import pytest
from django.core import mail as django_mail
from django.db.models import F

from holdspace.assessment.actions import reminders
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.models import Message
from tests.rooms.at_once import at_once
from tests.rooms.factory import played

pytestmark = pytest.mark.usefixtures("committed_db")


def test_two_workers_ask_once_write_once_and_send_once(settings):
    settings.HOLDSPACE_URL = "https://juniper.example"
    house = played(stocked=False)
    guest = house.enquirer(email="robin@mail.example", safe_contact="email")
    house.on_call()
    now = house.later(minutes=5)

    def look():
        reminders.sweep_clinic(clinic=house.clinic, now=now)

    assert at_once(look, look) == []
    asked = FormRequest.objects.filter(course=guest.course)
    assert asked.count() == len(set(asked.values_list("instrument", "point")))
    message = Message.objects.get(clinic=house.clinic)

    def send():
        care.deliver(message=message.pk, now=now)

    before = len(django_mail.outbox)
    assert at_once(send, send, send) == []
    assert len(django_mail.outbox) == before + 1
    message.refresh_from_db()
    assert (message.state, message.tries) == ("sent", 1)
    assert not Message.objects.filter(pk=message.pk, put_at__lt=F("queued_at")).exists()
