"""The clinic's own music: what is taken, what is not, who hears it, and how it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from holdspace.care.actions import WrongInput
from holdspace.comfort import actions, reading
from holdspace.comfort.actions import tracks as verbs
from holdspace.comfort.models import Track
from holdspace.core.facts import Role
from holdspace.records.verify import verify
from tests.core import sounds
from tests.rooms.comfort.scene import add
from tests.rooms.factory import House
from tests.rooms.people.cast import clinic_at, member, stranger

PAGE = "/comfort/music/"
SAID = {
    "title": "Low sun", "maker": "Invented", "licence": "CC BY 4.0", "has_lyrics": "no",
    "loudness": "quiet",
}  # fmt: skip


def upload(content: bytes | None = None, name: str = "low-sun.wav", **changes: Any) -> Any:
    found = sounds.wav() if content is None else content
    return {**SAID, "file": SimpleUploadedFile(name, found), **changes}


def test_a_file_is_kept_with_its_length_and_its_licence(house: House, screens: Any) -> None:
    browser = screens(house)(house.therapist)
    assert browser.post(PAGE, upload()).status_code == 302
    row = Track.objects.get()
    assert (row.length, row.media_type, row.licence) == ("0:03", "audio/wav", "CC BY 4.0")
    page = browser.get(PAGE).content.decode()
    assert "Low sun" in page
    assert "CC BY 4.0" in page
    assert verify().ok


@pytest.mark.parametrize(
    ("why", "changes", "words"),
    [
        ("a letter by a sound's name", {"content": b"%PDF-1.7", "name": "a.wav"}, "no sound file"),
        ("nothing in it", {"content": b""}, "is empty"),
        ("cut off", {"content": sounds.wav()[:-9]}, "ends before"),
        ("no licence", {"licence": "  "}, "This field is required"),
        ("a licence of one letter", {"licence": "x"}, "This is needed"),
        ("no title", {"title": ""}, "This field is required"),
        ("a title that is too long", {"title": "x" * 121}, "at most 120"),
        ("nobody said whether it is sung", {"has_lyrics": ""}, "This field is required"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_said_beside_its_field_and_nothing_typed_is_lost(
    house: House, screens: Any, why: str, changes: dict[str, Any], words: str
) -> None:
    page = screens(house)(house.therapist).post(PAGE, upload(**changes))
    assert page.status_code == 422, why
    assert words in page.content.decode(), why
    assert 'value="Invented"' in page.content.decode()
    assert not Track.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(
    house: House, screens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "TRACK_BYTES_MAX", 1000)
    page = screens(house)(house.therapist).post(PAGE, upload())
    assert page.status_code == 422
    assert "too large" in page.content.decode()


@pytest.mark.parametrize("title", ["🌊 Tide", "Été à Aix", "静かな海", "שקט"])
def test_a_title_in_any_script_is_kept_as_it_is(house: House, title: str) -> None:
    assert add(house, title).title == title


def test_a_sign_that_nobody_sees_is_refused(house: House) -> None:
    with pytest.raises(WrongInput, match="cannot be shown"):
        add(house, "Low\x00sun")


def test_the_same_bytes_are_one_track_until_it_is_retired(house: House) -> None:
    first = add(house, content=sounds.wav(5))
    with pytest.raises(WrongInput, match="here already"):
        add(house, "Another name", content=sounds.wav(5))
    actions.retire_track(
        track=first, because="the licence ended", by=house.therapist, now=house.now
    )
    assert add(house, "Bought again", content=sounds.wav(5)).file_digest == first.file_digest


def test_a_retired_track_leaves_the_list_and_stays_on_the_record(
    house: House, screens: Any
) -> None:
    track, browser = add(house), screens(house)(house.therapist)
    sent = {"retire": "1", "track": str(track.id), "because": "the licence ended"}
    assert browser.post(PAGE, sent).status_code == 302
    assert not reading.tracks_of(house.clinic).exists()
    assert "the licence ended" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, sent).status_code == 422
    assert verify().ok


def test_who_may_add_listen_and_see(house: House, screens: Any) -> None:
    track, of = add(house), screens(house)
    file = f"{PAGE}{track.id}/"
    outsider = stranger(house.now)
    for who, sees, adds in (
        (house.therapist, True, True),
        (house.director, True, True),
        (house.administrator, True, True),
        (house.nurse, True, False),
        (house.prescriber, True, False),
        (house.coordinator, False, False),
        (house.custodian, False, False),
        (outsider, False, False),
    ):
        browser = of(who)
        for address in (PAGE, file):
            assert browser.get(address).status_code == (200 if sees else 404), (who, address)
        posted = browser.post(PAGE, upload(sounds.wav(loud=77)))
        assert (posted.status_code != 404) is adds, who
    assert of(house.therapist).get(f"{PAGE}{uuid4()}/").status_code == 404


def test_another_clinic_cannot_open_the_file(house: House, screens: Any) -> None:
    other = clinic_at(house.now, name="Elsewhere House")
    therapist = member(other, Role.THERAPIST)
    assert screens(house)(therapist).get(f"{PAGE}{add(house).id}/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "said", "length"),
    [
        ("", 200, None, None),
        ("bytes=0-99", 206, "bytes 0-99/", 100),
        ("bytes=100-", 206, "bytes 100-", None),
        ("bytes=-50", 206, "bytes ", 50),
        ("bytes=0-999999999", 206, "bytes 0-", None),
        ("bytes=999999999-", 416, "bytes */", 0),
        ("bytes=50-10", 416, "bytes */", 0),
        ("bytes=0-1,5-9", 200, None, None),
        ("parsecs=1-2", 200, None, None),
        (f"bytes=0-{'9' * 5000}", 200, None, None),  # more digits than a number may have
        (f"bytes={'9' * 5000}-", 200, None, None),
        (f"bytes=-{'9' * 5000}", 200, None, None),
        ("bytes=٠-٩", 200, None, None),
    ],
)
def test_a_player_gets_the_part_that_it_asks_for(
    house: House, screens: Any, asked: str, status: int, said: str | None, length: int | None
) -> None:
    whole = sounds.wav(2, loud=3)
    track = add(house, content=whole)
    answer = screens(house)(house.nurse).get(f"{PAGE}{track.id}/", headers={"Range": asked})
    assert answer.status_code == status
    if said:
        assert answer["Content-Range"].startswith(said)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if status == 200:
        assert body == whole
    if status == 206:
        first, last = answer["Content-Range"].split()[1].split("/")[0].split("-")
        assert body == whole[int(first) : int(last) + 1]
        assert answer["Content-Length"] == str(len(body))
    if length is not None:
        assert len(body) == length


def test_the_file_is_kept_by_the_browser_alone_and_asked_for_once(
    house: House, screens: Any
) -> None:
    track, browser = add(house), screens(house)(house.nurse)
    answer = browser.get(f"{PAGE}{track.id}/")
    assert answer["Cache-Control"].startswith("private")
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "media-src 'self'" in answer["Content-Security-Policy"]
    again = browser.get(f"{PAGE}{track.id}/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_file_that_is_gone_is_said_to_be_gone(house: House, screens: Any, settings: Any) -> None:
    track = add(house)
    settings.MEDIA_ROOT = settings.MEDIA_ROOT / "elsewhere"
    assert screens(house)(house.nurse).get(f"{PAGE}{track.id}/").status_code == 410
