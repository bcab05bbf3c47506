"""A signature is one's own password for one act, and guessing it stops soon."""

from datetime import timedelta

import pytest

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.lockout import GUESSES_MAX
from holdspace.people.models import User
from holdspace.people.signing import Refused, SignatureRefused
from tests.rooms.people.cast import NOW, PASSWORD, clinic_at, fresh, member, signed_in

pytestmark = pytest.mark.django_db
SAYS = "I clear this person for medicine."


def test_a_signature_says_who_when_and_what():
    cast = clinic_at()
    signature = actions.sign(by=cast.director, password=PASSWORD, meaning=SAYS, now=NOW)
    assert signature.name == "Amara Osei, MD"
    assert (signature.at, signature.meaning) == (NOW, SAYS)
    assert signature.is_by(cast.director.pk, NOW)


def test_a_signature_is_its_signers_alone_and_soon_too_old():
    cast = clinic_at()
    signature = actions.sign(by=cast.director, password=PASSWORD, meaning=SAYS, now=NOW)
    assert not signature.is_by(cast.administrator.pk, NOW)
    assert signature.is_by(cast.director.pk, NOW + timedelta(minutes=5))
    assert not signature.is_by(cast.director.pk, NOW + timedelta(minutes=5, seconds=1))
    assert not signature.is_by(cast.director.pk, NOW - timedelta(seconds=1))


def test_a_wrong_password_is_refused_beside_its_field():
    cast = clinic_at()
    with pytest.raises(SignatureRefused) as refused:
        actions.sign(by=cast.director, password="no", meaning=SAYS, now=NOW)
    assert refused.value.field == "password"


def test_guesses_at_a_signature_lock_the_account():
    cast = clinic_at()
    for _ in range(GUESSES_MAX):
        with pytest.raises(SignatureRefused):
            actions.sign(by=cast.director, password="guess", meaning=SAYS, now=NOW)
    with pytest.raises(SignatureRefused, match="Too many wrong tries"):
        actions.sign(by=cast.director, password=PASSWORD, meaning=SAYS, now=NOW)


