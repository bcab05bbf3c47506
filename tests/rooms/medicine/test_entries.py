"""An entry of a session page counts once, whatever happens between the tablet and the server."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections
from django.urls import reverse

from holdspace.care.actions import save_draft
from holdspace.care.models import Draft, Event, EventKind, Observation, Strike, Task
from holdspace.core.facts import Route
from holdspace.core.tablet import Stamp
from holdspace.medicine import actions, page
from holdspace.medicine.models import SessionEntry, Verdict
from holdspace.records.verify import verify
from tests.rooms.factory import played, readings
from tests.rooms.people.cast import PASSWORD

SET = {"systolic": "128", "diastolic": "80", "heart_rate": "72", "spo2": "98", "oxygen_l_min": "0"}
SCRIPT = {"HTTP_X_KEEP": "1"}


def url(day, act=None):
    name = "medicine:act" if act else "medicine:session"
    return reverse(name, args=[day.session.id, *([act] if act else [])])


def charted(day):
    return Observation.objects.filter(session=day.session, kind="heart_rate").count()


@pytest.fixture
def day(db):
    return played().guest().open()


@pytest.fixture
def nurse(day, screens):
    return screens(day.house)(day.house.nurse)


def test_an_entry_that_is_sent_again_answers_the_same_and_writes_nothing(day, nurse):
    entry = SET | {"entry": str(uuid4())}
    first = nurse.post(url(day, "observe"), entry, **SCRIPT)
    assert first.json() == {
        "state": "done", "said": "Charted.", "repeated": False, "page": url(day),
    }  # fmt: skip
    day.house.later(minutes=20)
    again = nurse.post(url(day, "observe"), entry, **SCRIPT)
    assert again.json() == first.json() | {"repeated": True}
    assert charted(day) == 1
    assert SessionEntry.objects.filter(session=day.session).count() == 1


def test_without_a_script_the_page_answers_as_it_always_did(day, nurse):
    entry = SET | {"entry": str(uuid4())}
    for _ in range(2):
        answer = nurse.post(url(day, "observe"), entry)
        assert (answer.status_code, answer.url) == (302, url(day))
    assert charted(day) == 1
    assert nurse.post(url(day, "observe"), SET).status_code == 302
    assert charted(day) == 2, "a page that makes no ids charts whatever is sent"


def test_another_entry_under_the_same_id_is_refused_kept_once_and_given_to_a_person(day, nurse):
    entry = {"entry": str(uuid4())}
    nurse.post(url(day, "observe"), SET | entry, **SCRIPT)
    other = SET | entry | {"systolic": "182"}
    for _ in range(3):
        answer = nurse.post(url(day, "observe"), other, **SCRIPT)
        assert answer.status_code == 409
        assert "not charted" in answer.json()["said"]
    assert charted(day) == 1
    kept = SessionEntry.objects.get(session=day.session, verdict=Verdict.OTHER_BODY.value)
    assert '"systolic":["182"]' in kept.body
    task = Task.objects.get(about=kept.id)
    assert task.owner == day.house.nurse
    said = nurse.get(url(day)).content.decode()
    assert "1 entry was not charted and is kept" in said
    assert "systolic: 182" in said


def test_whatever_became_of_an_entry_its_draft_is_gone(day, nurse):
    def typed(entry):
        data = {"text": ["Calm."], "entry": [entry]}
        save_draft(key="note-medical", data=data, by=day.house.nurse, now=day.now)
        return {"lane": "medical", "text": "Calm.", "entry": entry, "draft_key": "note-medical"}

    entry = str(uuid4())
    for _ in range(2):  # the second time it is on record already: its answer was lost
        assert nurse.post(url(day, "note"), typed(entry), **SCRIPT).json()["state"] == "done"
        assert not Draft.objects.exists()
    refused = typed(str(uuid4())) | {"text": ""}
    assert nurse.post(url(day, "note"), refused, **SCRIPT).status_code == 422
    assert Draft.objects.exists()
    aside = reverse("medicine:set_aside", args=[day.session.id])
    given_up = refused | {"set_aside_act": "note", "set_aside_why": "On paper, with Kim."}
    assert nurse.post(aside, given_up).json() == {"state": "set_aside"}
    assert not Draft.objects.exists()
    (kept,) = SessionEntry.objects.filter(verdict=Verdict.SET_ASIDE.value)
    assert kept.body == '{"lane":["medical"]}', "what it said, and nothing of how it came"


@pytest.mark.parametrize("act", ["note", "could-not"])
def test_an_id_of_one_form_is_not_taken_for_another(day, nurse, act):
    entry = {"entry": str(uuid4())}
    nurse.post(url(day, "observe"), SET | entry, **SCRIPT)
    body = {"lane": "medical", "text": "Calm.", "kinds": "spo2", "because": "asleep"}
    assert nurse.post(url(day, act), body | entry, **SCRIPT).status_code == 409


def test_what_is_not_accepted_says_why_and_may_be_corrected_under_its_own_id(day, nurse):
    entry = {"entry": str(uuid4())}
    answer = nurse.post(url(day, "observe"), SET | entry | {"spo2": "980"}, **SCRIPT)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["label"]) == ("spo2", "SpO2")
    assert not SessionEntry.objects.filter(session=day.session).exists()
    assert nurse.post(url(day, "observe"), SET | entry, **SCRIPT).json()["state"] == "done"
    assert charted(day) == 1


def test_the_page_that_comes_back_with_a_mistake_keeps_the_id(day, nurse):
    entry = {"entry": str(uuid4())}
    body = {"term": "Nausea", "grade": "", **entry}
    answer = nurse.post(url(day, "adverse-event"), body)
    assert answer.status_code == 422
    assert f'name="entry" value="{entry["entry"]}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("order", {"dose": "50 mg", "password": PASSWORD}),
        ("give", {"person": "P-1", "label": "AAAAAA", "password": PASSWORD}),
        ("discharge", {"escort": "Sam Vale", "password": PASSWORD}),
    ],
)
def test_no_permission_is_taken_from_a_tablets_store(day, screens, act, body):
    who = day.house.nurse if act == "give" else day.house.prescriber
    answer = screens(day.house)(who).post(url(day, act), body | {"entry": str(uuid4())}, **SCRIPT)
    assert answer.status_code == 422
    assert "never kept on a tablet" in answer.json()["errors"][0]["said"]
    assert not Event.objects.filter(session=day.session, kind="order_signed").exists()


def test_an_entry_is_sent_by_whoever_wrote_it_and_by_nobody_else(day, screens):
    entry = SET | {"entry": str(uuid4()), "entry_by": str(day.house.nurse.id)}
    at = screens(day.house)
    assert at(day.house.prescriber).post(url(day, "observe"), entry, **SCRIPT).status_code == 401
    assert charted(day) == 0
    assert at(day.house.nurse).post(url(day, "observe"), entry, **SCRIPT).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("entry", "7"), ("made_at", "yesterday"), ("made_at", "2026-03-10T09:00:00"),
     ("made_at", "2026-99-10T09:00:00Z"), ("clock_ahead_ms", "soon"), ("clock_ahead_ms", "1e9"),
     ("clock_ahead_ms", "9" * 40), ("clock_ahead_later_ms", "--5"), ("confirmed_at", "noon"),
     ("confirmed_at", "2026-03-10T09:00:00")],
)  # fmt: skip
def test_what_surrounds_an_entry_is_checked_like_anything_typed(day, nurse, field, value):
    body = SET | {"entry": str(uuid4()), "made_at": day.now.isoformat(), field: value}
    answer = nurse.post(url(day, "observe"), body, **SCRIPT)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert charted(day) == 0


# ---------------------------------------------------------------- times


def kept_for(day, minutes, ahead=timedelta()):
    """The envelope of an entry that was made now and is sent so many minutes later."""
    made = day.now + ahead
    day.house.later(minutes=minutes)
    ms = str(round(ahead / timedelta(milliseconds=1)))
    return {
        "entry": str(uuid4()), "made_at": made.isoformat(), "clock_ahead_ms": ms,
        "clock_ahead_later_ms": ms,
    }  # fmt: skip


def test_a_late_entry_keeps_both_times(day, nurse):
    taken = day.now
    nurse.post(url(day, "observe"), SET | kept_for(day, 20), **SCRIPT)
    row = Observation.objects.get(session=day.session, kind="heart_rate")
    assert (row.taken_at, row.recorded_at) == (taken, day.now)
    nurse.post(url(day, "note"), {"lane": "medical", "text": "Calm."} | kept_for(day, 20), **SCRIPT)
    note = Event.objects.get(session=day.session, kind=EventKind.NOTE.value)
    assert (note.at, note.recorded_at) == (taken + timedelta(minutes=20), day.now)


def test_a_time_that_was_typed_is_the_one_before_the_entry_was_made_not_before_it_was_sent(
    day, nurse
):
    local = day.now.astimezone(day.house.clinic.zone)
    typed = f"{local:%H:%M}"
    nurse.post(url(day, "observe"), SET | {"taken_at": typed} | kept_for(day, 60), **SCRIPT)
    row = Observation.objects.get(session=day.session, kind="heart_rate")
    assert row.taken_at == local.replace(second=0, microsecond=0)


def test_a_tablets_clock_that_is_4_min_ahead_is_said_and_its_time_is_kept_as_given(day, nurse):
    truth, ahead = day.now, timedelta(minutes=4)
    nurse.post(url(day, "observe"), SET | kept_for(day, 20, ahead), **SCRIPT)
    entry = SessionEntry.objects.get(session=day.session)
    assert (entry.made_at, entry.at, entry.ahead_ms) == (truth + ahead, truth, 240_000)
    assert Observation.objects.filter(session=day.session, kind="spo2").get().taken_at == truth
    assert "this tablet’s clock was 4 min ahead" in nurse.get(url(day)).content.decode()


UNSURE = [
    {"clock_ahead_later_ms": "600000"},  # set by ten minutes while it kept the entry
    {"clock_ahead_ms": "", "clock_ahead_later_ms": ""},  # never compared
    {"clock_ahead_ms": "-86400000", "clock_ahead_later_ms": "-86400000"},  # leads to tomorrow
]


@pytest.mark.parametrize("clocks", UNSURE)
@pytest.mark.parametrize("typed", [{}, {"taken_at": "09:00"}])
def test_a_time_by_a_clock_that_can_t_be_trusted_is_charted_when_a_person_confirmed_it(
    day, nurse, clocks, typed
):
    was = day.now + timedelta(minutes=3)
    body = SET | kept_for(day, 20) | clocks | typed
    answer = nurse.post(url(day, "observe"), body, **SCRIPT)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "made_at")
    assert charted(day) == 0
    answer = nurse.post(url(day, "observe"), body | {"confirmed_at": was.isoformat()}, **SCRIPT)
    assert answer.json()["state"] == "done"
    entry = SessionEntry.objects.get(session=day.session)
    assert (entry.at, entry.made_at.isoformat()) == (was, body["made_at"])
    if not typed:
        assert Observation.objects.get(session=day.session, kind="spo2").taken_at == was
    assert "unsure: this time was confirmed by a person" in nurse.get(url(day)).content.decode()


@pytest.mark.parametrize("clocks", UNSURE)
def test_a_dose_whose_time_nobody_is_sure_of_starts_no_clock(day, nurse, clocks):
    body = {
        "dose": "50 mg", "given_by": str(day.house.nurse.id), "reason": "The network was away.",
        **kept_for(day, 20), **clocks,
    }  # fmt: skip
    assert nurse.post(url(day, "variance"), body, **SCRIPT).status_code == 422
    assert not page.read(day.session, now=day.now, actor=day.house.nurse).doses
    assert nurse.post(
        url(day, "variance"), body | {"confirmed_at": (day.now - timedelta(minutes=9)).isoformat()},
        **SCRIPT,
    ).status_code == 200  # fmt: skip
    (dose,) = page.read(day.session, now=day.now, actor=day.house.nurse).doses
    assert dose.given_at == day.now - timedelta(minutes=9)


def test_a_person_can_confirm_no_time_before_the_session_and_none_ahead(day, nurse):
    body = SET | kept_for(day, 20) | UNSURE[0]
    for wrong in (day.session.opened_at - timedelta(seconds=1), day.now + timedelta(seconds=61)):
        sent = body | {"confirmed_at": wrong.isoformat()}
        answer = nurse.post(url(day, "observe"), sent, **SCRIPT)
        assert answer.json()["errors"][0]["field"] == "confirmed_at"
    assert charted(day) == 0


def test_what_was_charted_before_its_clock_was_changed_is_not_asked_about_again(day, nurse):
    body = SET | kept_for(day, 20)
    nurse.post(url(day, "observe"), body, **SCRIPT)
    answer = nurse.post(url(day, "observe"), body | UNSURE[0], **SCRIPT)
    assert (answer.json()["state"], answer.json()["repeated"]) == ("done", True)


def test_a_dose_given_without_the_network_is_a_fact_and_counts(day, nurse):
    given_at = day.now
    body = {
        "dose": "50 mg", "given_by": str(day.house.nurse.id), "reason": "The network was away.",
        **kept_for(day, 20),
    }  # fmt: skip
    for _ in range(2):
        answer = nurse.post(url(day, "variance"), body, **SCRIPT)
        assert answer.status_code == 200, answer.json()
    read = page.read(day.session, now=day.now, actor=day.house.nurse)
    (dose,) = read.doses
    assert (dose.dose_mg, dose.given_at, dose.passed_door) == (Decimal(50), given_at, False)


HOW = [  # what a kept entry says of the route; what is charted (None: it is not accepted)
    ({}, "im"),  # kept before there was a choice
    ({"route": ""}, "im"),
    ({"route": "im"}, "im"),
    *(({"route": r.value}, r.value) for r in Route if r is not Route.IM),
    ({"route": "rectal"}, None),
]


@pytest.mark.parametrize(("said", "charted_as"), HOW)
def test_a_kept_dose_brings_its_route_along_and_an_older_one_arrives_without(
    day, nurse, said, charted_as
):
    body = {
        "dose": "50 mg", "given_by": str(day.house.nurse.id), "reason": "The network was away.",
        **kept_for(day, 20), **said,
    }  # fmt: skip
    answer = nurse.post(url(day, "variance"), body, **SCRIPT)
    doses = page.read(day.session, now=day.now, actor=day.house.nurse).doses
    assert [dose.route.value for dose in doses] == ([charted_as] if charted_as else [])
    if charted_as is None:
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["label"]) == (422, "route", "Route")
        assert (
            "“rectal” is no route that is known here. Accepted: as in this course (IM);"
            in (error["said"])
        )
        assert error["said"].endswith("into the nose, esketamine.")


def test_an_unknown_route_comes_back_with_all_that_was_typed_beside_it(day, nurse):
    body = {
        "dose": "37 mg", "given_by": str(day.house.nurse.id), "reason": "Lights went out.",
        "route": "rectal", "at": "10:04",
    }  # fmt: skip
    answer = nurse.post(url(day, "variance"), body)
    html = answer.content.decode()
    assert answer.status_code == 422 and "is no route that is known here" in html
    for typed in ("37 mg", "Lights went out.", "rectal", "10:04"):
        assert typed in html
    assert f'value="{day.house.nurse.id}" selected' in html
    assert not page.read(day.session, now=day.now, actor=day.house.nurse).doses


# ---------------------------------------------------------------- two people, one item


def sent_by(day, screens, who, body):
    return screens(day.house)(who).post(url(day, "observe"), body, **SCRIPT)


def charted_by_both(day, screens):
    """The nurse without a network at ten past, the prescriber on record a minute later."""
    envelope = kept_for(day, 1)
    sent_by(day, screens, day.house.prescriber, SET | {"systolic": "131"})
    day.house.later(minutes=19)
    sent_by(day, screens, day.house.nurse, SET | envelope)


def test_two_who_charted_the_same_item_both_stand_and_both_are_named(day, screens):
    charted_by_both(day, screens)
    assert charted(day) == 2
    said = screens(day.house)(day.house.therapist).get(url(day)).content.decode()
    assert "Charted twice: Systolic" in said
    for who in (day.house.nurse, day.house.prescriber):
        assert f"{who.signed_name} at " in said


def test_a_clinician_settles_it_by_striking_one_which_stays_readable(day, screens):
    charted_by_both(day, screens)
    nurse = screens(day.house)(day.house.nurse)
    address = reverse("medicine:twice", args=[day.session.id])
    both = nurse.get(address).context["twice"][0]["both"]
    wrong = nurse.post(address, {"taken_as_set": both[1]["key"], "reason": "", "password": "no"})
    assert wrong.status_code == 422
    assert not Strike.objects.filter(course=day.guest.course).exists()
    reason = "The cuff had slipped."
    done = nurse.post(
        address, {"taken_as_set": both[1]["key"], "reason": reason, "password": PASSWORD}
    )
    assert done.status_code == 302, done.content.decode()[-3000:]
    said = nurse.get(url(day)).content.decode()
    assert "Charted twice" not in said
    (crossed,) = re.findall(r"<s>(.*?)</s>", said)
    assert crossed.count("; ") == 3, "all four values, crossed out"
    assert reason in said.split("</s>")[1][:300], "with who and why"
    assert Strike.objects.filter(course=day.guest.course, reason=reason).count() == 4
    assert charted(day) == 2, "nothing is erased"


@pytest.mark.parametrize(
    ("what", "who", "minutes"),
    [("the same person again", "nurse", 1), ("another set, ten minutes later", "prescriber", 10)],
)
def test_what_is_no_double_is_not_called_one(day, screens, what, who, minutes):
    envelope = kept_for(day, minutes)
    sent_by(day, screens, getattr(day.house, who), SET)
    day.house.later(minutes=20)
    sent_by(day, screens, day.house.nurse, SET | envelope)
    read = page.read(day.session, now=day.now, actor=day.house.nurse)
    assert page.twice(read) == [], what


def test_who_measured_again_because_they_saw_the_first_is_no_double(day, screens):
    sent_by(day, screens, day.house.prescriber, SET)
    day.house.later(minutes=2)
    sent_by(day, screens, day.house.nurse, SET | kept_for(day, 0))
    read = page.read(day.session, now=day.now, actor=day.house.nurse)
    assert page.twice(read) == []


# ---------------------------------------------------------------- given up by its author


def test_an_entry_is_given_up_only_by_its_authors_act_and_that_is_on_record(day, nurse):
    address = reverse("medicine:set_aside", args=[day.session.id])
    body = SET | {"entry": str(uuid4()), "spo2": "980", "set_aside_act": "observe"}
    without = nurse.post(address, body)
    assert without.status_code == 422
    assert without.json()["errors"][0]["field"] == "why"
    for _ in range(2):
        done = nurse.post(address, body | {"set_aside_why": "On paper, handed to Kim."})
        assert done.json() == {"state": "set_aside"}
    row = SessionEntry.objects.get(session=day.session)
    assert (row.verdict, row.why) == (Verdict.SET_ASIDE.value, "On paper, handed to Kim.")
    assert "On paper, handed to Kim." in nurse.get(url(day)).content.decode()
    late = nurse.post(url(day, "observe"), SET | {"entry": body["entry"]}, **SCRIPT)
    assert late.status_code == 409, "what is on paper is not charted a second time from elsewhere"
    assert charted(day) == 0


def test_what_was_charted_can_not_be_given_up(day, nurse):
    entry = {"entry": str(uuid4())}
    nurse.post(url(day, "observe"), SET | entry, **SCRIPT)
    address = reverse("medicine:set_aside", args=[day.session.id])
    body = SET | entry | {"set_aside_act": "observe", "set_aside_why": "on paper"}
    assert nurse.post(address, body).status_code == 422


# ---------------------------------------------------------------- the store's key


def test_the_key_of_a_store_is_one_persons_for_one_session_and_the_same_each_time(day, screens):
    at = screens(day.house)
    address = reverse("medicine:store", args=[day.session.id])

    def key(who):
        return at(who).get(address).json()["key"]

    assert key(day.house.nurse) == key(day.house.nurse)
    assert key(day.house.nurse) != key(day.house.prescriber)
    assert at(day.house.coordinator).get(address).status_code == 404
    other = day.house.guest().open()
    elsewhere = reverse("medicine:store", args=[other.session.id])
    assert at(day.house.nurse).get(elsewhere).json()["key"] != key(day.house.nurse)


def test_asking_for_the_key_is_no_touch_that_keeps_a_sign_in_alive(day, nurse):
    session = nurse.session
    session["last_seen"] = 0
    session.save()
    address = reverse("medicine:store", args=[day.session.id])
    assert nurse.get(address, HTTP_X_BACKGROUND="1").status_code == 401


# ---------------------------------------------------------------- the database below


def envelope_for(day, entry, act="note", body="{}"):
    return actions.Envelope(entry, act, body, day.now, Stamp(day.now, timedelta(), sure=True))


EIGHT = 8


def test_eight_requests_with_one_id_at_one_moment_chart_one_set(committed_db):
    day = played().guest().open()
    entry, together = uuid4(), Barrier(EIGHT)

    def send(_number):
        try:
            connection.ensure_connection()
            together.wait(timeout=30)
            return actions.once(
                session=day.session, envelope=envelope_for(day, entry), by=day.house.nurse,
                now=day.now, said=lambda rows: "Charted.",
                act=lambda: actions.observe_set(
                    **day.common, readings=readings(heart_rate=72), taken_at=day.now,
                    by=day.house.nurse,
                ),
            )  # fmt: skip
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EIGHT) as pool:
        sent = list(pool.map(send, range(EIGHT)))
    assert sorted(one.repeated for one in sent) == [False] + [True] * (EIGHT - 1)
    assert {one.row.id for one in sent} == {sent[0].row.id}
    assert charted(day) == 1
    assert str(day.guest.course.id) not in str(verify().broken)


def test_one_id_sent_to_two_sessions_at_one_moment_is_charted_in_one_and_kept_in_the_other(
    committed_db,
):
    house = played()
    days = [house.guest().open() for _ in range(2)]
    entry, together = uuid4(), Barrier(2)

    def send(day):
        try:
            connection.ensure_connection()
            together.wait(timeout=30)
            return actions.once(
                session=day.session, envelope=envelope_for(day, entry), by=house.nurse,
                now=house.now, said=lambda event: "Note kept.",
                act=lambda: actions.note(
                    session=day.session, lane="medical", text="Calm.", at=house.now,
                    by=house.nurse, now=house.now,
                ),
            )  # fmt: skip
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(send, days))
    assert sorted(one.is_charted for one in sent) == [False, True]
    ids = [day.session.id for day in days]
    assert Event.objects.filter(session_id__in=ids, kind=EventKind.NOTE.value).count() == 1


def test_the_database_itself_lets_an_id_count_once(day):
    entry = uuid4()
    for expected in (True, False):
        row = SessionEntry.draft(
            now=day.now, clinic_id=day.session.clinic_id, patient_id=day.session.patient_id,
            course=day.guest.course, session=day.session, entry=entry, act="note",
            verdict=Verdict.DONE.value, at=day.now, body_digest="0" * 64, by=day.house.nurse,
        )  # fmt: skip
        if expected:
            row.save()
        else:
            with pytest.raises(IntegrityError):
                row.save()


def test_what_fails_leaves_no_entry_behind_and_may_be_sent_again(day):
    envelope = envelope_for(day, uuid4())

    def fails():
        day.observe(heart_rate=72)
        raise RuntimeError("the power went")

    common = {"session": day.session, "envelope": envelope, "by": day.house.nurse, "now": day.now}
    with pytest.raises(RuntimeError):
        actions.once(**common, act=fails, said=str)
    assert charted(day) == 0
    sent = actions.once(**common, act=lambda: day.observe(heart_rate=72), said=str)
    assert not sent.repeated
    assert charted(day) == 1
