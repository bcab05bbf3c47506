"""A private note is read by its author and by nobody else, wherever anybody looks."""

from __future__ import annotations

import re
import tarfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from holdspace.care import actions as care
from holdspace.care import secrecy
from holdspace.care.actions import private
from holdspace.care.models import Decision, Draft, NoteRelease, PrivateNote, Task
from holdspace.config import backup
from holdspace.core.decision import Door
from holdspace.core.facts import Role
from holdspace.people import actions as people
from holdspace.people.models import Membership
from holdspace.records.models import AccessEvent, Entry
from holdspace.records.verify import verify
from tests.rooms.factory import Guest, House, played, sign
from tests.rooms.people.cast import NOW, PASSWORD, member, signed_in

pytestmark = pytest.mark.django_db

SECRET = "the heron under the frozen bridge"
WORDS = ("heron", "frozen bridge")


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path: Path) -> Path:
    settings.HOLDSPACE_NOTES_KEY = tmp_path / "notes.key"
    return settings.HOLDSPACE_NOTES_KEY


@pytest.fixture
def house() -> House:
    return played(stocked=False)


@pytest.fixture
def guest(house: House) -> Guest:
    return house.enquirer()


def written(guest: Guest, text: str = SECRET, by: Membership | None = None, **more) -> PrivateNote:
    by = by or guest.house.therapist
    return private.write_private_note(course=guest.course, text=text, by=by, now=guest.now, **more)


def address(guest: Guest) -> str:
    return f"/chart/course/{guest.course.id}/private-notes/"


def tells(text: str) -> list[str]:
    return [word for word in WORDS if word in text]


# --- the author ----------------------------------------------------------------------------------


def test_the_author_writes_amends_strikes_and_searches(house: House, guest: Guest) -> None:
    browser = signed_in(house.therapist)
    assert browser.post(address(guest), {"text": SECRET}).status_code == 302
    page = browser.get(address(guest))
    assert SECRET in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    first = PrivateNote.objects.get()
    browser.post(address(guest), {"text": "A second heron", "note": str(first.id)})
    second = PrivateNote.objects.get(amends=first)
    found = browser.post(address(guest), {"search": "1", "q": "SECOND"}).content.decode()
    assert "A second heron" in found
    none = browser.post(address(guest), {"search": "1", "q": "walrus"}).content.decode()
    assert "None of your notes says this" in none and "heron" not in none
    browser.post(address(guest), {"text": "Wrong person", "note": str(second.id), "strike": "1"})
    page = browser.get(address(guest)).content.decode()
    assert "Struck on" in page and "Wrong person" in page and SECRET in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 60_001])
def test_a_note_that_cannot_be_kept_comes_back_as_it_was_typed(
    house: House, guest: Guest, text: str
) -> None:
    page = signed_in(house.therapist).post(address(guest), {"text": text})
    assert page.status_code == 200 and not PrivateNote.objects.exists()
    assert text.strip() in page.content.decode()


def test_only_the_newest_version_of_ones_own_note_is_amended(house: House, guest: Guest) -> None:
    first = written(guest)
    written(guest, "newer", amends=first)
    with pytest.raises(care.WrongInput, match="newer version"):
        written(guest, "fork", amends=first)
    other = another_therapist(house)
    with pytest.raises(care.WrongInput, match="not yours"):
        written(guest, "x", by=other, amends=first)


def another_therapist(house: House) -> Membership:
    return member(house.cast, Role.THERAPIST, now=NOW, name="Ada Lund")


def test_a_colleague_of_the_same_profession_sees_an_empty_page(house: House, guest: Guest) -> None:
    note = written(guest)
    browser = signed_in(another_therapist(house))
    page = browser.get(address(guest))
    assert page.status_code == 200 and not tells(page.content.decode())
    assert browser.post(address(guest), {"text": "x", "note": str(note.id)}).status_code == 404


def test_whoever_keeps_no_private_notes_finds_no_page(house: House, guest: Guest) -> None:
    written(guest)
    for who in (
        house.prescriber, house.nurse, house.coordinator, house.director, house.administrator,
        house.reviewer, house.custodian,
    ):  # fmt: skip
        assert signed_in(who).get(address(guest)).status_code == 404
        with pytest.raises(care.WrongInput):
            written(guest, by=who)