def test_guesses_at_sign_in_lock_with_a_kind_page(client):
    cast = clinic_at()
    form = {"login": cast.director.user.email, "password": "guess"}
    answers = [client.post("/accounts/login/", form) for _ in range(GUESSES_MAX)]
    assert answers[-1].status_code == 429
    assert b"Locked for a while" in answers[-1].content
    client.post("/accounts/login/", {**form, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_guesses_at_a_signature_count_towards_the_same_lock_as_sign_in(client):
    cast = clinic_at()
    for _ in range(GUESSES_MAX):
        with pytest.raises(SignatureRefused):
            actions.sign(by=cast.director, password="guess", meaning=SAYS, now=NOW)
    client.post(
        "/accounts/login/", {"login": cast.director.user.email.upper(), "password": PASSWORD}
    )
    assert "_auth_user_id" not in client.session


def test_somebody_whose_work_ended_signs_nothing():
    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    actions.end_membership(membership=who, by=cast.director, now=NOW)
    with pytest.raises(SignatureRefused):
        actions.sign(by=fresh(who), password=PASSWORD, meaning=SAYS, now=NOW)


def test_the_second_person_is_somebody_else():
    cast = clinic_at()
    with pytest.raises(SignatureRefused, match="somebody else"):
        actions.second_person(
            first=cast.director,
            email=cast.director.user.email.upper(),
            password=PASSWORD,
            meaning=SAYS,
            now=NOW,
        )


def test_the_second_person_works_in_the_same_clinic():
    cast, other = clinic_at(), clinic_at()
    with pytest.raises(SignatureRefused) as refused:
        actions.second_person(
            first=cast.director,
            email=other.director.user.email,
            password=PASSWORD,
            meaning=SAYS,
            now=NOW,
        )
    assert refused.value.field == "second_email"


def test_the_second_person_must_hold_the_right():
    cast = clinic_at()
    therapist = member(cast, Role.THERAPIST)
    nurse = member(cast, Role.SESSION_CLINICIAN, name="Sam Reyes", title="RN")
    asked = {"first": cast.director, "password": PASSWORD, "meaning": SAYS, "now": NOW}
    with pytest.raises(SignatureRefused, match="may not be the second signer"):
        actions.second_person(**asked, email=therapist.user.email, may=May.SECOND_SIGN_WAIVER)
    second, signature = actions.second_person(
        **asked, email=nurse.user.email, may=May.SECOND_SIGN_WAIVER
    )
    assert second == nurse
    assert signature.is_by(nurse.pk, NOW)
    assert signature.name == "Sam Reyes, RN"


def test_an_invitation_opens_once():
    cast = clinic_at()
    _, token = actions.invite(
        by=cast.director, email="new@example.org", name="New", roles=[Role.COORDINATOR], now=NOW
    )
    joined = actions.accept_invitation(token=token, password=PASSWORD, now=NOW)
    assert fresh(joined).may(May.BOOK, NOW)
    with pytest.raises(Refused, match="was used"):
        actions.accept_invitation(token=token, password=PASSWORD, now=NOW)


def test_an_invitation_runs_out_after_seven_days_and_can_be_cancelled():
    cast = clinic_at()
    who, token = actions.invite(
        by=cast.director, email="late@example.org", name="Late", roles=[Role.COORDINATOR], now=NOW
    )
    with pytest.raises(Refused, match="run out"):
        actions.accept_invitation(token=token, password=PASSWORD, now=NOW + timedelta(days=7))
    actions.cancel_invitation(invitation=who.invitations.get(), by=cast.director, now=NOW)
    with pytest.raises(Refused, match="cancelled"):
        actions.accept_invitation(token=token, password=PASSWORD, now=NOW)


def test_a_short_password_is_refused_by_name():
    cast = clinic_at()
    _, token = actions.invite(
        by=cast.director, email="short@example.org", name="S", roles=[Role.COORDINATOR], now=NOW
    )
    with pytest.raises(Refused) as refused:
        actions.accept_invitation(token=token, password="short", now=NOW)
    assert refused.value.field == "password"
    assert not User.objects.get(email="short@example.org").has_usable_password()


def test_nobody_is_invited_twice():
    cast = clinic_at()
    with pytest.raises(Refused, match="already works here"):
        actions.invite(
            by=cast.director,
            email=cast.administrator.user.email.upper(),
            name="Again",
            roles=[Role.REVIEWER],
            now=NOW,
        )


def test_an_account_of_another_clinic_joins_with_the_password_it_has():
    cast, other = clinic_at(), clinic_at()
    who, token = actions.invite(
        by=cast.director,
        email=other.administrator.user.email,
        name="Somebody",
        roles=[Role.REVIEWER],
        now=NOW,
    )
    with pytest.raises(SignatureRefused):
        actions.accept_invitation(token=token, password="another long password", now=NOW)
    actions.accept_invitation(token=token, password=PASSWORD, now=NOW)
    assert fresh(who).user == other.administrator.user
    assert fresh(other.administrator).role_words == ["Administrator"]
    assert fresh(who).role_words == ["Privacy and audit reviewer"]


def test_joining_in_the_browser_ends_at_sign_in(client):
    cast = clinic_at()
    manager = signed_in(cast.director)
    page = manager.post(
        "/people/staff/invite",
        {"name": "Kit Moss", "email": "kit@example.org", "roles": ["coordinator"]},
    )
    link = page.context["link"]
    assert b"works once" in page.content
    path = link.removeprefix("http://testserver")
    assert client.get(path).status_code == 200
    assert client.post(path, {"password": PASSWORD, "again": "different"}).status_code == 200
    done = client.post(path, {"password": PASSWORD, "again": PASSWORD})
    assert done["Location"] == "/accounts/login/"
    assert client.get(path).status_code == 410
    entered = client.post("/accounts/login/", {"login": "KIT@example.org", "password": PASSWORD})
    assert entered.status_code == 302
    assert client.get("/people/").status_code == 200


def recover(cast, who, by):
    recovery = actions.request_recovery(
        membership=who, by=cast.administrator, reason="came in person", now=NOW
    )
    signature = actions.sign(by=by, password=PASSWORD, meaning="I know them.", now=NOW)
    return actions.approve_recovery(recovery=recovery, by=by, signature=signature, now=NOW)


def test_a_lost_factor_is_given_back_by_two_people():
    from allauth.mfa.models import Authenticator

    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    Authenticator.objects.create(user=who.user, type="totp", data={"secret": "x"})
    browser = signed_in(who)
    token = recover(cast, who, cast.director)
    assert not Authenticator.objects.filter(user=who.user).exists()
    assert browser.get("/people/").status_code == 302
    with pytest.raises(SignatureRefused):
        actions.sign(by=fresh(who), password=PASSWORD, meaning=SAYS, now=NOW)
    actions.accept_invitation(token=token, password="another long password", now=NOW)
    assert actions.sign(by=fresh(who), password="another long password", meaning=SAYS, now=NOW)
    assert fresh(who).role_words == ["Therapist"]


def test_one_person_cannot_recover_for_another_alone():
    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    with pytest.raises(Refused, match="somebody else"):
        recover(cast, who, cast.administrator)


def test_nobody_asks_or_approves_for_themselves():
    cast = clinic_at()
    with pytest.raises(Refused, match="Somebody else"):
        actions.request_recovery(
            membership=cast.administrator, by=cast.administrator, reason="me", now=NOW
        )
    with pytest.raises(Refused, match="somebody else"):
        recover(cast, cast.director, cast.director)


def test_two_people_of_one_clinic_cannot_open_an_account_of_another():
    cast, other = clinic_at(), clinic_at()
    _, token = actions.invite(
        by=cast.director,
        email=other.director.user.email,
        name="Shared",
        roles=[Role.REVIEWER],
        now=NOW,
    )
    joined = actions.accept_invitation(token=token, password=PASSWORD, now=NOW)
    with pytest.raises(Refused, match="another clinic"):
        actions.request_recovery(
            membership=joined, by=cast.administrator, reason="came in person", now=NOW
        )


def test_a_stopped_recovery_changes_nothing():
    cast = clinic_at()
    who = member(cast, Role.THERAPIST)
    recovery = actions.request_recovery(
        membership=who, by=cast.administrator, reason="by phone", now=NOW
    )
    actions.refuse_recovery(recovery=recovery, by=cast.director, now=NOW)
    assert actions.sign(by=fresh(who), password=PASSWORD, meaning=SAYS, now=NOW)


def test_passwords_are_kept_with_argon2(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    cast = clinic_at()
    assert fresh(cast.director).user.password.startswith("argon2$argon2id")


def test_second_factor_secrets_are_not_kept_in_the_clear():
    from holdspace.people.adapter import MFAAdapter

    kept = MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in kept
    assert MFAAdapter().decrypt(kept) == "JBSWY3DPEHPK3PXP"
