"""The pages of the day: what they show, to whom, and what they keep when something is wrong."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.medicine.actions import label_of
from tests.rooms.factory import played, sign
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db


def url(day, act=None):
    name = "medicine:act" if act else "medicine:session"
    return reverse(name, args=[day.session.id, *([act] if act else [])])


def test_a_nurse_charts_orders_are_given_and_the_person_goes_home_from_the_screen(screens):
    house = played()
    day = house.guest().open()
    at = screens(house)
    nurse, prescriber = at(house.nurse), at(house.prescriber)
    page = nurse.get(url(day))
    assert page.status_code == 200, page.content.decode()[:2000]
    assert "No dose yet" in page.content.decode()
    made = prescriber.post(url(day, "order"), {"dose": "0.7 mg/kg", "password": PASSWORD})
    assert made.status_code == 302, made.content.decode()[-6000:]
    page = nurse.get(url(day)).content.decode()
    assert "72.4 kg × 0.7 mg/kg = 50.68 mg, rounded down to 50 mg" in page
    dosing = nurse.get(url(day)).context["dosing"]
    drawn = nurse.post(
        url(day, "prepare"), {"order": dosing["open_orders"][0].id, "vial": dosing["vials"][0].id}
    )
    assert drawn.status_code == 302, drawn.content.decode()[-6000:]
    preparation = nurse.get(url(day)).context["day"].facts.preparations[0]
    wrong = {
        "preparation": preparation.id,
        "person": "P-9999",
        "label": "AAAAAA",
        "password": PASSWORD,
    }
    kept = nurse.post(url(day, "give"), wrong)
    assert kept.status_code == 422
    assert "P-9999" in kept.content.decode()
    right = wrong | {"person": day.guest.patient.display_id, "label": label_of(preparation)}
    given = nurse.post(url(day, "give"), right)
    assert given.status_code == 302, given.content.decode()
    house.later(minutes=10)
    charted = nurse.post(
        url(day, "observe"),
        {
            "systolic": "168",
            "diastolic": "92",
            "heart_rate": "88",
            "spo2": "97",
            "oxygen_l_min": "0",
        },
    )
    assert charted.status_code == 302, charted.content.decode()
    page = nurse.get(url(day)).content.decode()
    assert "168/92" in page
    assert "160 to below 180 mmHg" in page
    day.settle()
    home = prescriber.post(url(day, "discharge"), {"escort": "Sam Vale", "password": PASSWORD})
    assert home.status_code == 302, home.content.decode()
    page = at(house.nurse).get(url(day)).content.decode()
    assert "Discharged" in page
    assert "The call on the next day" in page


def test_what_was_typed_wrongly_comes_back_with_what_would_be_accepted(screens):
    house = played()
    day = house.guest().open()
    answer = screens(house)(house.nurse).post(
        url(day, "observe"), {"systolic": "180/1100", "diastolic": "92", "heart_rate": "700"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "180/1100" in page
    assert "Accepted: a number from 20 to 300 /min" in page
    assert day.session.observations.count() == 0


def test_an_unusual_number_is_kept_when_somebody_says_that_it_is_right(screens):
    house = played()
    day = house.guest().open()
    nurse = screens(house)(house.nurse)
    typed = {"spo2": "28", "oxygen_l_min": "2"}
    asked = nurse.post(url(day, "observe"), typed)
    assert asked.status_code == 422
    assert "SpO2 28 % is right: I looked at the person" in asked.content.decode()
    assert nurse.post(url(day, "observe"), typed | {"sure_spo2": "28"}).status_code == 302
    assert day.session.observations.get().number == 28


def test_a_reading_outside_its_limit_says_so_on_its_tile(screens):
    house = played()
    day = house.guest().open()
    day.observe(systolic=171, diastolic=93)
    page = screens(house)(house.nurse).get(url(day)).content.decode()
    tile = page[page.index('id="readings"') :]
    assert "outside its limit" in tile[: tile.index("Heart rate")]


def test_overdue_counts_from_the_first_set_that_nobody_took(screens):
    house = played()
    day = house.guest().open()
    day.give()
    house.later(minutes=50)
    context = screens(house)(house.nurse).get(url(day)).context
    assert context["due"]["missed"] > 0
    assert (house.now - context["due"]["at"]).total_seconds() == 40 * 60
    assert context["due"]["tone"] == "late"


def test_the_label_is_told_when_it_is_written_and_not_beside_the_field_that_asks_for_it(screens):
    house = played()
    day = house.guest().open()
    order = day.order()
    nurse = screens(house)(house.nurse)
    vial = str(house.vials[0].id)
    answer = nurse.post(url(day, "prepare"), {"order": order.id, "vial": vial}, follow=True)
    page = answer.content.decode()
    label = label_of(answer.context["day"].facts.preparations[0])
    assert f"Write the label on the syringe now: {label}" in page
    assert "Drawn up: 50 mg at 50 mg/mL = 1 mL" in page
    form = page[page.index('id="give"') :]
    assert label not in form[: form.index("</details>")]


def test_a_stop_leads_to_the_place_where_it_is_answered(screens):
    house = played()
    guest = house.guest()
    nurse = screens(house)(house.nurse)
    where = reverse("medicine:readiness", args=[guest.course.id])
    page = nurse.get(where).content.decode()
    assert 'href="#ask-identity_confirmed"' in page
    assert 'id="ask-identity_confirmed"' in page
    assert page.index("Answers and readings of today") < page.index("All that the door asks")


def test_going_home_asks_the_suicide_screen_that_its_door_demands(screens):
    house = played()
    day = house.guest().open()
    nurse = screens(house)(house.nurse)
    asked = {f"asq_{number}": "no" for number in range(1, 5)} | {"padss_activity": "2"}
    assert nurse.post(url(day, "going-home"), asked).status_code == 302
    kinds = set(day.session.observations.values_list("kind", flat=True))
    assert {"suicide_screen", "padss_activity"} <= kinds


def test_a_late_entry_shows_both_times(screens):
    house = played()
    day = house.guest().open()
    house.later(minutes=30)
    nurse = screens(house)(house.nurse)
    nurse.post(url(day, "observe"), {"heart_rate": "80", "taken_at": "09:05"})
    page = nurse.get(url(day)).content.decode()
    assert "09:05" in page
    assert "written down at 09:31" in page


def test_a_refused_dose_shows_every_finding_and_is_kept(screens):
    house = played()
    day = house.guest().open(temperature=None)
    drawn = day.draw(day.order())
    typed = {
        "preparation": drawn.id, "person": day.guest.patient.display_id,
        "label": label_of(drawn), "password": PASSWORD,
    }  # fmt: skip
    answer = screens(house)(house.nurse).post(url(day, "give"), typed)
    assert answer.status_code == 409
    assert "Refused. This answer is kept." in answer.content.decode()
    kept = day.guest.course.decisions.filter(door="give_dose").get()
    assert not kept.allowed
    assert not day.session.events.filter(kind="dose_given").exists()


def test_readiness_shows_the_findings_and_opens_the_day(screens):
    house = played()
    guest = house.guest()
    nurse = screens(house)(house.nurse)
    where = reverse("medicine:readiness", args=[guest.course.id])
    page = nurse.get(where).content.decode()
    assert "Not now" in page
    assert 'value="122"' not in page
    asked = {f"asq_{number}": "no" for number in range(1, 5)}
    yes = ("identity_confirmed", "able_to_consent", "escort_confirmed", "room_ready")
    asked |= dict.fromkeys((*yes, "emergency_equipment_checked"), "yes")
    asked |= {"escort_name": "Sam Vale", "escort_phone": "303 555 0177"}
    asked |= {"health_change": "no", "step": "open"}
    opened = nurse.post(where, asked)
    assert opened.status_code == 302, opened.content.decode()[:9000]
    assert guest.course.sessions.count() == 1


def test_a_refused_readiness_keeps_the_answers_and_the_refusal(screens):
    house = played()
    guest = house.guest()
    nurse = screens(house)(house.nurse)
    where = reverse("medicine:readiness", args=[guest.course.id])
    answer = nurse.post(where, {"identity_confirmed": "yes", "step": "open"})
    assert answer.status_code == 409
    assert guest.course.observations.filter(kind="identity_confirmed").exists()
    assert guest.course.decisions.filter(door="open_session", allowed=False).count() == 1


def test_half_a_suicide_screen_is_refused(screens):
    house = played()
    guest = house.guest()
    where = reverse("medicine:readiness", args=[guest.course.id])
    answer = screens(house)(house.nurse).post(where, {"asq_1": "no", "asq_2": "yes"})
    assert answer.status_code == 422
    assert "Questions 1 to 4 belong together" in answer.content.decode()


def test_a_positive_screen_has_an_owner_at_once(screens):
    house = played()
    guest = house.guest()
    where = reverse("medicine:readiness", args=[guest.course.id])
    asked = {"asq_1": "yes", "asq_2": "no", "asq_3": "no", "asq_4": "no", "asq_5": "no"}
    assert screens(house)(house.nurse).post(where, asked).status_code == 302
    task = guest.course.tasks.get(kind="risk_answer")
    assert task.owner == house.nurse
    assert task.holds


def test_the_board_tells_the_desk_whom_to_ask_and_never_why(screens):
    house = played()
    guest = house.guest()
    guest.start(identity_confirmed=None)
    board = reverse("medicine:board")
    at = screens(house)
    desk = at(house.coordinator).get(board).content.decode()
    assert "Clinical hold: ask Amara Lind" in desk
    assert "/medicine/readiness/" not in desk
    assert "dentity" not in desk
    floor = at(house.nurse).get(board).content.decode()
    assert "/medicine/readiness/" in floor


def test_the_board_shows_no_vitals(screens):
    house = played()
    day = house.guest().open()
    day.observe(systolic=171, diastolic=93)
    page = screens(house)(house.nurse).get(reverse("medicine:board")).content.decode()
    assert "In session" in page
    assert "171" not in page


def test_the_desk_has_no_session_page(screens):
    house = played()
    day = house.guest().open()
    assert screens(house)(house.coordinator).get(url(day)).status_code == 404


def test_another_clinic_has_no_session_page(screens):
    house = played()
    day = house.guest().open()
    elsewhere = played(stocked=False)
    assert screens(house)(elsewhere.nurse).get(url(day)).status_code == 404


def test_the_session_page_asks_the_database_as_often_for_a_long_session_as_for_a_short_one(screens):
    house = played()
    day = house.guest().open()
    day.give()
    nurse = screens(house)(house.nurse)
    nurse.get(url(day))
    few = queries(nurse, url(day))
    for _ in range(12):
        house.later(minutes=1)
        day.observe(systolic=130, diastolic=84, heart_rate=80, spo2=97)
    assert queries(nurse, url(day)) == few
    assert few <= 70
    assert queries(nurse, reverse("medicine:session_live", args=[day.session.id])) <= 50


def queries(browser, where):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(where).status_code == 200
    return len(asked)


def test_a_refresh_of_the_page_is_not_another_viewing(screens):
    from holdspace.records.models import AccessEvent

    house = played()
    day = house.guest().open()
    nurse = screens(house)(house.nurse)
    live = reverse("medicine:session_live", args=[day.session.id])
    nurse.get(url(day))
    before = AccessEvent.objects.count()
    assert nurse.get(live, headers={"X-Background": "1"}).status_code == 200
    assert AccessEvent.objects.count() == before


def test_a_page_that_has_what_stands_is_told_so_and_hears_of_every_change(screens):
    house = played()
    day = house.guest().open()
    day.give()
    nurse, therapist = (screens(house)(who) for who in (house.nurse, house.therapist))
    live = reverse("medicine:session_live", args=[day.session.id])
    refresh = {"X-Background": "1"}
    has = nurse.get(live, headers=refresh)["ETag"]
    with CaptureQueriesContext(connection) as asked:
        again = nurse.get(live, headers={**refresh, "If-None-Match": has})
    assert (again.status_code, again.content, len(asked) <= 9) == (304, b"", True), len(asked)
    assert again["X-Server-Now"]
    assert therapist.get(live, headers={**refresh, "If-None-Match": has}).status_code == 200
    day.observe(heart_rate=93)
    after = nurse.get(live, headers={**refresh, "If-None-Match": has})
    assert after.status_code == 200 and "93" in after.content.decode()
    house.later(minutes=1)
    assert nurse.get(live, headers={**refresh, "If-None-Match": after["ETag"]}).status_code == 200


def test_what_stands_is_told_to_nobody_who_may_not_read_it(screens):
    house = played()
    day = house.guest().open()
    live = reverse("medicine:session_live", args=[day.session.id])
    has = screens(house)(house.nurse).get(live, headers={"X-Background": "1"})["ETag"]
    stranger = screens(house)(played(stocked=False).nurse)
    asked = stranger.get(live, headers={"X-Background": "1", "If-None-Match": has})
    assert asked.status_code == 404


def test_the_board_says_the_word_of_the_chart_and_what_is_overdue(screens):
    house = played()
    day = house.guest().open()
    day.give()
    nurse = screens(house)(house.nurse)
    board = reverse("medicine:board")
    house.later(minutes=4)
    assert "Next observation" in nurse.get(board).content.decode()
    house.later(minutes=66)
    page = nurse.get(board).content.decode()
    chart = nurse.get(reverse("care:chart", args=[day.guest.patient.id]))
    assert chart.context["state"] == "Resting"
    assert "Resting" in page
    assert "Observation" in page and "overdue by 60 min" in page
    desk = screens(house)(house.coordinator).get(board).content.decode()
    assert "overdue" not in desk


def test_the_board_names_who_owes_what_to_those_who_read_charts(screens):
    house = played()
    day = house.guest().open()
    from holdspace.care.events import AdverseEvent
    from holdspace.medicine import actions

    actions.adverse_event(
        **day.common, event=AdverseEvent(term="Nausea", grade=3), at=day.now, by=house.nurse
    )
    at, board = screens(house), reverse("medicine:board")
    page = at(house.nurse).get(board).content.decode()
    assert "Review: Nausea, grade 3" in page
    assert house.director.user.name in page
    assert "Nausea" not in at(house.coordinator).get(board).content.decode()


def test_the_board_asks_the_database_as_often_for_two_open_rooms_as_for_one(screens):
    house = played()
    nurse, board = screens(house), reverse("medicine:board")
    house.guest().open()
    one = nurse(house.nurse)
    entries(one, board)
    few = queries(one, board)
    house.guest().open()  # a day later; the first is still open and long overdue
    again = nurse(house.nurse)
    assert len([e for e in entries(again, board) if e["room"]]) == 2
    assert queries(again, board) == few <= 40


def entries(browser, board):
    return [e for column in browser.get(board).context["columns"] for e in column["entries"]]


def test_readiness_asks_for_the_written_query_and_leads_to_its_page(screens):
    house = played()
    guest = house.guest()
    query = guest.course.events.get(kind="pdmp_queried")
    care.strike(
        row=query, reason="another person’s query", by=house.prescriber, now=house.now,
        signature=sign(house.prescriber, house.now),
    )  # fmt: skip
    nurse = screens(house)(house.nurse)
    where = reverse("medicine:readiness", args=[guest.course.id])
    writes = reverse("care:pdmp", args=[guest.course.id])
    page = nurse.get(where).content.decode()
    assert "prescription-monitoring query is missing" in page and f'href="{writes}"' in page
    assert 'name="pdmp_query"' not in page, "a yes is no query"
    kept = nurse.post(
        writes,
        {"at": f"{house.now.astimezone(house.clinic.zone):%Y-%m-%dT%H:%M}", "states": "CO",
         "on_behalf_of": str(house.prescriber.pk)},
    )  # fmt: skip
    assert kept.status_code == 302
    assert "prescription-monitoring query is missing" not in nurse.get(where).content.decode()
