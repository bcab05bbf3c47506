"""A clinic to measure, made only by real actions, in the scratch folder that the environment names.

python -m bench.scene FOLDER [OPEN]     migrate, play, and write FOLDER/scene.json
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

PEOPLE = 40  # in the list; twenty are on a page
IN_SESSION = 12  # open session days: a round of saves is spread over them as over a day's rooms
FORMS = 200
SESSIONS = 12
MINUTES = 120  # of the long session
# Days after the first dose: twice a week for three weeks, then weekly with a day to spare.
RHYTHM = (0, 4, 8, 12, 16, 20, 28, 36, 44, 52, 60, 68)
VITALS = {
    "systolic": "124", "diastolic": "80", "heart_rate": "72", "spo2": "98", "oxygen_l_min": "0",
    "respiratory_rate": "14", "temperature": "36.6",
}  # fmt: skip
PHQ9 = {f"phq9_{n}": str(n % 3) for n in range(1, 9)} | {
    "phq9_9": "0", "phq9_10": "1", "filled_by": "asked_by_staff",
}  # fmt: skip


def play(present: datetime, in_session: int = IN_SESSION) -> dict[str, Any]:
    """The clinic's life up to `present`; returns what a client must know to use it."""
    from tests.rooms.factory import played
    from tests.rooms.people.cast import licensed

    from holdspace.core.facts import Discipline

    house = played(present - timedelta(days=RHYTHM[-1] + 12), is_demo=False)
    licensed(house.cast, house.director, Discipline.MD, now=house.now)
    _state_permits(house)
    house.stock(containers=SESSIONS + 2)
    for number in range(PEOPLE - in_session - 3):
        house.enquirer(name=f"Sam {_word(number)}")
    veteran = _veteran(house)
    house.now = present - timedelta(days=1)
    filled = _filled(house)
    new = house.enquirer(name="Lee Ashdown")
    new.assess()
    long, *days = _open_days(house, present, in_session + 1)
    _two_hours(house, long, present)
    _use_fresh_vial(house)
    drawn = days[-1].draw(days[-1].order("50 mg"))
    assert drawn.dose_mg == 50
    cookie, token = _sign_in(house.nurse)
    return {
        "cookie": cookie,
        "csrf": token,
        "veteran": {"patient": str(veteran.patient.id), "course": str(veteran.course.id)},
        "filled": {"patient": str(filled.patient.id), "course": str(filled.course.id)},
        "sessions": [str(day.session.id) for day in days],
        "long": str(long.session.id),
        "courses": [str(day.session.course_id) for day in days],
        "cleared": str(new.course.id),
        "physician": str(house.prescriber.id),
        "nurse": str(house.nurse.id),
    }


def _state_permits(house: Any) -> None:
    """The director of a real clinic recorded what the state lets each profession do."""
    from tests.rooms.factory import sign

    from holdspace.people.actions import standing
    from holdspace.people.states import shipped

    source = "Invented practice act, for measuring only"
    standing.record_state_duties(
        state=house.cast.site.state, csr_required=False, pdmp_each_dose=False, pdmp_days_max=None,
        pdmp_delegate=False, source=source, signature=sign(house.director, house.now),
        by=house.director, now=house.now,
    )  # fmt: skip
    for rule in shipped()[0]:
        if rule.state == house.cast.site.state:
            standing.record_state_rule(
                state=rule.state, discipline=rule.discipline, acts=rule.acts,
                source=source,
                signature=sign(house.director, house.now), by=house.director, now=house.now,
            )  # fmt: skip


def _word(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}").capitalize()