def test_emergency_access_opens_no_private_note(house: House) -> None:
    guest = house.enquirer()
    note = written(guest)
    type(guest.patient).objects.filter(pk=guest.patient.pk).update(is_restricted=True)
    guest.patient.refresh_from_db()
    browser = signed_in(house.therapist)
    now = timezone.now()
    people.open_emergency_access(
        patient=guest.patient, by=house.therapist, reason="Found outside the door, unwell",
        signature=sign(house.therapist, now), now=now,
    )  # fmt: skip
    assert note.by_id == house.therapist.id
    assert browser.get(f"/chart/{guest.patient.id}/").status_code == 200
    assert browser.get(address(guest)).status_code == 404


def test_a_therapist_who_has_left_reads_nothing_any_more(house: House, guest: Guest) -> None:
    written(guest)
    browser = signed_in(house.therapist)
    people.end_membership(membership=house.therapist, by=house.administrator, now=house.now)
    assert browser.get(address(guest)).status_code in (302, 404)


# --- everywhere else -----------------------------------------------------------------------------

HREF = re.compile(r'href="(/[^"#]*)')
CRAWLED_MAX = 160


def crawl(who: Membership, *starts: str) -> dict[str, str]:
    """Every page that somebody reaches by following links, by its address."""
    browser, found = signed_in(who), {}
    waiting = ["/", "/chart/tasks/?show=open", "/chart/private-notes/releases/", *starts]
    while waiting and len(found) < CRAWLED_MAX:
        path = waiting.pop(0)
        if path in found or path.startswith(("/static", "/accounts/logout", "/style")):
            continue
        answer = browser.get(path, follow=True)
        text = answer.content.decode("utf-8", "replace") if not answer.streaming else ""
        found[path] = text
        waiting += [h.replace("&amp;", "&") for h in HREF.findall(text)]
    return found


def test_no_page_of_anybody_says_a_word_of_it(house: House, monkeypatch) -> None:
    guest = house.guest()
    note = written(guest)
    written(guest, f"{SECRET}, again", amends=note)
    asked(house, guest)
    starts = (
        f"/chart/{guest.patient.id}/", f"/people/{guest.patient.id}/", address(guest),
        f"/people/?q={WORDS[0]}",
    )  # fmt: skip
    seen = 0
    for who in (
        house.prescriber, house.nurse, house.coordinator, house.director, house.administrator,
        house.reviewer, house.custodian, another_therapist(house),
    ):  # fmt: skip
        for path, text in crawl(who, *starts).items():
            seen += 1
            found = tells(text.replace(f"q={WORDS[0]}", "").replace(f'value="{WORDS[0]}"', ""))
            assert not found, (who.name, path)
    own = crawl(house.therapist, *starts)
    places = {urlsplit(p).path for p, text in own.items() if tells(text) and "q=" not in p}
    assert places == {address(guest)}
    assert seen > 60


def test_neither_the_database_nor_the_record_nor_the_log_holds_a_word(
    house: House, guest: Guest, caplog
) -> None:
    note = written(guest)
    assert SECRET not in note.body
    for entry in Entry.objects.all():
        assert not tells(f"{entry.act} {entry.body}")
    outcome = care.pass_door(
        Door.CLEAR_FOR_MEDICINE, care.lock_course(guest.course), by=house.prescriber, now=house.now
    )
    assert not tells(outcome.row.facts + outcome.row.findings)
    signed_in(house.therapist).get(address(guest))
    for event in AccessEvent.objects.all():
        assert not tells(event.detail)
    report = verify()
    assert report.ok and not tells(repr(report))
    assert not tells(caplog.text)
    assert Decision.objects.exists()


def every_row(path: Path) -> Path:
    """Every value of every table as text: what a dump holds, read inside the test's transaction."""
    with path.open("w") as dump, connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            dump.writelines(f"{table} {row}\n" for row in cursor.fetchall())
    return path


