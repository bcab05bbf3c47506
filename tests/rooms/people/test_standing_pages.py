"""The director records what a state permits; the staff's standing is looked up by somebody else."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from holdspace.core.facts import Act
from holdspace.people.models import StateRecord
from holdspace.people.staff import state_of
from holdspace.people.typed import LINE_MAX
from tests.rooms.factory import played
from tests.rooms.people.cast import PASSWORD, fresh, signed_in

pytestmark = pytest.mark.django_db
RULE = {
    "record": "rule", "state": "VT", "discipline": "RN", "acts": ["draw", "give"],
    "source": "26 V.S.A. 1572, read 3 March 2026", "password": PASSWORD,
}  # fmt: skip


@pytest.fixture
def house():
    return played(stocked=False)


def test_the_director_records_a_rule_with_its_source(house, screens):
    browser = screens(house)(house.director)
    page = browser.post(reverse("people:states"), RULE, follow=True).content.decode()
    assert "26 V.S.A. 1572" in page and "Vermont" in page
    rules, _duties = state_of(house.clinic, "VT")
    assert rules[-1].acts == (Act.DRAW, Act.GIVE) and rules[-1].signed_at


REFUSED = [
    ("no place", {"source": ""}, "required"),
    ("too short a place", {"source": "law"}, "act, section"),
    ("wider than federal law", {"acts": ["order"]}, "Federal law"),
    ("no such state", {"state": "ZZ"}, "valid choice"),
    ("a wrong password", {"password": "guess"}, "password"),
]


@pytest.mark.parametrize(("what", "changes", "words"), REFUSED, ids=[r[0] for r in REFUSED])
def test_a_rule_that_does_not_stand_is_refused_and_nothing_is_lost(
    house, screens, what, changes, words
):
    browser = screens(house)(house.director)
    page = browser.post(reverse("people:states"), {**RULE, **changes}).content.decode()
    assert words.casefold() in page.casefold()
    assert RULE["source"] in page or "source" in changes
    assert not StateRecord.objects.filter(clinic=house.clinic, state="VT").exists()


def test_what_a_state_asks_is_recorded_too(house, screens):
    browser = screens(house)(house.director)
    wanted = {
        "record": "duties", "state": "CO", "pdmp_each_dose": "yes", "pdmp_days_max": "",
        "source": "12-280-404 C.R.S., read 3 March 2026", "password": PASSWORD,
        "pdmp_delegate": "no",
    }  # fmt: skip
    browser.post(reverse("people:states"), wanted)
    recorded = StateRecord.objects.filter(clinic=house.clinic, discipline="")
    assert not recorded.exists(), "nobody said whether the state asks for its own registration"
    wanted["csr_required"] = "no"
    browser.post(reverse("people:states"), wanted)
    _rules, duties = state_of(house.clinic, "CO")
    assert duties[-1].pdmp_each_dose and duties[-1].csr_required is False


def test_only_the_director_records(house, screens):
    browser = screens(house)(house.therapist)
    page = browser.get(reverse("people:states")).content.decode()
    assert "medical director records" in page
    browser.post(reverse("people:states"), RULE)
    assert not StateRecord.objects.filter(clinic=house.clinic, state="VT").exists()


def test_exclusion_lists_are_looked_up_for_somebody_else(house, screens):
    browser = screens(house)(house.director)
    address = reverse("people:exclusion", args=[house.nurse.pk])
    day = house.clinic.day(house.now).isoformat()
    browser.post(address, {"checked_on": day, "found": "yes", "words": ""})
    assert not fresh(house.nurse).exclusion_checks.filter(found=True).exists()
    found = {"checked_on": day, "found": "yes", "words": "OIG LEIE, 1128(a)(3)"}
    page = browser.post(address, found, follow=True).content.decode()
    assert "every clinical act is stopped" in page
    own = reverse("people:exclusion", args=[house.director.pk])
    browser.post(own, {**found, "found": "no"})
    assert not house.director.exclusion_checks.filter(by=house.director).exists()


def test_a_credential_is_looked_up_again_and_not_in_the_future(house, screens):
    browser = screens(house)(house.director)
    row = house.nurse.credentials.first()
    address = reverse("people:verify_credential", args=[house.nurse.pk, row.pk])
    browser.post(address, {"verified_on": "2999-01-01", "source": "the board’s page"})
    row.refresh_from_db()
    before = row.verified_on
    day = house.clinic.day(house.now)
    browser.post(address, {"verified_on": day.isoformat(), "source": "the board’s page"})
    row.refresh_from_db()
    assert row.verified_on == day and row.verification_source == "the board’s page"
    assert before is None or before.year < 2999


def test_the_reason_for_an_end_takes_no_more_than_is_kept_and_says_so_in_its_field(house):
    """A browser lets nobody type what would be cut: every such field names the same length."""
    administrator = signed_in(house.cast.administrator)
    page = administrator.get(f"/people/staff/{house.nurse.pk}/").content.decode()
    fields = re.findall(r'<input [^>]*name="because"[^>]*>', page)
    assert fields and all(f'maxlength="{LINE_MAX}"' in field for field in fields)
