"""The link that a message about a form carries is made while the message is sent, never before.

While nobody is on call to read what cannot wait, the message waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from holdspace.assessment import actions
from holdspace.assessment.actions import risk
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care.actions import WrongInput
from holdspace.care.mail_words import CannotLink, link_maker
from holdspace.care.models import Message

FORM_READY, FORM_AGAIN = "form_ready", "form_again"
LOOK_AGAIN = timedelta(hours=1)


@link_maker(FORM_READY, FORM_AGAIN)
def form_link(message: Message, now: datetime) -> str:
    """A fresh link to the form that the message is about; the links before it end."""
    rows = FormRequest.objects.select_related("clinic", "course__protocol")
    form = rows.filter(clinic=message.clinic_id, pk=message.about).first()
    if form is None or form.patient_id != message.patient_id:
        raise CannotLink("no such form")
    asked = instruments(form.clinic).get(form.instrument)
    if asked is not None and (why := risk.may_send(form.clinic, asked, now, course=form.course)):
        raise CannotLink(why, now + LOOK_AGAIN)
    try:
        return reverse("portal:start", args=[actions.new_link(request=form, now=now)])
    except WrongInput as wrong:
        raise CannotLink(wrong.problem) from wrong