def _veteran(house: Any) -> Any:
    """A person with twelve sessions, each with its dose, its observations and what follows it."""
    from tests.rooms.factory import readings

    guest = house.enquirer(name="Toni Marchetti")
    guest.assess()
    guest.clear()
    guest.prepare()
    first = house.now + timedelta(days=1)
    for number, day in enumerate(RHYTHM, start=1):
        house.now = first + timedelta(days=day - 1)
        if number == 5:
            _look_again(guest)
        if number == 9:  # a clearance is for eight sessions
            _look_again(guest)
            guest.assess()
            guest.clear()
        if number > len(RHYTHM) - 2:
            _review(guest)
        _look_up(house)
        guest.book()
        open_day = guest.open(bladder_symptoms=False)
        _use_fresh_vial(house)
        open_day.give("50 mg")
        for _ in range(6):
            house.later(minutes=15)
            open_day.observe(**_numbers())
        open_day.settle(minutes=40)
        open_day.discharge()
        _afterwards(guest, open_day, readings)
    return guest


def _filled(house: Any) -> Any:
    """A person who filled in two hundred forms, four instruments in turn."""
    from holdspace.assessment import actions
    from holdspace.assessment.instruments import instruments

    guest = house.enquirer(name="Val Quist")
    guest.assess()
    chance = random.Random(1)
    names = ("phq-9", "gad-7", "pcl-5", "phq-2")
    for number in range(FORMS):
        asked = instruments()[names[number % len(names)]]
        answers = {item.code: chance.choice(item.options).score for item in asked.items}
        answers |= {"phq9_9": 0} if asked.id == "phq-9" else {}
        actions.record_form(
            course=guest.course, instrument=asked.id, answers=actions.Answers(answers),
            by=house.therapist, now=house.now - timedelta(hours=FORMS - number),
        )  # fmt: skip
    return guest


def _numbers() -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in VITALS.items() if name != "oxygen_l_min"}


def _look_up(house: Any) -> None:
    """The exclusion lists, monthly; nobody looks themselves up."""
    from holdspace.people.actions import check_exclusion

    on = house.clinic.day(house.now)
    for who in (house.prescriber, house.nurse, house.therapist, house.director):
        by = house.administrator if who is house.director else house.director
        check_exclusion(membership=who, on=on, found=False, by=by, now=house.now)


def _look_again(guest: Any) -> None:
    """Bladder and liver, before the protocol asks for them."""
    from holdspace.core.facts import DocumentKind

    guest.observe(bladder_symptoms=False, cognition_concern=False, dependence_concern=False)
    guest._sign(guest.house.prescriber, DocumentKind.LABORATORY_REPORT, "Liver values normal.")


def _review(guest: Any) -> None:
    """Weekly sessions past the set weeks are held until the director's plan."""
    from tests.rooms.factory import sign

    from holdspace.care import actions as care
    from holdspace.core.codes import Code
    from holdspace.core.decision import Door

    house, director = guest.house, guest.house.director
    planned = house.now + timedelta(days=1)
    asked = care.ask(
        Door.NEXT_SESSION, guest.course, by=house.coordinator, now=house.now, booked_for=planned
    )
    for finding in asked.stops:
        if finding.code is Code.FREQUENCY_REVIEW_NEEDED:
            care.relieve(
                course=guest.course, finding=finding, reason="Reviewed; goes on weekly.",
                expires_at=house.now + timedelta(days=30), signature=sign(director, house.now),
                by=director, now=house.now,
            )  # fmt: skip


def _afterwards(guest: Any, day: Any, readings: Callable[..., Any]) -> None:
    """The next day's call, the integration visit, and how the person is."""
    from tests.rooms.factory import sign

    from holdspace.integration import actions as integration
    from holdspace.medicine import actions as medicine

    house = guest.house
    house.later(hours=20)
    medicine.next_day_contact(
        session=day.session, result="reached_well", words_said="Slept well.", by=house.nurse,
        now=house.now,
    )  # fmt: skip
    house.later(hours=3)
    integration.hold_visit(
        course=guest.course, note="What stayed, and what it asks for.", after=day.session,
        by=house.therapist, now=house.now, signature=sign(house.therapist, house.now),
    )  # fmt: skip
    guest.observe(phq9_total=Decimal(12))


def _use_fresh_vial(house: Any) -> None:
    """A punctured vial has its hours; the next day takes the next one."""
    house.vials = house.vials[1:]


