"""Looked up, not excluded, permitted by the state: recorded by somebody else, never silently."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from holdspace.core.facts import Act, CredentialKind, Discipline, Role
from holdspace.core.state_table import StateTableError, read
from holdspace.people import actions
from holdspace.people.models import Credential, ExclusionCheck, StateRecord
from holdspace.people.signing import Refused
from holdspace.people.staff import exclusion_words, shown_credentials, staff_facts, state_of
from holdspace.people.states import shipped
from holdspace.records.verify import verify
from tests.rooms.people.cast import (
    NOW,
    PASSWORD,
    Cast,
    clinic_at,
    fresh,
    licensed,
    member,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
LAW = "Colorado Medical Practice Act, section read on 1 Mar 2026"


def law(cast: Cast, **change: Any) -> StateRecord:
    signature = actions.sign(by=cast.director, password=PASSWORD, meaning="I read it.", now=NOW)
    values = {
        "state": "CO", "discipline": Discipline.MD, "acts": [Act.CLEAR], "source": LAW,
        "signature": signature, "by": cast.director, "now": NOW,
    }  # fmt: skip
    return actions.record_state_rule(**{**values, **change})


def nurse(cast: Cast) -> Any:
    return licensed(cast, member(cast, Role.SESSION_CLINICIAN, name="Lin Novak"), Discipline.RN)


# --- exclusion lists ------------------------------------------------------------------------------


def test_a_look_up_of_the_lists_is_kept_for_good_and_a_hit_is_a_fact_at_once():
    cast = clinic_at()
    who = nurse(cast)
    assert staff_facts(fresh(who), NOW).exclusion_checked_on == TODAY
    later = NOW + timedelta(days=20)
    actions.check_exclusion(
        membership=who, on=date(2026, 3, 22), found=True, words="LEIE, same NPI",
        by=cast.administrator, now=later,
    )  # fmt: skip
    assert not staff_facts(fresh(who), NOW).is_excluded, "not before it was known"
    assert staff_facts(fresh(who), later).is_excluded
    assert exclusion_words(fresh(who), later)[1] == "stop"
    with pytest.raises(TypeError, match="append-only"):
        ExclusionCheck.objects.first().delete()
    assert verify().broken is None


def test_a_hit_stands_until_a_newer_look_up_clears_it():
    cast = clinic_at()
    who = nurse(cast)
    by = cast.administrator
    actions.check_exclusion(membership=who, on=TODAY, found=True, words="SAM", by=by, now=NOW)
    old, hour = TODAY - timedelta(days=9), NOW + timedelta(hours=1)
    actions.check_exclusion(membership=who, on=old, found=False, by=by, now=hour)
    assert staff_facts(fresh(who), hour).is_excluded
    later = NOW + timedelta(days=1)
    actions.check_exclusion(
        membership=who, on=date(2026, 3, 3), found=False, words="another person", by=by, now=later
    )
    assert not staff_facts(fresh(who), later).is_excluded


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"on": TODAY + timedelta(days=1)}, "has come"),
        ({"found": True}, "what was found"),
    ],
)
def test_a_look_up_that_cannot_be_is_refused(change: dict[str, Any], words: str):
    cast = clinic_at()
    who = nurse(cast)
    values = {"membership": who, "on": TODAY, "found": False, "by": cast.administrator, "now": NOW}
    with pytest.raises(Refused, match=words):
        actions.check_exclusion(**{**values, **change})


def test_a_hit_that_is_written_late_is_not_hidden_by_a_look_up_before_it_was_known():
    cast = clinic_at()
    who, by, hour = nurse(cast), cast.administrator, NOW + timedelta(hours=1)
    on = TODAY - timedelta(days=9)
    actions.check_exclusion(membership=who, on=on, found=True, words="LEIE", by=by, now=hour)
    assert staff_facts(fresh(who), hour).is_excluded


def test_nobody_looks_themselves_up_nor_may_whoever_does_not_keep_staff():
    cast = clinic_at()
    who = nurse(cast)
    for by in (who, cast.administrator):
        of = cast.administrator if by is cast.administrator else cast.director
        with pytest.raises(Refused):
            actions.check_exclusion(membership=of, on=TODAY, found=False, by=by, now=NOW)
    other = clinic_at(name="Elsewhere")
    with pytest.raises(Refused, match="not in this clinic"):
        actions.check_exclusion(
            membership=who, on=TODAY, found=False, by=other.administrator, now=NOW
        )


# --- credentials ----------------------------------------------------------------------------------


def test_a_credential_is_looked_up_again_and_the_day_says_who_and_where():
    cast = clinic_at()
    who = nurse(cast)
    row = who.credentials.get(kind="licence")
    later = NOW + timedelta(days=30)
    on = date(2026, 4, 1)
    actions.verify_credential(
        credential=row, on=on, source="the board's page", by=cast.administrator, now=later
    )
    looked_up = {c.kind: c.verified_on for c in staff_facts(fresh(who), later).credentials}
    assert looked_up.pop(CredentialKind.LICENCE) == on
    assert set(looked_up.values()) == {None}
    row.refresh_from_db()
    assert row.verified_by == cast.administrator
    for change, words in (
        ({"on": date(2026, 4, 2)}, "has come"),
        ({"on": TODAY}, "later look-up"),
        ({"source": "  "}, "Where"),
        ({"by": who}, "may not"),
    ):
        values = {
            "credential": row,
            "on": on,
            "source": "x",
            "by": cast.administrator,
            "now": later,
        }
        with pytest.raises(Refused, match=words):
            actions.verify_credential(**{**values, **change})


def test_a_licence_that_nobody_looked_up_is_shown():
    cast = clinic_at()
    who = nurse(cast)
    Credential.objects.filter(membership=who).update(verified_on=None)
    shown = shown_credentials(who.credentials.all(), cast.clinic, NOW)
    assert [s.word for s in shown if s.row.kind == "licence"] == ["not looked up"]
    assert {s.word for s in shown if s.row.kind != "licence"} == {"valid"}


def test_a_supervision_names_a_colleague_and_an_end():
    cast = clinic_at()
    who, above = nurse(cast), cast.director
    values = {
        "membership": who, "kind": CredentialKind.SUPERVISION, "by": cast.administrator, "now": NOW,
        "expires_on": date(2027, 1, 1), "supervisor": above,
    }  # fmt: skip
    held = actions.add_credential(**values)
    assert staff_facts(fresh(who), NOW).credentials[-1].supervisor == str(above.pk)
    assert held.supervisor == above
    for change in (
        {"supervisor": None},
        {"supervisor": who},
        {"supervisor": clinic_at(name="Elsewhere").director},
        {"expires_on": None},
    ):
        with pytest.raises(Refused):
            actions.add_credential(**{**values, **change})


@pytest.mark.parametrize(
    ("name", "number", "registered", "fits"),
    [
        ("Lou Park", "AP1234563", "", True),
        ("Lou Park", "AB1234563", "", False),
        ("Lou Park", "AB1234563", "Lou Barlow", True),
        ("Lou Park-Barlow", "AB1234563", "", True),
        ("Lou Park", "F91234563", "", True),  # a business
        ("Lou Park", "AP1234564", "", False),  # the last digit
        ("Lou Park", "AL1234563", "", False),  # the first name's letter is not it
    ],
)
def test_a_dea_number_fits_its_own_digits_and_the_registrants_name(
    name: str, number: str, registered: str, fits: bool
):
    cast = clinic_at()
    who = member(cast, Role.PRESCRIBER, name=name, title="MD")
    values = {
        "membership": who, "kind": CredentialKind.DEA, "by": cast.administrator, "now": NOW,
        "number": number, "state": "CO", "expires_on": date(2027, 1, 1), "schedules": ["III"],
        "registered_address": "12 Juniper Street", "subject": registered,
    }  # fmt: skip
    if fits:
        assert actions.add_credential(**values)
    else:
        with pytest.raises(Refused) as refused:
            actions.add_credential(**values)
        assert refused.value.field == "number"


# --- the state ------------------------------------------------------------------------------------


def test_the_director_records_a_rule_and_the_newest_holds():
    cast = clinic_at(is_demo=False)
    law(cast, state="WY", acts=[Act.CLEAR, Act.ORDER])
    law(cast, state="WY", acts=[Act.ORDER])
    rules, duties = state_of(cast.clinic, "WY")
    assert [rule.acts for rule in rules] == [(Act.CLEAR, Act.ORDER), (Act.ORDER,)]
    assert rules[-1].source == LAW and rules[-1].signed_at == NOW and not duties
    with pytest.raises(TypeError, match="append-only"):
        StateRecord.objects.first().delete()
    assert verify().broken is None
    assert state_of(clinic_at(name="Elsewhere").clinic, "WY") == ((), ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"acts": [Act.CLEAR], "discipline": Discipline.RN}, "Federal law"),
        ({"acts": [Act.GIVE], "discipline": Discipline.LCSW}, "Federal law"),
        ({"source": "law"}, "Where this was read"),
        ({"source": "x" * 301}, "300"),
        ({"state": "ZZ"}, "two-letter"),
        ({"now": NOW + timedelta(minutes=6)}, "Sign again"),
    ],
)
def test_a_rule_that_reaches_too_far_or_names_no_source_is_refused(
    change: dict[str, Any], words: str
):
    cast = clinic_at()
    with pytest.raises(Refused, match=words):
        law(cast, **change)
    assert not StateRecord.objects.exists()


def test_only_the_director_records_a_rule():
    cast = clinic_at()
    by = cast.administrator
    signature = actions.sign(by=by, password=PASSWORD, meaning="I read it.", now=NOW)
    with pytest.raises(Refused, match="may not"):
        law(cast, by=by, signature=signature)


def test_every_shipped_rule_has_a_source_and_only_the_demos_state_is_proposed():
    rules, duties = shipped()
    assert all(entry.source for entry in (*rules, *duties))
    assert {rule.state for rule in rules} == {"CO"} and all(r.is_proposed for r in rules)
    read_in_a_source = {duty.state for duty in duties if not duty.is_proposed}
    assert read_in_a_source == {"AK"}


@pytest.mark.parametrize(
    "text",
    [
        "rule = 1",
        "[[rule]]\nstate = 'CO'",
        "[[rule]]\nstate='CO'\ndiscipline='MD'\nacts=['fly']\ngrade='primary'\nsource='s'",
        "[[rule]]\nstate='CO'\ndiscipline='MD'\nacts=['give']\ngrade='sure'\nsource='s'",
        "[[rule]]\nstate='CO'\ndiscipline='MD'\nacts=['give']\ngrade='primary'\nsource=''",
        "[[duties]]\nstate='CO'\ngrade='primary'\nsource='s'\ncsr_required='maybe'",
        "[[duties]]\nstate='CO'\ngrade='primary'\nsource='s'\npdmp_days_max=0",
        "[[duties]]\nstate='CO'\ngrade='primary'\nsource='s'\n" * 2,
        "mood = 'good'",
        "not toml",
    ],
)
def test_a_table_of_states_that_cannot_be_read_is_refused(text: str):
    with pytest.raises(StateTableError):
        read(text)
