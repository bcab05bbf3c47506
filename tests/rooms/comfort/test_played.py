"""What was heard is on the record once, whatever the network did; and the room was made good."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from holdspace.care.actions import WrongInput
from holdspace.care.facts import protocol_of
from holdspace.comfort import actions, reading
from holdspace.comfort.actions import Played
from holdspace.comfort.models import Moment, RoomCheck, What
from holdspace.core.music import Phase
from holdspace.medicine import music as shown
from holdspace.records.verify import verify
from tests.rooms.comfort.scene import add, keep
from tests.rooms.factory import Day, House

SCREEN = uuid4()


@pytest.fixture
def day(house: House) -> Day:
    guest = house.guest()
    keep(guest, {Phase.SETTLE: [add(house, "Ground").id], Phase.PEAK: [add(house, "Wide").id]})
    house.later(minutes=1)
    return guest.open()


def moment(day: Day, what: What = What.PLAYING, **more: Any) -> Played:
    plan = reading.newest_plan(day.guest.course)
    assert plan is not None
    given = {"key": uuid4(), "at": day.now, "screen": SCREEN, "phase": Phase.SETTLE}
    return Played(**{**given, "what": what, "plan": plan.id, **more})


def kept(day: Day, *played: Played) -> list[Moment]:
    return actions.keep_moments(
        session=day.session, played=played, by=day.house.therapist, now=day.now
    )


def sent(day: Day, *played: Played) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.key), "what": one.what.value, "at": one.at.isoformat(),
            "screen": str(one.screen), "phase": one.phase.value if one.phase else "",
            "plan": str(one.plan) if one.plan else None,
            "track": str(one.track) if one.track else None,
            "about": one.about.isoformat() if one.about else None,
        }
        for one in played
    ]  # fmt: skip


def post(browser: Any, day: Day, by: Any, moments: Any) -> Any:
    place = f"/medicine/session/{day.session.id}/music/"
    body = json.dumps({"moments": moments, "by": str(by.id)})
    return browser.post(place, body, content_type="application/json")


def test_a_moment_that_is_sent_again_is_one_moment(day: Day, screens: Any) -> None:
    browser = screens(day.house)(day.house.therapist)
    first, second = moment(day), moment(day, What.PAUSED)
    for batch in ([first], [first, second], [second, second], [first]):
        answer = post(browser, day, day.house.therapist, sent(day, *batch))
        assert answer.status_code == 200
        assert set(answer.json()["kept"]) == {str(one.key) for one in batch}
    assert Moment.objects.filter(session=day.session).count() == 2
    assert verify().ok


def test_what_came_late_keeps_the_time_at_which_it_was_heard(day: Day) -> None:
    heard = day.now
    day.house.later(minutes=20)
    row = kept(day, moment(day, at=heard))[0]
    assert (row.at, row.recorded_at) == (heard, day.now)


def test_a_tablet_whose_clock_is_ahead_is_kept_as_now(day: Day) -> None:
    assert kept(day, moment(day, at=day.now + timedelta(hours=3)))[0].at == day.now


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "exploded"}, {"at": "yesterday"}, {"at": "2026-03-02T10:00:00"}, {"id": "7"},
        {"track": str(uuid4())}, {"plan": str(uuid4())}, {"phase": "chorus"}, {"screen": None},
    ],
)  # fmt: skip
def test_one_wrong_moment_is_named_and_keeps_back_no_other(
    day: Day, screens: Any, wrong: dict[str, Any]
) -> None:
    good, bad = sent(day, moment(day), moment(day))
    answer = post(
        screens(day.house)(day.house.nurse), day, day.house.nurse, [bad | wrong, good]
    ).json()
    assert answer["kept"] == [good["id"]]
    assert [one["id"] for one in answer["refused"]] == [(bad | wrong)["id"]]
    assert Moment.objects.count() == 1


def test_nobody_sends_what_another_person_played(day: Day, screens: Any) -> None:
    browser = screens(day.house)(day.house.nurse)
    assert post(browser, day, day.house.therapist, sent(day, moment(day))).status_code == 401
    assert not Moment.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"moments": 1}', '{"moments": []}', '{"moments": ' + "[1]" * 3]
)
def test_what_cannot_be_read_is_refused_as_a_whole(day: Day, screens: Any, body: str) -> None:
    place = f"/medicine/session/{day.session.id}/music/"
    browser = screens(day.house)(day.house.nurse)
    assert browser.post(place, body, content_type="application/json").status_code == 400


def test_a_key_of_another_session_is_not_taken_over(house: House, day: Day) -> None:
    row = kept(day, moment(day))[0]
    other = house.guest().open()
    with pytest.raises(WrongInput, match="another session"):
        kept(other, moment(day, key=row.id, plan=None))


def test_who_charts_sends_and_who_reads_sees_the_list_of_files(day: Day, screens: Any) -> None:
    house, of = day.house, screens(day.house)
    place = f"/medicine/session/{day.session.id}/music/"
    for who, may_read, may_send in (
        (house.therapist, 200, 200), (house.nurse, 200, 200), (house.coordinator, 404, 404),
        (house.administrator, 404, 404),
    ):  # fmt: skip
        assert of(who).get(place).status_code == may_read
        assert post(of(who), day, who, sent(day, moment(day))).status_code == may_send
    files = of(house.nurse).get(place).json()["files"]
    assert len(files) == 2
    assert all(of(house.nurse).get(file).status_code == 200 for file in files)


def test_the_music_has_its_lane_and_another_screen_sees_what_plays(day: Day, screens: Any) -> None:
    track = reading.tracks_of(day.house.clinic).get(title="Ground")
    kept(day, moment(day, track=track.id))
    browser = screens(day.house)(day.house.nurse)
    place = f"/medicine/session/{day.session.id}/"
    live = browser.get(f"{place}live/", headers={"X-Background": "1"}).content.decode()
    assert "Playing “Ground”" in live
    assert "Music: playing “Ground” (Settle)" in live
    day.house.later(minutes=1)
    kept(day, moment(day, What.SILENCE))
    live = browser.get(f"{place}live/").content.decode()
    assert "Silent since" in live
    assert "Playing “Ground”" not in live
    assert "Music: playing “Ground” (Settle)" in browser.get(f"{place}timeline/").content.decode()


def test_a_further_dose_asks_and_the_answer_moves_the_phases(day: Day, screens: Any) -> None:
    day.give("50 mg")
    kept(day, moment(day))
    day.house.later(minutes=21)
    before = day.now
    doses = [before - timedelta(minutes=21), before]
    plan = reading.newest_plan(day.guest.course)
    assert plan is not None
    played = reading.moments(day.session)
    assert reading.times(plan, doses, played)[1] == (before,)
    kept(day, moment(day, What.STRETCHED, about=before))
    spans, asked = reading.times(plan, doses, reading.moments(day.session))
    assert asked == ()
    peak = next(span for span in spans if span.phase is Phase.PEAK)
    assert peak.ends == before + timedelta(minutes=plan.onset_minutes + plan.peak_minutes)
    day.house.later(minutes=1)
    kept(day, moment(day, What.AS_PLANNED, about=before))
    spans, _asked = reading.times(plan, doses, reading.moments(day.session))
    peak = next(span for span in spans if span.phase is Phase.PEAK)
    assert peak.ends == doses[0] + timedelta(minutes=plan.onset_minutes + plan.peak_minutes)


def test_a_real_further_dose_is_asked_about_on_the_page_until_the_player_answers(
    day: Day, screens: Any
) -> None:
    browser = screens(day.house)(day.house.therapist)
    live = f"/medicine/session/{day.session.id}/live/"
    day.give("50 mg")
    kept(day, moment(day))
    assert "data-music-question" not in browser.get(live).content.decode()
    day.house.later(minutes=15)
    day.observe(systolic=134, diastolic=82, heart_rate=84, spo2=97, sedation_moaas=5)
    day.give("25 mg", reason="tolerated well, asked for a little more")
    page = browser.get(live).content.decode()
    about = page.split('data-music-question="')[1].split('"')[0]
    answer = sent(day, moment(day, What.STRETCHED))[0] | {"about": about}
    assert post(browser, day, day.house.therapist, [answer]).json()["kept"] == [answer["id"]]
    page = browser.get(live).content.decode()
    assert "data-music-question" not in page
    assert "Music: phase stretched for the further dose" in page


def test_a_no_of_the_person_reaches_the_player_at_once(day: Day) -> None:
    plan = reading.newest_plan(day.guest.course)
    assert plan is not None
    track = reading.tracks_of(day.house.clinic).get(title="Wide")
    actions.say_wish(plan=plan, track=track, wanted=False, by=None, now=day.now)
    live = shown.live(day.session, [], is_over=False)
    assert live is not None
    assert json.loads(live["state"])["refused"] == [str(track.id)]


def test_only_the_session_pages_may_play_what_they_fetched(day: Day, screens: Any) -> None:
    browser = screens(day.house)(day.house.nurse)
    policy = browser.get(f"/medicine/session/{day.session.id}/")["Content-Security-Policy"]
    assert "media-src 'self' blob:" in policy
    assert "blob:" not in browser.get("/medicine/")["Content-Security-Policy"]


def test_the_picture_draws_each_phase_under_the_times_once_music_was_heard(day: Day) -> None:
    day.give("50 mg")
    given = day.now
    assert shown.blocks(shown.live(day.session, [given], is_over=False), given, day.now) == []
    kept(day, moment(day))
    live = shown.live(day.session, [given], is_over=False)
    bars = shown.blocks(live, given - timedelta(minutes=5), given + timedelta(minutes=20))
    assert [bar.name for bar in bars] == ["Settle", "Onset", "Peak"]
    assert bars[0].ends == bars[1].begins == given
    assert bars[2].ends == given + timedelta(minutes=20)


# -- the room


def tick(day: Day, **more: Any) -> RoomCheck:
    given: dict[str, Any] = {"done": [], "not_wanted": [], "note": ""}
    return actions.check_room(
        course=day.guest.course, session=day.session, by=day.house.nurse, now=day.now,
        **{**given, **more},
    )  # fmt: skip


def test_the_list_is_the_clinics_own_and_waits_for_a_signature(day: Day) -> None:
    items = protocol_of(day.guest.course).comfort
    assert {"light", "temperature", "blanket", "eyeshade", "water", "bucket", "bathroom",
            "phone_off", "door_sign", "touch_read"} <= items.keys()  # fmt: skip
    assert all(item.awaiting_signature for item in items.values())


def test_the_list_is_done_on_the_page_and_shown_in_the_session(day: Day, screens: Any) -> None:
    browser = screens(day.house)(day.house.nurse)
    place = f"/medicine/room/{day.guest.course.id}/"
    answers = {"done": ["light", "blanket"], "not_wanted": ["eyeshade"], "note": "Window open."}
    assert browser.post(place, answers).status_code == 302
    page = browser.get(f"/medicine/session/{day.session.id}/").content.decode()
    assert "7 lines are open" in page
    assert "The person does not want: An eyeshade is at hand and clean" in page
    assert "Window open." in page
    assert verify().ok


def test_the_list_before_the_day_is_opened_is_the_list_of_the_day(
    house: House, screens: Any
) -> None:
    guest = house.guest()
    browser = screens(house)(house.nurse)
    place = f"/medicine/room/{guest.course.id}/"
    assert browser.post(place, {"done": ["light"]})["Location"].endswith(
        f"/medicine/readiness/{guest.course.id}/"
    )
    house.later(minutes=5)
    day = guest.open()
    check = reading.room_check(guest.course, day.session, house.now)
    assert check is not None
    assert check.items["light"][1] == "done"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"done": ["light"], "not_wanted": ["light"]}, "both ways"),
        ({"done": ["disco"]}, "not on the clinic"),
        ({}, "Nothing was ticked"),
        ({"done": ["light"], "note": "x" * 501}, "too long"),
    ],
)
def test_a_list_that_says_nothing_or_two_things_is_refused_with_what_was_ticked(
    day: Day, screens: Any, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(WrongInput, match=words):
        tick(day, **given)
    place = f"/medicine/room/{day.guest.course.id}/"
    page = screens(day.house)(day.house.nurse).post(place, given)
    assert page.status_code == 422
    assert page.content.decode().count("checked") == len(
        [k for k in (*given.get("done", ()), *given.get("not_wanted", ())) if k == "light"]
    )


def test_what_the_person_did_not_want_last_time_is_ticked_and_nothing_else(day: Day) -> None:
    tick(day, done=["light"], not_wanted=["eyeshade"])
    day.house.later(days=8)
    lines = {one["key"]: one for one in shown.room(day.guest.course, None, day.now)["lines"]}
    assert lines["eyeshade"]["not_wanted"]
    assert not lines["light"]["done"]


def test_the_desk_neither_sees_nor_does_the_list(day: Day, screens: Any) -> None:
    place = f"/medicine/room/{day.guest.course.id}/"
    browser = screens(day.house)(day.house.coordinator)
    assert browser.get(place).status_code == 404
    assert browser.post(place, {"done": ["light"]}).status_code == 404