def _open_days(house: Any, present: datetime, count: int) -> list[Any]:
    """People whose session day is open now, started one after another over the last hours."""
    guests = []
    every = max(4, min(15, 240 // count))  # minutes from one to the next
    for number in range(count):
        guest = house.enquirer(name=f"Kim {_word(number)}")
        guest.assess()
        guest.clear()
        guest.prepare()
        guests.append(guest)
    days = []
    for number, guest in enumerate(guests):
        starts = present - timedelta(minutes=every * (count - number) + 10)
        room = house.rooms[1 if number == 0 else 0]  # the first, a long one, is alone in its room
        _book(house, guest, starts, every - 1, room)
        house.now = starts
        day = guest.open()
        for _ in range(3):  # some of the day has been charted already
            house.later(minutes=min(3, every // 4))
            day.observe(**_numbers())
        days.append(day)
    return days


def _two_hours(house: Any, day: Any, present: datetime) -> None:
    """A dose, then a set each minute from three sources: by hand and from two monitors."""
    from holdspace.interop.actions import settle_arrivals
    from holdspace.interop.gateway import classify
    from holdspace.interop.simulator import Monitor
    from holdspace.medicine import actions as medicine
    from holdspace.medicine.actions.monitors import keep_arrivals

    house.now = present - timedelta(minutes=MINUTES + 5)
    day.observe(**_numbers())
    day.give("50 mg")
    told = []
    for name in ("Monitor", "Pulse oximeter"):
        sender = f"Bedside^{name}"
        standing = medicine.add_monitor(
            room=day.session.room, name=name, sender=sender, by=house.administrator, now=house.now
        )
        medicine.say_monitor_is_on(
            session=day.session, monitor=standing, is_on=True, by=house.nurse, now=house.now
        )
        told.append(Monitor(sender, day.session.patient.display_id, seed=len(told)))
    for _ in range(MINUTES):
        house.later(minutes=1)
        day.observe(**_numbers())
        for one in told:
            text = one.message(house.now).replace("|T|2.6", "|P|2.6")  # as a real one writes it
            keep_arrivals(arrived=[classify(text, house.now, is_demo=False)])
            settle_arrivals(clock=lambda: house.now)
    received = day.session.imported.count()
    assert received >= MINUTES * len(told), f"{received} values of two monitors are not two hours"


def _book(house: Any, guest: Any, starts: datetime, minutes: int, room: Any) -> None:
    from tests.rooms.factory import passed

    from holdspace.care import actions as care
    from holdspace.schedule import actions as schedule
    from holdspace.schedule.models import AppointmentKind

    wanted = schedule.Wanted(
        kind=AppointmentKind.SESSION, starts_at=starts, ends_at=starts + timedelta(minutes=minutes),
        room=room, therapist=house.therapist, session_clinician=house.nurse,
        prescriber=house.prescriber,
    )  # fmt: skip
    passed(
        care.book_session(course=guest.course, wanted=wanted, by=house.coordinator, now=house.now)
    )


def _sign_in(member: Any) -> tuple[str, str]:
    """A signed-in browser's cookies: the session and the form token."""
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string
    from tests.rooms.people.cast import signed_in

    from holdspace.people.middleware import FACTOR_KEY

    client = signed_in(member)
    session = client.session
    session[FACTOR_KEY] = True  # as it stands after a sign-in with the second factor
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value, _get_new_csrf_string()


# ------------------------------------------------------------------------------ what is counted


def count_statements(scene: dict[str, Any], operations: dict[str, Any]) -> dict[str, Any]:
    """SQL statements of one request of each operation, on a warm connection."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(enforce_csrf_checks=True, HTTP_HOST="127.0.0.1")
    client.cookies["sessionid"] = scene["cookie"]
    client.cookies["csrftoken"] = scene["csrf"]
    counted = {}
    for name, operation in operations.items():
        path, body = operation["paths"][0], operation.get("body")
        for _ in range(2):  # the first one warms caches that a running server has
            with CaptureQueriesContext(connection) as captured:
                if body is None:
                    answer = client.get(path)
                else:
                    answer = client.post(path, body, headers={"X-CSRFToken": scene["csrf"]})
        assert answer.status_code == operation["status"], (name, answer.status_code, answer.content)
        words = [query["sql"].split(None, 1)[0].upper() for query in captured.captured_queries]
        writing = sum(word in ("INSERT", "UPDATE", "DELETE") for word in words)
        counted[name] = {"statements": len(words), "writing": writing}
    return counted


def time_gates(scene: dict[str, Any], rounds: int = 5, times: int = 200) -> dict[str, Any]:
    """Processor microseconds of one decision in the core alone, on facts of real rows."""
    from django.utils import timezone

    from holdspace import __version__
    from holdspace.care import facts as loader
    from holdspace.care.models import Course, Session
    from holdspace.core import gates
    from holdspace.core.decision import Door
    from holdspace.medicine.actions.common import stock
    from holdspace.people.models import Membership

    now = timezone.now()
    session = Session.objects.get(pk=scene["sessions"][-1])
    nurse = Membership.objects.get(pk=scene["nurse"])
    physician = Membership.objects.get(pk=scene["physician"])
    new = Course.objects.get(pk=scene["cleared"])
    give = loader.load(session.course, now=now, actor=nurse, session=session, **stock(session, now))
    asked = {
        Door.GIVE_DOSE: (give, loader.protocol_of(session.course)),
        Door.CLEAR_FOR_MEDICINE: (
            loader.load(new, now=now, actor=physician), loader.protocol_of(new),
        ),
    }  # fmt: skip
    found = {}
    for door, (facts, protocol) in asked.items():
        decision = gates.decide(door, facts, protocol, __version__)
        took = []
        for _ in range(rounds):
            begin = time.process_time()
            for _ in range(times):
                gates.decide(door, facts, protocol, __version__)
            took.append((time.process_time() - begin) / times * 1e6)
        found[door.value] = {
            "us": sorted(took)[rounds // 2],
            "us_least": min(took),
            "us_most": max(took),
            "findings": len(decision.findings),
            "stops": [finding.code.value for finding in decision.stops],
        }
    return found


def operations_of(scene: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the server: paths taken in turn, the body, the answer, the table it fills.

    Every operation leaves rows in `fills`, so that answers and rows can be held to one another.
    """
    veteran = scene["veteran"]["patient"]
    sessions = scene["sessions"]
    access = {"fills": "records_accessevent", "rows": 1, "status": 200}
    return {
        "save six vitals": {
            "paths": [f"/medicine/session/{key}/observe/" for key in sessions],
            "body": VITALS, "status": 302, "fills": "care_observation", "rows": 6,
        },
        "save a PHQ-9": {
            "paths": [f"/assessment/{key}/phq-9/" for key in scene["courses"]],
            "body": PHQ9, "status": 302, "fills": "care_event", "rows": 1,
        },
        "last 36 readings": {"paths": [f"/bench/readings/{veteran}/"], **access},
        "list 20 people": {"paths": ["/people/"], **access},
        "chart, 12 sessions": {"paths": [f"/chart/{veteran}/"], **access},
        "chart, 200 forms": {"paths": [f"/chart/{scene['filled']['patient']}/"], **access},
        "outcomes, 200 forms": {
            "paths": [f"/assessment/{scene['filled']['course']}/outcomes/"], **access,
        },
        "session screen": {"paths": [f"/medicine/session/{key}/" for key in sessions], **access},
        "session, two hours": {"paths": [f"/medicine/session/{scene['long']}/"], **access},
    }  # fmt: skip


def main(folder: Path, in_session: int = IN_SESSION) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench.baseline import TABLE

    # Signatures are made in hundreds here; argon2 is slow on purpose and not what is measured.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    begin = time.perf_counter()
    scene = play(timezone.now(), in_session)
    scene["operations"] = operations_of(scene)
    scene["played_s"] = round(time.perf_counter() - begin, 1)
    scene["counted"] = count_statements(scene, scene["operations"])
    scene["gates"] = time_gates(scene)
    (folder / "scene.json").write_text(json.dumps(scene))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
