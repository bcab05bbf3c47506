"""A person belongs to one clinic, is entered once, and changes with history."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.duplicates import possible_duplicates
from holdspace.people.finding import Traits, name_key, names_alike, phone_key, read_date
from holdspace.people.forms import PersonForm
from holdspace.people.models import EmergencyAccess, Patient, PatientRevision
from holdspace.people.signing import Refused
from holdspace.records.models import AccessEvent, Entry
from holdspace.records.verify import verify
from tests.rooms.people.cast import NOW, PASSWORD, clinic_at, fresh, member, person, signed_in

pytestmark = pytest.mark.django_db


def test_another_clinics_person_is_not_there():
    cast, other = clinic_at(), clinic_at()
    who = person(cast)
    desk = signed_in(member(other, Role.COORDINATOR))
    for path in (f"/people/{who.pk}/", f"/people/{who.pk}/edit"):
        assert desk.get(path).status_code == 404
    assert desk.post(f"/people/{who.pk}/edit", {"name": "Changed"}).status_code == 404
    assert str(who.display_id) not in desk.get("/people/?q=Robin").content.decode()
    doctor = fresh(other.director)
    assert not Patient.objects.visible_to(doctor, NOW).filter(pk=who.pk).exists()


def test_a_denied_look_is_written_down_without_naming_what_was_there():
    cast, other = clinic_at(), clinic_at()
    who = person(cast)
    signed_in(member(other, Role.COORDINATOR)).get(f"/people/{who.pk}/")
    line = AccessEvent.objects.get(clinic_id=other.clinic.pk, what="denied")
    assert line.patient_id is None


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMINISTRATOR, Role.REGISTER_CUSTODIAN])
def test_who_may_not_see_people_gets_404(role):
    cast = clinic_at()
    who = person(cast)
    browser = signed_in(member(cast, role))
    assert browser.get("/people/").status_code == 404
    assert browser.get(f"/people/{who.pk}/").status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client):
    assert client.get("/people/")["Location"].startswith("/accounts/login/")


def test_every_opened_page_is_in_the_access_log():
    cast = clinic_at()
    who = person(cast)
    desk = member(cast, Role.COORDINATOR)
    signed_in(desk).get(f"/people/{who.pk}/")
    line = AccessEvent.objects.get(patient_id=who.pk)
    assert (line.membership_id, line.what) == (desk.pk, "chart.view")


def test_display_ids_count_up_inside_each_clinic():
    cast, other = clinic_at(), clinic_at()
    assert [person(cast).display_id for _ in range(2)] == ["P-0001", "P-0002"]
    assert person(other).display_id == "P-0001"


@pytest.mark.parametrize(
    "typed", ["robin", "VALE", "vale rob", "p-0001", "1984-03-09", "3/9/1984", "555 0142"]
)
def test_a_person_is_found_by_what_people_type(typed):
    cast = clinic_at()
    who = person(cast)
    person(cast, name="Zoë O’Neil", birth_date=date(1990, 1, 1), phone="720 555 0199")
    assert list(Patient.objects.filter(clinic=cast.clinic).search(typed)) == [who]


def test_accents_and_apostrophes_do_not_hide_anybody():
    cast = clinic_at()
    who = person(cast, name="Zoë O’Neil")
    assert list(Patient.objects.filter(clinic=cast.clinic).search("zoe oneil")) == [who]


def test_what_means_nothing_finds_nobody():
    cast = clinic_at()
    person(cast)
    assert not Patient.objects.filter(clinic=cast.clinic).search("%%--").exists()


def test_possible_duplicates_say_why():
    cast = clinic_at()
    who = person(cast, email="robin@example.org")
    person(cast, name="Somebody Else", birth_date=date(1970, 5, 5), phone="", email="")

    def found(**traits):
        alike = possible_duplicates(cast.clinic, Traits(**{"name": "X", **traits}))
        return [(a.patient, a.reasons) for a in alike]

    same_day = ("same birth date and a similar name",)
    assert found(name="Vale, Robyn", birth_date=date(1984, 3, 9)) == [(who, same_day)]
    assert found(name="Robin Vale") == [(who, ("the same name",))]
    assert found(phone="+1 (303) 555-0142") == [(who, ("same phone number",))]
    assert found(email="ROBIN@example.org ") == [(who, ("same e-mail address",))]
    assert found(name="Robin Vale", birth_date=date(1984, 3, 9)) == [(who, same_day)]
    assert found(name="Maximiliana Oyelaran", birth_date=date(1984, 3, 9)) == []


def test_duplicates_are_looked_for_in_one_clinic_only():
    cast, other = clinic_at(), clinic_at()
    person(cast)
    assert possible_duplicates(other.clinic, Traits("Robin Vale", date(1984, 3, 9))) == []


def test_the_desk_sees_possible_duplicates_before_anything_is_saved():
    cast = clinic_at()
    who = person(cast)
    desk = signed_in(member(cast, Role.COORDINATOR))
    form = {"name": "Robyn Vale", "birth_date": "1984-03-09", "phone": "", "email": ""}
    page = desk.post("/people/new", form)
    assert page.status_code == 200
    assert who.display_id in page.content.decode()
    assert "Robyn Vale" in page.content.decode()
    assert Patient.objects.filter(clinic=cast.clinic).count() == 1
    done = desk.post("/people/new", {**form, "not_a_duplicate": "on"})
    assert done.status_code == 302
    assert Patient.objects.filter(clinic=cast.clinic).count() == 2


def test_a_change_keeps_what_it_was():
    cast = clinic_at()
    desk = member(cast, Role.COORDINATOR)
    who = person(cast)
    actions.change_details(
        patient=who,
        by=desk,
        now=NOW + timedelta(days=1),
        reason="moved",
        phone="303 555 0100",
        state="CO",
    )
    newest = PatientRevision.objects.filter(patient=who).order_by("recorded_at", "id").last()
    assert newest.changes == {"phone": ["303 555 0142", "303 555 0100"]}
    assert newest.shown == [("phone", "303 555 0142", "303 555 0100")]
    assert (newest.by, newest.reason) == (desk, "moved")
    assert Patient.objects.get(pk=who.pk).phone_key == "3035550100"
    with pytest.raises(IntegrityError), transaction.atomic():
        PatientRevision.objects.filter(pk=newest.pk).update(reason="never")
    assert verify().broken is None


def test_saving_without_a_change_writes_nothing():
    cast = clinic_at()
    desk = member(cast, Role.COORDINATOR)
    who = person(cast)
    before = Entry.objects.count()
    actions.change_details(patient=who, by=desk, now=NOW, name=who.name)
    assert Entry.objects.count() == before


def test_the_history_is_on_the_page_and_the_edit_form_is_filled():
    cast = clinic_at()
    who = person(cast)
    desk = signed_in(member(cast, Role.COORDINATOR))
    page = desk.get(f"/people/{who.pk}/edit")
    initial = page.context["form"].initial
    assert initial["phone"] == "303 555 0142"
    form = {k: v if v is not None else "" for k, v in initial.items()}
    done = desk.post(
        f"/people/{who.pk}/edit",
        {**form, "interpreter_needed": "yes", "language": "Spanish", "reason": "asked"},
    )
    assert done.status_code == 302
    shown = desk.get(f"/people/{who.pk}/").content.decode()
    assert "Spanish" in shown
    assert "asked" in shown
    assert Patient.objects.get(pk=who.pk).interpreter_needed is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("birth_date", date(2999, 1, 1)),
        ("birth_date", date(1899, 1, 1)),
        ("state", "ZZ"),
        ("diagnosis", "x"),
    ],
)
def test_bad_details_name_their_field_and_nothing_is_saved(field, value):
    cast = clinic_at()
    with pytest.raises(Refused) as refused:
        person(cast, **{field: value})
    assert refused.value.field == field
    assert not Patient.objects.filter(clinic=cast.clinic).exists()


def test_a_therapist_changes_no_contact_details():
    cast = clinic_at()
    who = person(cast)
    with pytest.raises(Refused, match="may not"):
        actions.change_details(
            patient=who, by=member(cast, Role.THERAPIST), now=NOW, phone="303 555 0100"
        )


def restricted(cast):
    who = person(cast)
    therapist = member(cast, Role.THERAPIST, name="Jo Lin")
    actions.restrict_file(
        patient=who, by=therapist, now=NOW, restricted=True, reason="works in this clinic"
    )
    return Patient.objects.get(pk=who.pk), therapist


def test_a_restricted_file_is_its_teams_alone_and_the_desks_contact_page():
    cast = clinic_at()
    who, therapist = restricted(cast)
    nurse = member(cast, Role.SESSION_CLINICIAN)
    assert signed_in(nurse).get(f"/people/{who.pk}/").status_code == 404
    assert signed_in(therapist).get(f"/people/{who.pk}/").status_code == 200
    assert signed_in(member(cast, Role.COORDINATOR)).get(f"/people/{who.pk}/").status_code == 200
    actions.join_team(patient=who, membership=nurse, by=therapist, now=NOW)
    assert Patient.objects.visible_to(nurse, NOW).filter(pk=who.pk).exists()
    actions.leave_team(patient=who, membership=nurse, by=therapist, now=NOW)
    assert not Patient.objects.visible_to(nurse, NOW).filter(pk=who.pk).exists()
    with pytest.raises(Refused, match="at least one"):
        actions.leave_team(patient=who, membership=therapist, by=therapist, now=NOW)


def opened(cast, who, by, now=NOW, reason="Found collapsed in the waiting room."):
    signature = actions.sign(by=by, password=PASSWORD, meaning="emergency", now=now)
    return actions.open_emergency_access(
        patient=who, by=by, reason=reason, signature=signature, now=now
    )


def test_emergency_access_opens_for_an_hour_and_ends_by_itself():
    cast = clinic_at()
    who, _ = restricted(cast)
    nurse = member(cast, Role.SESSION_CLINICIAN)
    opened(cast, who, nurse)
    sees = Patient.objects.visible_to
    assert sees(nurse, NOW + timedelta(minutes=59, seconds=59)).filter(pk=who.pk).exists()
    assert not sees(nurse, NOW + timedelta(minutes=60)).filter(pk=who.pk).exists()
    other = member(cast, Role.SESSION_CLINICIAN, name="Ada Quist")
    assert not sees(other, NOW).filter(pk=who.pk).exists()


def test_emergency_access_in_the_browser_reads_and_never_writes(time_machine):
    cast = clinic_at()
    who, _ = restricted(cast)
    nurse = member(cast, Role.SESSION_CLINICIAN)
    time_machine.move_to(NOW, tick=False)
    browser = signed_in(nurse)
    url = f"/people/emergency/{who.pk}/"
    assert (
        "password"
        in browser.post(url, {"reason": "Collapsed, needs history"}).context["form"].errors
    )
    form = {"reason": "Collapsed, needs history", "password": PASSWORD}
    assert browser.post(url, form).status_code == 302
    assert browser.get(f"/people/{who.pk}/").status_code == 200
    seen = AccessEvent.objects.filter(patient_id=who.pk, what="emergency.view")
    assert seen.count() == 1
    assert browser.post(f"/people/{who.pk}/restrict", {"reason": "no"}).status_code == 404
    assert Patient.objects.get(pk=who.pk).is_restricted
    time_machine.move_to(NOW + timedelta(minutes=29), tick=False)
    assert browser.get(f"/people/{who.pk}/").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=58), tick=False)
    assert browser.get(f"/people/{who.pk}/").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=60), tick=False)
    assert browser.get(f"/people/{who.pk}/").status_code == 404


def test_emergency_access_needs_a_full_reason_and_ones_own_signature():
    cast = clinic_at()
    who, _ = restricted(cast)
    nurse = member(cast, Role.SESSION_CLINICIAN)
    with pytest.raises(Refused, match="full sentence"):
        opened(cast, who, nurse, reason="need it")
    with pytest.raises(Refused, match="may not"):
        opened(cast, who, member(cast, Role.COORDINATOR))
    assert not EmergencyAccess.objects.exists()


def test_another_clinic_cannot_break_the_glass():
    cast, other = clinic_at(), clinic_at()
    who, _ = restricted(cast)
    nurse = member(other, Role.SESSION_CLINICIAN)
    assert signed_in(nurse).get(f"/people/emergency/{who.pk}/").status_code == 404
    with pytest.raises(Refused, match="not in this clinic"):
        opened(other, who, nurse)


def test_somebody_else_reviews_an_emergency_access_once():
    cast = clinic_at()
    who, _ = restricted(cast)
    access = opened(cast, who, fresh(cast.director))
    with pytest.raises(Refused, match="their own"):
        actions.review_emergency_access(
            access=access, by=cast.director, outcome="justified", now=NOW
        )
    reviewer = member(cast, Role.REVIEWER)
    with pytest.raises(Refused, match="What follows"):
        actions.review_emergency_access(access=access, by=reviewer, outcome="questioned", now=NOW)
    browser = signed_in(reviewer)
    assert "collapsed" in browser.get("/people/emergency/review").content.decode()
    answer = browser.post(
        "/people/emergency/review", {"access": str(access.pk), "outcome": "justified"}
    )
    assert answer.status_code == 302
    with pytest.raises(Refused, match="already"):
        actions.review_emergency_access(access=access, by=reviewer, outcome="justified", now=NOW)


def test_a_list_of_twenty_people_costs_a_fixed_number_of_queries():
    cast = clinic_at()
    desk = signed_in(member(cast, Role.COORDINATOR))
    person(cast)
    desk.get("/people/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        desk.get("/people/")
    for n in range(24):
        person(cast, name=f"Person {n}", birth_date=date(1980, 1, 1 + n))
    with CaptureQueriesContext(connection) as many:
        assert desk.get("/people/").status_code == 200
    assert len(many) <= len(one) + 1
    assert len(many) < 15


def test_keys_for_finding():
    assert name_key("  Zoë  O'Neil-Smith ") == "zoe oneil smith"
    assert phone_key("+1 (303) 555-0142") == phone_key("303.555.0142") == "3035550142"
    assert read_date("31/31/2000") is None
    assert names_alike("Ana Lopez", "Ana Maria López")
    assert not names_alike("", "Ana")


@pytest.mark.parametrize("sought", ["%00", "Rob%00in", "a" * 5000])
def test_a_search_for_what_no_database_looks_for_finds_nobody(sought):
    desk = signed_in(member(clinic_at(), Role.COORDINATOR))
    assert desk.get(f"/people/?q={sought}").status_code == 200


@pytest.mark.parametrize("field", ["phone", "emergency_phone"])
@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("303 555 0142", True), ("+1 (303) 555-0142", True), ("", True),
        ("abc", False), ("911", False),
    ],
)  # fmt: skip
def test_a_number_that_nobody_could_dial_is_said_at_its_field(field, typed, taken):
    form = PersonForm({"name": "Sam Vale", field: typed})
    assert (field not in form.errors) is taken
    assert taken or "seven digits" in str(form.errors[field])
