"""A forgotten screen signs itself off, and nobody acts for a clinic that is not theirs."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.models import Clinic, Membership, User
from tests.rooms.people.cast import NOW, PASSWORD, clinic_at, fresh, member, person, signed_in

pytestmark = pytest.mark.django_db
POLL = {"HTTP_X_BACKGROUND": "1"}


def test_a_screen_that_nobody_touches_signs_itself_off(time_machine):
    cast = clinic_at()
    time_machine.move_to(NOW, tick=False)
    desk = signed_in(member(cast, Role.COORDINATOR))
    assert desk.get("/people/").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
    assert desk.get("/people/").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=20, seconds=1), tick=False)
    answer = desk.get("/people/?q=vale")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=%2Fpeople%2F%3Fq%3Dvale&signed_off=1"
    assert "_auth_user_id" not in desk.session


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(time_machine):
    cast = clinic_at()
    time_machine.move_to(NOW, tick=False)
    desk = signed_in(member(cast, Role.COORDINATOR))
    desk.get("/people/")
    for minute in range(1, 11):
        time_machine.move_to(NOW + timedelta(minutes=minute), tick=False)
        assert desk.get("/people/", **POLL).status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=10, seconds=1), tick=False)
    assert desk.get("/people/", **POLL).status_code == 401


def test_a_session_clinician_has_longer_than_the_desk(time_machine):
    cast = clinic_at()
    time_machine.move_to(NOW, tick=False)
    nurse = signed_in(member(cast, Role.SESSION_CLINICIAN))
    nurse.get("/people/")
    time_machine.move_to(NOW + timedelta(minutes=30), tick=False)
    assert nurse.get("/people/").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=60, seconds=1), tick=False)
    assert nurse.get("/people/").status_code == 302


def test_a_real_clinic_asks_for_a_second_factor_before_any_person_is_seen():
    from allauth.mfa.models import Authenticator

    cast = clinic_at(is_demo=False)
    who = member(cast, Role.COORDINATOR)
    browser = signed_in(who)
    assert browser.get("/people/")["Location"] == "/accounts/2fa/"
    Authenticator.objects.create(user=who.user, type="totp", data={"secret": "x"})
    assert browser.get("/people/").status_code == 200


def test_a_demo_does_not_ask_for_a_second_factor():
    cast = clinic_at(is_demo=True)
    assert signed_in(member(cast, Role.COORDINATOR)).get("/people/").status_code == 200


def test_an_account_of_two_clinics_acts_for_one_at_a_time():
    cast, other = clinic_at(name="Aspen"), clinic_at(name="Birch")
    desk = member(cast, Role.COORDINATOR)
    _, token = actions.invite(
        by=other.director, email=desk.user.email, name="x", roles=[Role.COORDINATOR], now=NOW
    )
    actions.accept_invitation(token=token, password=PASSWORD, now=NOW)
    here, there = person(cast), person(other)
    browser = signed_in(desk)
    assert browser.get(f"/people/{here.pk}/").status_code == 200
    assert browser.get(f"/people/{there.pk}/").status_code == 404
    browser.post("/people/switch/", {"clinic": str(other.clinic.pk)})
    assert browser.get(f"/people/{here.pk}/").status_code == 404
    assert browser.get(f"/people/{there.pk}/").status_code == 200
    third = clinic_at(name="Cedar")
    browser.post("/people/switch/", {"clinic": str(third.clinic.pk)})
    assert browser.get(f"/people/{there.pk}/").status_code == 200


def test_the_clinics_of_an_account_are_shown_to_choose_from():
    page = signed_in(clinic_at(name="Aspen").director).get("/people/switch/")
    assert "Aspen" in page.content.decode()


def test_a_second_factor_is_set_up_and_asked_for_at_the_next_sign_in(client):
    from allauth.mfa.totp.internal.auth import (
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    cast = clinic_at(is_demo=False)
    who = member(cast, Role.COORDINATOR)
    login = {"login": who.user.email, "password": PASSWORD}
    client.post("/accounts/login/", login)
    assert client.get("/people/")["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    asked = client.get("/accounts/2fa/totp/activate/")  # a signature of its own: who you are
    client.post(asked["Location"], {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    counter = next(yield_hotp_counters_from_time())
    code = format_hotp_value(hotp_value(secret, counter))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert client.get("/people/").status_code == 200
    client.post("/accounts/logout/")
    asked = client.post("/accounts/login/", login)
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/people/")["Location"].startswith("/accounts/login/")


def test_nobody_signs_themselves_up(client):
    client.post("/accounts/signup/", {"email": "x@example.org", "password1": PASSWORD})
    assert not User.objects.filter(email="x@example.org").exists()


def test_an_administrator_keeps_the_clinics_details_and_sites():
    cast = clinic_at()
    browser = signed_in(cast.administrator)
    form = {
        "name": "Juniper House",
        "emergency_phone": "911",
        "emergency_address": "12 Juniper Street, back door",
        "crisis_lines": "988 Suicide and Crisis Lifeline\n303-555-0111 Night line",
        "sender_name": "Juniper House",
        "quiet_from": "20:30",
        "quiet_until": "08:15",
    }
    telling = browser.post("/people/clinic/", {**form, "sender_name": "Ketamine House"})
    assert "neutral name" in telling.content.decode()
    wrong = browser.post("/people/clinic/", {**form, "crisis_lines": "call us"})
    assert "write the number" in wrong.content.decode()
    assert browser.post("/people/clinic/", form).status_code == 302
    clinic = Clinic.objects.get(pk=cast.clinic.pk)
    assert clinic.crisis_lines[1] == {
        "label": "Night line",
        "number": "303-555-0111",
        "href": "tel:3035550111",
    }
    site = {"name": "North", "address": "9 Birch Road, Boulder, CO", "state": "CO"}
    assert browser.post("/people/clinic/", {**site, "add_site": "1"}).status_code == 302
    again = browser.post("/people/clinic/", {**site, "add_site": "1"})
    assert "already has a site" in again.content.decode()
    assert clinic.sites.count() == 2
    assert signed_in(cast.director).get("/people/clinic/").status_code == 404


def test_the_staff_pages_work_from_invitation_to_signature():
    cast = clinic_at()
    who = member(cast, Role.COORDINATOR, name="Lou Park")
    url = f"/people/staff/{who.pk}/"
    first, second = signed_in(cast.administrator), signed_in(cast.director)
    assert first.post(url + "grant", {"role": "therapist"}).status_code == 302
    grant = who.grants.get(role="therapist")
    page = second.get(url)
    assert "waits for a second person" in page.content.decode()
    sign = f"{url}second/{grant.pk}"
    wrong = second.post(sign, {"password": "no"})
    assert "not Amara Osei’s password" in wrong.content.decode()
    assert second.post(sign, {"password": PASSWORD}).status_code == 302
    assert Role.THERAPIST in fresh(who).roles_at()
    assert "Lou Park" in first.get("/people/staff/").content.decode()
    assert first.post(f"{url}end/{grant.pk}").status_code == 302
    assert Role.THERAPIST not in fresh(who).roles_at()
    assert first.post(url + "end").status_code == 302
    assert "No longer here" in first.get("/people/staff/").content.decode()


def test_a_credential_is_entered_on_the_page_with_its_mistakes_beside_their_fields():
    cast = clinic_at()
    who = member(cast, Role.PRESCRIBER, name="Lou Park", title="MD")
    browser = signed_in(cast.administrator)
    url = f"/people/staff/{who.pk}/credential"
    dea = {
        "kind": "dea",
        "number": "AB1234567",
        "state": "CO",
        "expires_on": "2027-01-31",
        "registered_address": "12 Juniper Street, Denver, CO 80203",
        "schedules": ["III"],
    }
    page = browser.post(url, dea)
    assert "last digit does not fit" in page.context["credential_form"].errors["number"][0]
    assert not who.credentials.exists()
    assert browser.post(url, {**dea, "number": "AP1234563"}).status_code == 302
    row = who.credentials.get()
    assert row.schedules == ["III"]
    end = f"{url}/{row.pk}/end"
    browser.post(end, {"because": ""})
    assert who.credentials.get().revoked_at is None
    browser.post(end, {"because": "surrendered"})
    assert who.credentials.get().revoked_at is not None


def test_a_privilege_is_signed_by_the_director_and_by_nobody_else():
    cast = clinic_at()
    who = member(cast, Role.SESSION_CLINICIAN)
    url = f"/people/staff/{who.pk}/credential"
    form = {
        "kind": "privilege",
        "subject": "IM ketamine",
        "expires_on": "2027-01-31",
        "password": PASSWORD,
    }
    page = signed_in(cast.administrator).post(url, form)
    assert "may not sign a staff privilege" in page.content.decode()
    unsigned = signed_in(cast.director).post(url, {**form, "password": ""})
    assert unsigned.context["credential_form"].errors["password"]
    assert signed_in(cast.director).post(url, form).status_code == 302
    assert who.credentials.get().subject == "IM ketamine"


def test_nobody_manages_themselves_on_the_page():
    cast = clinic_at()
    page = signed_in(cast.director).get(f"/people/staff/{cast.director.pk}/")
    assert "This is you" in page.content.decode()
    assert "End now" not in page.content.decode()


def test_another_clinics_staff_are_not_there():
    cast, other = clinic_at(), clinic_at()
    browser = signed_in(cast.director)
    assert browser.get(f"/people/staff/{other.director.pk}/").status_code == 404
    assert browser.post(f"/people/staff/{other.administrator.pk}/end").status_code == 404
    assert fresh(other.administrator).ended_at is None


def test_recovery_works_on_the_pages_by_two_people():
    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    asked = signed_in(cast.administrator).post(
        f"/people/staff/{who.pk}/recovery", {"reason": "came in person"}
    )
    assert asked.status_code == 302
    second = signed_in(cast.director)
    page = second.get("/people/staff/")
    recovery = page.context["recoveries"].get()
    url = f"/people/staff/recovery/{recovery.pk}/"
    assert second.get(url).status_code == 200
    done = second.post(url, {"password": PASSWORD})
    assert "/people/join/" in done.context["link"]
    assert done["Cache-Control"] == "no-store"


def test_a_reviewer_reads_who_saw_whom_and_filters_it():
    cast = clinic_at()
    robin, kim = person(cast), person(cast, name="Kim Adler", birth_date=None)
    desk = member(cast, Role.COORDINATOR, name="Dana Desk")
    browser = signed_in(desk)
    browser.get(f"/people/{robin.pk}/")
    browser.get(f"/people/{kim.pk}/")
    reviewer = signed_in(member(cast, Role.REVIEWER))
    page = reviewer.get("/people/access-log/").content.decode()
    assert "Robin Vale" in page
    assert "Kim Adler" in page
    assert "Dana Desk" in page
    only = reviewer.get(f"/people/access-log/?person={robin.display_id}").context["rows"]
    assert [row["person"] for row in only] == [robin]
    nothing = reviewer.get("/people/access-log/?since=2099-01-01").context["rows"]
    assert nothing == []
    assert browser.get("/people/access-log/").status_code == 404


def test_a_reviewer_verifies_the_record_on_demand():
    cast = clinic_at()
    page = signed_in(member(cast, Role.REVIEWER)).post("/people/access-log/verify")
    assert page.context["report"].broken is None
    assert page.context["report"].entries > 0


INIT = {
    "name": "Juniper House",
    "timezone": "America/Denver",
    "site_name": "Main",
    "site_address": "12 Juniper Street, Denver",
    "state": "co",
    "director_name": "Amara Osei",
    "director_title": "MD",
    "director_email": "amara@example.org",
    "address": "http://testserver",
}


def test_init_makes_a_clinic_and_one_first_sign_in(capsys, client):
    call_command("init", **INIT)
    link = next(
        line.strip() for line in capsys.readouterr().out.splitlines() if "/people/join/" in line
    )
    director = Membership.objects.get(user__email="amara@example.org")
    assert not director.clinic.is_demo
    assert director.clinic.sites.get().state == "CO"
    path = link.removeprefix("http://testserver")
    assert client.post(path, {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert Role.MEDICAL_DIRECTOR in fresh(director).roles_at()


def test_init_refuses_a_second_clinic_unless_told(capsys):
    call_command("init", **INIT)
    with pytest.raises(CommandError, match="--another"):
        call_command("init", **INIT)
    call_command("init", **{**INIT, "name": "Second", "another": True})
    assert Clinic.objects.count() == 2


def test_init_refuses_a_demo_folder(settings):
    settings.HOLDSPACE_DEMO = True
    with pytest.raises(CommandError, match="demo folder"):
        call_command("init", **INIT)
    assert not Clinic.objects.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("timezone", "Denver"), ("state", "Colorado"), ("director_email", "amara"), ("name", " ")],
)
def test_init_names_the_option_that_is_wrong_and_makes_nothing(option, value):
    with pytest.raises(CommandError, match=f"--{option.replace('_', '-')}"):
        call_command("init", **{**INIT, option: value})
    assert not Clinic.objects.exists()


def test_invite_by_command(capsys):
    cast = clinic_at()
    call_command(
        "invite",
        "kit@example.org",
        name="Kit Moss",
        role=["therapist"],
        by=cast.director.user.email,
    )
    out = capsys.readouterr().out
    assert "/people/join/" in out
    assert "A second person still grants: Therapist." in out
    with pytest.raises(CommandError, match="Nobody was invited"):
        call_command(
            "invite", "kit@example.org", name="K", role=["therapist"], by=cast.director.user.email
        )
