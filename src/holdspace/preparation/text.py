"""The consent as the person reads it: plain words, with the course's own route and numbers."""

from __future__ import annotations

from holdspace.care.facts import protocol_of
from holdspace.care.models import Course
from holdspace.core.facts import Route

ROUTES = {
    Route.IM: "an injection into a muscle",
    Route.IV: "a slow infusion into a vein",
    Route.SC: "an injection under the skin",
    Route.SUBLINGUAL: "a lozenge held in the mouth",
    Route.INTRANASAL: "a nasal spray",
    Route.ESKETAMINE: "an esketamine nasal spray",
}

TEXT = """\
I am asking to be treated with ketamine-assisted psychotherapy. The medicine is given as {route}, \
here at the clinic, while a session clinician and my therapist stay in the room.

Generic ketamine is not FDA-approved for any psychiatric condition; doctors may prescribe it off \
label. It helps some people and not others, and how long it lasts differs. There are other \
treatments, and doing nothing is also a choice; these were talked through with me.

What I may feel: a changed sense of body, time and self; dizziness, nausea, sleepiness, anxiety. \
Blood pressure and heart rate rise for a while. Breathing can slow: with too much, given too fast, \
with alcohol or sedating medicines, or with sleep apnoea; rarely at ordinary doses. The experience \
can be distressing.

With repeated use ketamine can harm the bladder and the liver and may affect memory. Ketamine can \
be misused and can cause dependence, of mind and body; stopping after frequent use can bring \
withdrawal. The clinic follows this up and limits how often it is given.

On the day I keep to the fasting times I was given, and a named adult takes me home and is there \
overnight. After a dose I stay at least {stay} minutes, and I do not drive until the next day, \
after a night's sleep, and at least {driving} hours.

I can withdraw at any time, before or after a dose, without giving a reason. After a dose that \
means: no further dose, an infusion is stopped or a lozenge removed, chosen touch ends; the clinic \
goes on watching over me until I am safe. My records are private within the law."""


def consent_text(course: Course) -> str:
    """The text that is read and signed, with this course's route and the protocol's own numbers."""
    protocol = protocol_of(course)
    return TEXT.format(
        route=ROUTES[Route(course.route)],
        stay=protocol.whole("discharge.stay_minutes_min"),
        driving=protocol.whole("discharge.driving_hours_min"),
    )