def test_a_backup_holds_the_note_encrypted_and_never_its_key(
    guest: Guest, tmp_path: Path, settings, monkeypatch
) -> None:
    settings.HOLDSPACE_DATA = tmp_path
    settings.HOLDSPACE_NOTES_KEY = tmp_path / "notes.key"
    settings.MEDIA_ROOT = tmp_path / "files"
    note = written(guest)
    monkeypatch.setattr(backup, "_dump", every_row)
    backup.create(tmp_path / "backup.tar.gz", now=guest.now, say=lambda said: None)
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        texts = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}
    assert any(note.body.encode() in text for text in texts.values())
    key = secrecy.key_file().read_bytes().strip()
    for name, text in texts.items():
        assert not any(word.encode() in text for word in WORDS), name
        assert key not in text and "notes.key" not in name


def test_a_row_that_was_moved_to_another_note_is_not_read(house: House, guest: Guest) -> None:
    note = written(guest)
    for author, bound in ((house.director.id, f"note:{note.id}"), (note.by_id, "note:other")):
        with pytest.raises(secrecy.KeyMissing):
            secrecy.unseal(note.body, clinic=note.clinic_id, author=author, bound_to=bound)


def test_a_note_is_never_changed_or_deleted(guest: Guest) -> None:
    note = written(guest)
    table = PrivateNote._meta.db_table
    for statement in (f"UPDATE {table} SET body = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert PrivateNote.objects.get().body == note.body


def test_that_a_note_was_written_and_read_is_in_the_record_and_the_log(
    house: House, guest: Guest
) -> None:
    written(guest)
    acts = Entry.objects.filter(stream=guest.course.stream).values_list("act", flat=True)
    assert "private_note_written" in acts
    signed_in(house.therapist).get(address(guest))
    assert AccessEvent.objects.filter(what="note.view", patient_id=guest.patient.id).exists()


# --- drafts and keys -----------------------------------------------------------------------------


def test_a_draft_of_a_note_is_kept_encrypted_and_given_back_to_its_writer(
    house: House, guest: Guest
) -> None:
    browser = signed_in(house.therapist)
    key = f"private-note:{guest.course.id}"
    sent = {"key": key, "data": {"text": [SECRET]}}
    kept = browser.post("/chart/drafts/", sent, content_type="application/json")
    assert kept.status_code == 200
    assert not tells(Draft.objects.get().data)
    back = browser.get(f"/chart/drafts/?key={key}").json()
    assert back["data"] == {"text": [SECRET]}
    refused = signed_in(house.nurse).post("/chart/drafts/", sent, content_type="application/json")
    assert refused.status_code == 400


def test_a_new_key_writes_and_the_old_ones_still_read(guest: Guest, key_file: Path) -> None:
    old = written(guest)
    assert key_file.stat().st_mode & 0o777 == 0o600
    secrecy.add_key()
    new = written(guest, "newer heron")
    assert secrecy.key_of(old.body) != secrecy.key_of(new.body)
    texts = [n.text for n in private.own_notes(guest.course, guest.house.therapist)]
    assert set(texts) == {SECRET, "newer heron"}


def test_without_its_key_nothing_is_read_nothing_new_is_begun_and_nothing_is_lost(
    house: House, guest: Guest, key_file: Path
) -> None:
    written(guest)
    kept = key_file.read_bytes()
    key_file.unlink()
    browser = signed_in(house.therapist)
    assert (
        "The key of this note is not on this machine"
        in browser.get(address(guest)).content.decode()
    )
    page = browser.post(address(guest), {"text": "typed anyway"})
    assert "typed anyway" in page.content.decode() and not key_file.exists()
    key_file.write_bytes(kept)
    assert SECRET in browser.get(address(guest)).content.decode()


def test_the_command_names_keys_and_adds_one_and_never_shows_one(
    guest: Guest, key_file: Path, capsys
) -> None:
    written(guest)
    call_command("notekeys")
    call_command("notekeys", "--new")
    said = capsys.readouterr().out
    for line in key_file.read_text().split():
        assert line not in said
    assert all(name in said for name in secrecy.key_names())


# --- the release ---------------------------------------------------------------------------------


def asked(house: House, guest: Guest, by: Membership | None = None, **more) -> NoteRelease:
    by = by or house.reviewer
    given = {"author": house.therapist, "ground": "required_by_law", **more}
    return private.ask_for_release(
        patient=guest.patient, reason="Order of the district court, 3 March, no. 25-114",
        signature=sign(by, house.now), by=by, now=house.now, **given,
    )  # fmt: skip


def answered(house: House, release: NoteRelease, by: Membership, approve: bool = True):
    return private.answer_release(
        release=release, approve=approve, reason="The order is genuine",
        signature=sign(by, house.now), by=by, now=house.now,
    )  # fmt: skip


def read(house: House, release: NoteRelease, by: Membership) -> list[str | None]:
    notes = private.read_release(
        release=release, signature=sign(by, house.now), by=by, now=house.now
    )
    return [note.text for note in notes]


def test_two_people_release_one_reading_and_the_author_is_told(house: House, guest: Guest) -> None:
    written(guest)
    release = asked(house, guest)
    owners = {t.owner for t in Task.objects.filter(kind="note_release")}
    assert owners == {house.therapist, house.director}
    with pytest.raises(care.WrongInput, match="may not be read"):
        read(house, release, house.reviewer)
    answered(house, release, house.director)
    with pytest.raises(care.WrongInput, match="Somebody else asked"):
        read(house, release, house.director)
    assert read(house, release, house.reviewer) == [SECRET]
    with pytest.raises(care.WrongInput, match="read once already"):
        read(house, release, house.reviewer)
    acts = list(Entry.objects.filter(act__startswith="note_release").values_list("act", flat=True))
    assert acts == ["note_release_asked", "note_release_approved", "note_release_read"]
    told = signed_in(house.therapist).get(address(guest)).content.decode()
    assert "Release of your notes" in told


def test_one_person_is_never_both_sides(house: House, guest: Guest) -> None:
    both = member(house.cast, Role.REVIEWER, Role.MEDICAL_DIRECTOR, now=NOW, name="Two Hats")
    release = asked(house, guest, by=both)
    with pytest.raises(care.WrongInput, match="asked for this yourself"):
        answered(house, release, both)
    second = member(house.cast, Role.REVIEWER, now=NOW, name="Second Reviewer")
    release = asked(house, guest)
    with pytest.raises(care.WrongInput, match="Two people of one role"):
        answered(house, release, second)
    answered(house, release, house.director)
    with pytest.raises(care.WrongInput, match="answered already"):
        answered(house, release, house.director)


def test_the_author_takes_no_part_in_a_release(house: House, guest: Guest) -> None:
    with pytest.raises(care.WrongInput, match="own notes"):
        asked(house, guest, author=house.reviewer)
    for who in (house.therapist, house.prescriber, house.administrator):
        with pytest.raises(care.WrongInput, match="releases no notes"):
            asked(house, guest, by=who)


def test_a_refused_or_outlived_release_is_read_by_nobody(house: House, guest: Guest) -> None:
    written(guest)
    refused = asked(house, guest)
    answered(house, refused, house.director, approve=False)
    late = asked(house, guest)
    answered(house, late, house.director)
    house.now += timedelta(hours=72, seconds=1)
    for release in (refused, late):
        with pytest.raises(care.WrongInput, match="may not be read"):
            read(house, release, house.reviewer)


def test_the_pages_of_a_release_show_the_notes_once_and_only_after_signing(
    house: House, guest: Guest
) -> None:
    written(guest)
    reviewer, director = signed_in(house.reviewer), signed_in(house.director)
    sent = reviewer.post(
        "/chart/private-notes/releases/",
        {
            "person": guest.patient.display_id, "author": str(house.therapist.id),
            "ground": "authorization", "reason": "Signed by the person on 2 March",
            "password": PASSWORD,
        },
    )  # fmt: skip
    assert sent.status_code == 302, sent.content.decode()
    page = sent["Location"]
    assert (
        director.post(
            page, {"answer": "approve", "reason": "I saw the paper", "password": PASSWORD}
        ).status_code
        == 302
    )
    assert not tells(reviewer.get(page).content.decode())
    assert not tells(reviewer.post(page, {"password": "wrong"}).content.decode())
    assert SECRET in reviewer.post(page, {"password": PASSWORD}).content.decode()
    again = reviewer.post(page, {"password": PASSWORD})
    assert not tells(again.content.decode())
    for who in (house.nurse, house.prescriber, house.administrator):
        assert signed_in(who).get(page).status_code == 404
