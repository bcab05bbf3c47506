"""A visitor gets straight answers, a short way in, and never a dead end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from holdspace.care.models import Task
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.models import Clinic, Patient
from holdspace.records.verify import verify
from holdspace.welcome.actions import SelfReferral, answer_by, receive_enquiry
from holdspace.welcome.models import Enquiry
from tests.rooms.people.cast import Cast, clinic_at, member, signed_in

pytestmark = pytest.mark.django_db

CONTACT = {
    "safe_contact": "phone",
    "phone": "303 555 0142",
    "email": "",
    "safe_contact_note": "No voicemail.",
}
ANSWERS: dict[str, dict[str, str]] = {
    "name": {"name": "Robin Vale"},
    "born": {"birth_date": "1984-03-09"},
    "state": {"state": "CO"},
    "contact": CONTACT,
    "why": {"why": "Nothing else has helped."},
    "safe": {"danger": "no"},
}


@pytest.fixture
def cast() -> Cast:
    return clinic_at(timezone.now() - timedelta(minutes=1))


@pytest.fixture
def desk(cast: Cast) -> Any:
    return member(cast, Role.COORDINATOR, now=timezone.now(), name="Pia Sund")


def walk(browser: Client, cast: Cast, **changes: dict[str, str]) -> Any:
    """Answer one question after the other; returns the last answer of the server."""
    page = browser.get(f"/get-started/?clinic={cast.clinic.id}")
    for step, typed in {**ANSWERS, **changes}.items():
        page = browser.post(f"/get-started/{step}/", typed)
        if page.status_code != 302 or "not-here" in page["Location"]:
            break
    return page


def test_the_front_page_answers_plainly_and_says_what_it_may_say(client: Client) -> None:
    page = client.get("/")
    content = page.content.decode()
    assert page.status_code == 200
    for sentence in (
        "Ketamine can be misused and can cause dependence, of mind and body",
        "Breathing can slow: with too much, given too fast",
        "Generic ketamine is not FDA-approved for any psychiatric condition",
        "21 USC 812(b)",
        "moderate or low physical dependence or high psychological dependence",
    ):
        assert sentence in content
    assert content.count("<dt>Schedule") == 5
    assert "proven" not in content.lower()
    assert 'href="tel:988"' in content and 'href="/get-started/"' in content


def test_staff_begin_their_day_instead(cast: Cast, desk: Any) -> None:
    assert signed_in(desk).get("/")["Location"] == "/medicine/"
    assert signed_in(cast.administrator).get("/")["Location"] == "/people/staff/"


def test_an_enquiry_enters_the_person_and_opens_the_coordinators_task(
    client: Client, cast: Cast, desk: Any
) -> None:
    sent = walk(client, cast)
    assert sent["Location"] == "/get-started/thank-you/"
    person = Patient.objects.get(clinic=cast.clinic)
    assert (person.name, person.state, person.safe_contact) == ("Robin Vale", "CO", "phone")
    assert person.safe_contact_note == "No voicemail."
    enquiry = Enquiry.objects.get(patient=person)
    assert enquiry.why == "Nothing else has helped."
    task = Task.objects.get(clinic=cast.clinic)
    assert (task.owner, task.about, task.kind) == (desk, enquiry.id, "enquiry")
    assert "helped" not in task.title
    thanks = client.get("/get-started/thank-you/").content.decode()
    assert "A coordinator of Juniper House reads what you wrote" in thanks
    assert verify().ok


def test_the_coordinator_finds_it(client: Client, cast: Cast, desk: Any) -> None:
    walk(client, cast)
    page = signed_in(desk).get("/enquiries/").content.decode()
    assert "Robin Vale" in page and "Nothing else has helped." in page
    assert "Robin Vale" in signed_in(desk).get("/people/").content.decode()
    assert "Robin Vale" in signed_in(desk).get("/chart/tasks/").content.decode()
    assert signed_in(cast.administrator).get("/enquiries/").status_code == 404


def test_sending_twice_enters_nobody_twice(client: Client, cast: Cast, desk: Any) -> None:
    walk(client, cast)
    client.post("/get-started/safe/", {"danger": "no"})
    assert Patient.objects.filter(clinic=cast.clinic).count() == 1


def test_going_back_finds_what_was_typed(client: Client, cast: Cast, desk: Any) -> None:
    client.get(f"/get-started/?clinic={cast.clinic.id}")
    for step in ("name", "born", "state"):
        client.post(f"/get-started/{step}/", ANSWERS[step])
    assert 'value="Robin Vale"' in client.get("/get-started/name/").content.decode()
    assert 'value="1984-03-09"' in client.get("/get-started/born/").content.decode()
    assert client.get("/get-started/")["Location"] == "/get-started/contact/"


def test_a_flood_from_one_address_meets_a_kind_no_with_numbers(
    client: Client, cast: Cast, desk: Any
) -> None:
    for n in range(10):
        assert walk(client, cast, name={"name": f"Robin Vale {n}"}).status_code == 302
    stopped = walk(client, cast, name={"name": "Robin Vale again"})
    assert stopped.status_code == 429 and b"tel:988" in stopped.content
    assert Patient.objects.filter(clinic=cast.clinic).count() == 10
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert walk(elsewhere, cast).status_code == 302


def test_no_question_is_jumped_over(client: Client, cast: Cast, desk: Any) -> None:
    client.get(f"/get-started/?clinic={cast.clinic.id}")
    assert client.get("/get-started/safe/")["Location"] == "/get-started/name/"
    assert client.get("/get-started/help-now/")["Location"] == "/get-started/"
    assert client.get("/get-started/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("step", "typed", "field"),
    [
        ("name", {"name": " "}, "name"),
        ("name", {"name": "x" * 121}, "name"),
        ("born", {"birth_date": "31/31/1984"}, "birth_date"),
        ("born", {"birth_date": "2999-01-01"}, "birth_date"),
        ("born", {"birth_date": "1899-12-31"}, "birth_date"),
        ("state", {"state": "XX"}, "state"),
        ("contact", {**CONTACT, "phone": ""}, "phone"),
        ("contact", {**CONTACT, "phone": "12"}, "phone"),
        ("contact", {**CONTACT, "safe_contact": "email"}, "email"),
        ("contact", {**CONTACT, "safe_contact": ""}, "safe_contact"),
        ("why", {"why": "x" * 1001}, "why"),
        ("safe", {}, "danger"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_lost(
    client: Client, cast: Cast, desk: Any, step: str, typed: dict[str, str], field: str
) -> None:
    page = walk(client, cast, **{step: typed})
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert not Patient.objects.filter(clinic=cast.clinic).exists()


def born(years: int, days: int = 0) -> dict[str, str]:
    """The birth date of somebody who turns `years` in so many days."""
    today = timezone.now().astimezone(Clinic(timezone="America/Denver").zone).date()
    return {"birth_date": f"{today.year - years}-{(today + timedelta(days=days)):%m-%d}"}


def test_under_eighteen_is_a_kind_no_with_somewhere_to_turn(
    client: Client, cast: Cast, desk: Any
) -> None:
    stopped = walk(client, cast, born={"birth_date": f"{timezone.now().year - 16}-01-01"})
    assert stopped["Location"] == "/get-started/not-here/"
    page = client.get("/get-started/not-here/").content.decode()
    assert "We treat adults only" in page and "tel:988" in page and "1-800-662-4357" in page
    assert not Patient.objects.filter(clinic=cast.clinic).exists()
    assert "change my answer" in page
    client.post("/get-started/born/", ANSWERS["born"])
    assert client.get("/get-started/not-here/")["Location"] == "/get-started/"


def test_eighteen_today_may_go_on(client: Client, cast: Cast, desk: Any) -> None:
    assert walk(client, cast, born=born(18))["Location"] == "/get-started/thank-you/"


def test_another_state_is_a_kind_no_with_the_states_we_may_treat_in(
    client: Client, cast: Cast, desk: Any
) -> None:
    assert walk(client, cast, state={"state": "NY"})["Location"] == "/get-started/not-here/"
    page = client.get("/get-started/not-here/").content.decode()
    assert "Colorado" in page and "tel:988" in page
    assert not Patient.objects.filter(clinic=cast.clinic).exists()


def test_danger_meets_help_before_anything_is_kept(client: Client, cast: Cast, desk: Any) -> None:
    assert walk(client, cast, safe={"danger": "yes"})["Location"] == "/get-started/help-now/"
    page = client.get("/get-started/help-now/").content.decode()
    assert "Not safe here, now. Help now: 988 or 911." in page
    assert page.index("tel:988") < page.index("tel:911") < page.index("May a person call you?")
    assert not Patient.objects.filter(clinic=cast.clinic).exists()
    refused = client.post("/get-started/help-now/", {"call": "no"})
    assert refused.status_code == 200
    assert not Patient.objects.filter(clinic=cast.clinic).exists()


def test_a_yes_to_a_call_is_owed_within_a_quarter_of_an_hour(
    client: Client, cast: Cast, desk: Any
) -> None:
    walk(client, cast, safe={"danger": "yes"})
    client.get("/get-started/help-now/")
    sent = client.post("/get-started/help-now/", {"call": "yes", "phone": "303 555 0199"})
    assert sent["Location"] == "/get-started/thank-you/"
    task = Task.objects.get(clinic=cast.clinic)
    assert task.due_at - task.opened_at == timedelta(minutes=15)
    assert task.owner != desk and task.owner.may(May.READ_CHART, timezone.now())
    assert task.escalates_to not in (None, task.owner)
    assert task.escalates_at - task.opened_at == timedelta(minutes=5)
    assert Patient.objects.get(clinic=cast.clinic).phone == "303 555 0199"
    assert "Somebody was asked to call you" in client.get(sent["Location"]).content.decode()


def test_the_task_of_a_call_says_whom_to_call_how_and_what_they_wrote(
    client: Client, cast: Cast, desk: Any
) -> None:
    nurse = member(cast, Role.SESSION_CLINICIAN, now=timezone.now(), name="Ana Ruiz")
    therapist = member(cast, Role.THERAPIST, now=timezone.now(), name="Ivo Brandt")
    walk(client, cast, safe={"danger": "yes"}, why={"why": "I cannot go on."})
    client.get("/get-started/help-now/")
    client.post("/get-started/help-now/", {"call": "yes", "phone": "303 555 0199"})
    task = Task.objects.get(clinic=cast.clinic)
    assert task.owner == therapist
    browser = signed_in(therapist)
    page = browser.get(f"/chart/tasks/{task.id}/").content.decode()
    for words in ("303 555 0199", "tel:3035550199", "I cannot go on.", "No voicemail."):
        assert words in page
    elsewhere = browser.get("/schedule/").content.decode()
    assert "Somebody who may be in danger asked to be called now." in elsewhere
    assert "due now" in elsewhere
    assert "due now" not in signed_in(nurse).get("/schedule/").content.decode()
    background = browser.get("/schedule/", headers={"X-Background": "1"}).content.decode()
    assert "due now" not in background


def test_an_install_without_a_clinic_says_so_and_still_shows_help(client: Client) -> None:
    page = client.get("/get-started/").content.decode()
    assert "No clinic works here yet" in page or "Which clinic" in page
    assert "tel:988" in page


def test_several_clinics_are_asked_about_and_kept_apart(client: Client, cast: Cast) -> None:
    other = clinic_at(timezone.now() - timedelta(minutes=1), name="Aspen House")
    page = client.get("/get-started/").content.decode()
    assert "Juniper House" in page and "Aspen House" in page
    walk(client, other)
    assert Patient.objects.filter(clinic=other.clinic).count() == 1
    assert not Patient.objects.filter(clinic=cast.clinic).exists()


def test_a_clinic_without_a_reader_does_not_pretend_to_have_one(client: Client) -> None:
    clinic = Clinic.objects.create(
        id="00000000-0000-7000-8000-00000000abcd", name="Empty House", timezone="America/Denver",
        created_at=timezone.now(), phone="303 555 0100",
    )  # fmt: skip
    page = client.get(f"/get-started/?clinic={clinic.id}").content.decode()
    assert "Nobody reads enquiries here yet" in page and "303 555 0100" in page


def test_an_answer_is_promised_for_a_working_day(cast: Cast) -> None:
    from datetime import UTC, datetime

    friday = datetime(2026, 3, 6, 23, 0, tzinfo=UTC)  # 16:00 in Denver
    due = answer_by(cast.clinic, friday)
    assert f"{due:%a %H:%M}" == "Mon 17:00"
    assert due.utcoffset() == timedelta(hours=-6)  # summer time began on that Sunday


def test_nothing_is_kept_when_nobody_could_read_it(cast: Cast) -> None:
    from holdspace.care.actions import WrongInput

    before = cast.clinic.created_at - timedelta(days=1)
    with pytest.raises(WrongInput):
        receive_enquiry(
            clinic=cast.clinic, now=before,
            referral=SelfReferral(name="Robin Vale", birth_date=before.date(), state="CO"),
        )  # fmt: skip
    assert not Patient.objects.filter(clinic=cast.clinic).exists()
