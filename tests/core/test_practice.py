"""Who may do what in which state, and whether anybody looked: default deny, at its boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import practice
from holdspace.core.canonical import from_text, to_text
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Verdict
from holdspace.core.facts import (
    Act,
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Facts,
    PdmpQuery,
    Role,
    StaffMember,
    StateDuties,
    StateRule,
)
from holdspace.core.oversight import LOOKED_AT as LOOKED
from holdspace.core.oversight import follow_up
from holdspace.core.units import Kind
from tests.core.cases import (
    ALLOWED,
    AMARA,
    IVY,
    MARCUS,
    NOW,
    OCTOBER,
    arrived,
    ask,
    assessed,
    charted,
    cleared,
    clinic_protocol,
    codes,
    days,
    hours,
    instead,
    licence,
    minutes,
    readied,
    seen,
    with_credential,
    with_paper,
    with_staff,
)
from tests.core.test_between import had

CLEAR, PREPARE, OPEN = Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION, Door.OPEN_SESSION
GIVE, LEAVE = Door.GIVE_DOSE, Door.DISCHARGE
TODAY = date(2025, 3, 3)


def ruled(facts: Facts, discipline: Discipline, *acts: Act, **more: Any) -> Facts:
    """The same facts, with this as the only rule for a profession in Colorado."""
    kept = tuple(r for r in facts.state_rules if r.discipline is not discipline)
    values = {"signed_at": NOW - days(60)} | more
    return replace(
        facts, state_rules=(*kept, StateRule("CO", discipline, acts, "a source", **values))
    )


def in_demo(facts: Facts) -> Facts:
    return replace(facts, clinic=replace(facts.clinic, is_demo=True))


# --- the state's rule -----------------------------------------------------------------------------

LAW = [
    # door, profession, what the state lets it do, the answer
    (CLEAR, Discipline.MD, (Act.CLEAR,), {}),
    (CLEAR, Discipline.MD, (Act.ORDER, Act.GIVE), {"state_authority_missing": "fail"}),
    (CLEAR, Discipline.LCSW, (Act.ASSESS,), {}),
    (CLEAR, Discipline.LCSW, (), {"state_authority_missing": "fail"}),
    (GIVE, Discipline.RN, (Act.DRAW, Act.GIVE), {}),
    (GIVE, Discipline.RN, (Act.DRAW,), {"state_authority_missing": "fail"}),
    (GIVE, Discipline.RN, (Act.GIVE,), {"state_authority_missing": "fail"}),
    (GIVE, Discipline.MD, (Act.ORDER,), {}),
    (GIVE, Discipline.MD, (Act.CLEAR,), {"state_authority_missing": "fail"}),
]


@pytest.mark.parametrize(("door", "discipline", "acts", "answer"), LAW)
def test_a_profession_does_what_its_state_lets_it_do(
    door: Door, discipline: Discipline, acts: tuple[Act, ...], answer: dict[str, str]
) -> None:
    assert codes(ask(door, ruled(ALLOWED[door](), discipline, *acts))) == answer


@pytest.mark.parametrize("door", [CLEAR, GIVE])
@pytest.mark.parametrize(
    "change",
    [
        {"state_rules": ()},
        {"state_rules": (StateRule("WY", Discipline.MD, tuple(Act), "Wyoming"),)},
    ],
)
def test_without_a_recorded_rule_nobody_may(door: Door, change: dict[str, Any]) -> None:
    decision = ask(door, replace(ALLOWED[door](), **change))
    assert codes(decision) == {"state_authority_missing": "unknown"}
    said = next(f for f in decision.stops if f.code is Code.STATE_AUTHORITY_MISSING)
    assert "no rule is recorded" in said.evidence and not said.relievable_by


def test_a_rule_that_will_be_signed_tomorrow_is_none_today() -> None:
    ahead = ruled(assessed(), Discipline.MD, *Act, signed_at=NOW + days(1))
    assert codes(ask(CLEAR, ahead)) == {"state_authority_missing": "unknown"}
    assert ask(CLEAR, ruled(assessed(), Discipline.MD, *Act, signed_at=NOW)).allowed


def test_the_newest_signed_rule_holds_and_goes_before_a_shipped_one() -> None:
    facts = ruled(assessed(), Discipline.MD, *Act, signed_at=NOW - days(3))
    narrower = StateRule("CO", Discipline.MD, (), "newer", signed_at=NOW - days(2))
    shipped = StateRule("CO", Discipline.MD, tuple(Act), "shipped")
    assert not ask(CLEAR, replace(facts, state_rules=(*facts.state_rules, narrower))).allowed
    assert not ask(
        CLEAR, replace(facts, state_rules=(shipped, narrower, *facts.state_rules, shipped))
    ).allowed


def test_a_proposed_rule_holds_in_a_demo_alone_and_shows_that_it_waits() -> None:
    proposed = ruled(assessed(), Discipline.MD, *Act, is_proposed=True, signed_at=None)
    assert codes(ask(CLEAR, proposed)) == {"state_authority_missing": "unknown"}
    decision = ask(CLEAR, in_demo(proposed))
    assert decision.allowed
    assert any(
        f.code is Code.STATE_AUTHORITY_MISSING and f.awaiting_signature for f in decision.findings
    )


@given(
    acts=st.sets(st.sampled_from(Act)),
    discipline=st.sampled_from(Discipline),
    act=st.sampled_from(Act),
    is_demo=st.booleans(),
)
def test_no_rule_reaches_further_than_federal_law(
    acts: set[Act], discipline: Discipline, act: Act, is_demo: bool
) -> None:
    facts = ruled(readied(), discipline, *sorted(acts))
    facts = in_demo(facts) if is_demo else facts
    found = practice.permitted(facts, discipline, act, "Somebody")
    assert found.passes is (act in acts and discipline in practice.WIDEST[act])
    therapists = set(Discipline) - set(practice.HANDS)
    if discipline in therapists and act in (Act.CLEAR, Act.ORDER, Act.DRAW, Act.GIVE):
        assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("profession", "acts", "verdict"),
    [
        (Discipline.RN, (Act.GIVE, Act.WITNESS_WASTE), "pass"),
        (Discipline.RN, (Act.GIVE,), "fail"),  # a rule is on file, and does not name it
        (Discipline.LCSW, (Act.WITNESS_WASTE,), "pass"),  # the state may let anybody see it
        (None, (Act.WITNESS_WASTE,), "unknown"),  # nobody knows what the witness is
    ],
)
def test_the_state_says_whose_profession_may_witness_waste(
    profession: Discipline | None, acts: tuple[Act, ...], verdict: str
) -> None:
    facts = ruled(readied(), profession or Discipline.RN, *acts)
    found = practice.may_witness(facts, profession, "Jonah Reyes")
    assert (found.code, found.verdict) == (Code.WITNESS_NOT_PERMITTED, verdict)
    assert not found.relievable_by


def test_without_a_rule_of_the_state_nobody_witnesses() -> None:
    facts = replace(readied(), state_rules=())
    found = practice.may_witness(facts, Discipline.RN, "Jonah Reyes")
    assert found.verdict == "unknown" and "no rule is recorded" in found.evidence


def test_who_drew_it_up_is_asked_too() -> None:
    facts = readied()
    by_marcus = replace(facts.preparations[0], drawn_by=MARCUS)
    decision = ask(GIVE, replace(facts, preparations=(by_marcus,)))
    (stop,) = [f for f in decision.stops if f.code.value == "state_authority_missing"]
    assert stop.verdict == "fail" and "Marcus Bell, LCSW: may not draw up ketamine" in stop.evidence
    stranger = replace(facts.preparations[0], drawn_by="nobody-we-know")
    unknown = codes(ask(GIVE, replace(facts, preparations=(stranger,))))
    assert unknown["state_authority_missing"] == "unknown"


# --- the state's own registration -----------------------------------------------------------------


def asks(facts: Facts, **duties: Any) -> Facts:
    values = {"signed_at": NOW - days(9)} | duties
    return replace(facts, state_duties=(StateDuties("CO", "a source", **values),))


CSR = CredentialKind.STATE_CSR


@pytest.mark.parametrize(
    ("required", "held", "answer"),
    [
        (False, None, {}),
        (None, None, {"state_registration_missing": "unknown"}),
        (True, None, {"state_registration_missing": "unknown"}),
        (True, Credential(CSR, "CO", TODAY), {}),
        (True, Credential(CSR, "CO", TODAY - days(1)), {"state_registration_missing": "fail"}),
        (True, Credential(CSR, "WY", OCTOBER), {"state_registration_missing": "fail"}),
    ],
)
def test_a_state_that_asks_for_its_own_registration_gets_it(
    required: bool | None, held: Credential | None, answer: dict[str, str]
) -> None:
    facts = asks(readied(), csr_required=required)
    if held:
        member = facts.member(AMARA)
        assert member is not None
        facts = with_staff(facts, AMARA, credentials=(*member.credentials, held))
    assert codes(ask(GIVE, facts)) == answer


# --- looked up at the source ----------------------------------------------------------------------

LOOKED_UP = [
    (TODAY, {}),
    (TODAY - timedelta(days=365), {}),
    (TODAY - timedelta(days=366), {"credential_not_verified": "unknown"}),
    (TODAY + timedelta(days=1), {"credential_not_verified": "unknown"}),
    (None, {"credential_not_verified": "unknown"}),
]


@pytest.mark.parametrize(("on", "answer"), LOOKED_UP)
@pytest.mark.parametrize(
    ("door", "who", "kind"),
    [
        (CLEAR, AMARA, CredentialKind.LICENCE),
        (OPEN, IVY, CredentialKind.LICENCE),
        (GIVE, IVY, CredentialKind.LICENCE),
        (GIVE, AMARA, CredentialKind.LICENCE),
        (GIVE, AMARA, CredentialKind.DEA),
    ],
)
def test_a_licence_and_a_registration_were_looked_up_within_the_year(
    door: Door, who: str, kind: CredentialKind, on: date | None, answer: dict[str, str]
) -> None:
    facts = with_credential(ALLOWED[door](), who, kind, verified_on=on)
    assert codes(ask(door, facts)) == answer


def test_a_look_up_of_a_licence_that_has_ended_vouches_for_no_other() -> None:
    old = replace(licence(until=TODAY - days(1)), verified_on=TODAY - days(10))
    new = replace(licence(), verified_on=None)
    facts = with_staff(assessed(), AMARA, credentials=(old, new))
    assert codes(ask(CLEAR, facts)) == {"credential_not_verified": "unknown"}


# --- exclusion lists ------------------------------------------------------------------------------

EXCLUSION = [
    (TODAY, False, {}),
    (TODAY - timedelta(days=35), False, {}),
    (TODAY - timedelta(days=36), False, {"exclusion_not_clear": "unknown"}),
    (TODAY + timedelta(days=1), False, {"exclusion_not_clear": "unknown"}),
    (None, False, {"exclusion_not_clear": "unknown"}),
    (TODAY, True, {"exclusion_not_clear": "fail"}),
    (TODAY - timedelta(days=400), True, {"exclusion_not_clear": "fail"}),
]


@pytest.mark.parametrize(("on", "hit", "answer"), EXCLUSION)
@pytest.mark.parametrize(("door", "who"), [(CLEAR, AMARA), (OPEN, IVY), (GIVE, IVY), (GIVE, AMARA)])
def test_nobody_acts_who_was_found_on_a_list_or_not_looked_up(
    door: Door, who: str, on: date | None, hit: bool, answer: dict[str, str]
) -> None:
    facts = with_staff(ALLOWED[door](), who, exclusion_checked_on=on, is_excluded=hit)
    assert codes(ask(door, facts)) == answer


@pytest.mark.parametrize(("door", "who"), [(PREPARE, MARCUS), (LEAVE, IVY)])
def test_an_old_look_up_detains_nobody_and_a_hit_still_stops(door: Door, who: str) -> None:
    facts = ALLOWED[door]()
    assert ask(door, with_staff(facts, who, exclusion_checked_on=None)).allowed
    hit = codes(ask(door, with_staff(facts, who, is_excluded=True)))
    assert hit == {"exclusion_not_clear": "fail"}


# --- supervision ----------------------------------------------------------------------------------

SUSAN = StaffMember(
    "staff-susan",
    "Susan Hale",
    (Role.THERAPIST,),
    Discipline.LCSW,
    (licence(),),
    date(2025, 2, 20),
)


def associate(facts: Facts, until: date | None = OCTOBER, by: str = SUSAN.id) -> Facts:
    """Marcus works under Susan."""
    facts = with_credential(facts, MARCUS, CredentialKind.LICENCE, is_associate=True)
    member = facts.member(MARCUS)
    assert member is not None
    held = Credential(CredentialKind.SUPERVISION, expires_on=until, supervisor=by)
    facts = with_staff(facts, MARCUS, credentials=(*member.credentials, held))
    return replace(facts, staff=(*facts.staff, SUSAN))


def test_an_associate_with_a_current_supervisor_may_prepare() -> None:
    assert ask(PREPARE, associate(cleared())).allowed
    assert ask(PREPARE, associate(cleared(), until=TODAY)).allowed


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (associate(cleared(), until=TODAY - days(1)), "fail"),
        (associate(cleared(), until=None), "unknown"),
        (associate(cleared(), by=MARCUS), "unknown"),
        (associate(cleared(), by="nobody"), "unknown"),
        (with_staff(associate(cleared()), SUSAN.id, credentials=()), "unknown"),
        (with_staff(associate(cleared()), SUSAN.id, credentials=(licence("WY"),)), "unknown"),
        (
            with_staff(
                associate(cleared()),
                SUSAN.id,
                credentials=(replace(licence(), is_associate=True),),
            ),
            "unknown",
        ),
    ],
    ids=["ended", "no end", "themselves", "a stranger", "unlicensed", "elsewhere", "associate"],
)
def test_a_supervision_that_is_none_stops(facts: Facts, verdict: str) -> None:
    assert codes(ask(PREPARE, facts)) == {"supervision_missing": verdict}


@pytest.mark.parametrize(
    ("by", "answer"),
    [
        (SUSAN.id, {}),
        ("", {"supervision_missing": "unknown"}),
        (MARCUS, {"supervision_missing": "unknown"}),
        (AMARA, {"supervision_missing": "unknown"}),
    ],
)
def test_an_associates_assessment_is_countersigned_by_their_supervisor(
    by: str, answer: dict[str, str]
) -> None:
    facts = associate(assessed())
    facts = with_paper(facts, DocumentKind.MENTAL_HEALTH_ASSESSMENT, countersigned_by=by)
    assert codes(ask(CLEAR, facts)) == answer


# --- prescription monitoring ----------------------------------------------------------------------


def queried(facts: Facts, ago: timedelta, *states: str) -> Facts:
    query = PdmpQuery("q", NOW - ago, AMARA, states or ("CO",), "PMP-7")
    return replace(facts, pdmp_queries=(query,))


QUERIES = [
    (days(0), {}),
    (days(90), {}),
    (days(90) + minutes(1), {"pdmp_query_missing": "unknown"}),
    (-minutes(2), {"pdmp_query_missing": "unknown"}),
]


@pytest.mark.parametrize(("ago", "answer"), QUERIES)
def test_a_query_holds_for_ninety_days_where_the_state_says_nothing(
    ago: timedelta, answer: dict[str, str]
) -> None:
    assert codes(ask(OPEN, queried(arrived(), ago))) == answer


def test_a_bare_yes_names_no_state_and_is_no_query() -> None:
    facts = charted(replace(arrived(), pdmp_queries=()), seen(Kind.PDMP_QUERY, True))
    for door in (OPEN, GIVE):
        asked = (
            facts
            if door is OPEN
            else charted(replace(readied(), pdmp_queries=()), seen(Kind.PDMP_QUERY, True))
        )
        (stop,) = ask(door, asked).stops
        assert (stop.code, stop.verdict) == (Code.PDMP_QUERY_MISSING, Verdict.UNKNOWN)
        assert "names no state" in stop.evidence and not stop.relievable_by


def test_a_query_of_another_state_is_not_one_of_this() -> None:
    decision = ask(OPEN, queried(arrived(), days(1), "WY"))
    assert codes(decision) == {"pdmp_query_missing": "unknown"}
    assert "WY queried, not CO" in decision.stops[0].evidence
    assert ask(OPEN, queried(arrived(), days(1), "WY", "CO")).allowed


@pytest.mark.parametrize(
    ("duties", "ago", "fits"),
    [
        ({"pdmp_days_max": 30}, days(30), True),
        ({"pdmp_days_max": 30}, days(30) + minutes(1), False),
        ({"pdmp_days_max": 400}, days(91), False),  # a state's longer interval loosens nothing
        ({"pdmp_each_dose": True}, hours(1), True),
        ({"pdmp_each_dose": True}, hours(8.9), True),  # 00:06 of this day in Denver
        ({"pdmp_each_dose": True}, hours(9.1), False),
        ({"pdmp_each_dose": True, "is_proposed": True}, days(5), True),  # unsigned: not in force
    ],
)
def test_a_state_may_ask_for_a_query_at_every_dose(
    duties: dict[str, Any], ago: timedelta, fits: bool
) -> None:
    for door in (OPEN, GIVE):
        facts = asks(queried(ALLOWED[door](), ago), csr_required=False, **duties)
        assert ("pdmp_query_missing" not in codes(ask(door, facts))) is fits


def test_no_score_of_a_query_is_a_fact_that_anything_could_judge() -> None:
    names = set(PdmpQuery.__dataclass_fields__)
    assert names == {"id", "at", "by", "states", "reference", "on_behalf_of"}


# --- the whole of it ------------------------------------------------------------------------------


def test_what_is_new_is_kept_and_replayed() -> None:
    facts = associate(queried(assessed(), days(3)))
    again = from_text(Facts, to_text(facts))
    assert again == facts
    assert ask(CLEAR, again).findings == ask(CLEAR, facts).findings


# --- follow-up of harm ----------------------------------------------------------------------------

HARM = [
    # first look so many days ago, sessions since, overdue
    (Kind.COGNITION_CONCERN, 100, 7, False),
    (Kind.COGNITION_CONCERN, 100, 8, True),
    (Kind.DEPENDENCE_CONCERN, 100, 7, False),
    (Kind.DEPENDENCE_CONCERN, 100, 8, True),
    (Kind.BLADDER_SYMPTOMS, 100, 7, False),
    (Kind.BLADDER_SYMPTOMS, 100, 8, True),
    # looked at on 3 September 2024 (181 days ago): six calendar months end on this very day
    (Kind.COGNITION_CONCERN, 181, 2, False),
    (Kind.COGNITION_CONCERN, 182, 2, True),
    (Kind.DEPENDENCE_CONCERN, 180, 2, False),
]


@pytest.mark.parametrize(("kind", "ago", "count", "overdue"), HARM)
def test_each_kind_of_harm_is_looked_at_by_count_and_by_calendar(
    kind: Kind, ago: int, count: int, overdue: bool
) -> None:

    facts = had(*[8 + 10 * n for n in range(count)])
    facts = with_paper(facts, DocumentKind.CLEARANCE, signed_at=NOW - days(1))
    facts = instead(facts, seen(kind, False, days(ago)))
    found = practice_findings(facts)
    name = next(n for n, k in LOOKED.items() if k is kind)
    assert (found[name].verdict is Verdict.UNKNOWN) is overdue, found[name].evidence
    assert "due by" in found[name].evidence and f"{count} of 8 sessions" in found[name].evidence
    others = [f for n, f in found.items() if n not in (name, "liver")]
    assert all(f.passes for f in others)


def practice_findings(facts: Facts) -> dict[str, Any]:

    return {f.subject: f for f in follow_up(facts, clinic_protocol()) if f.subject in LOOKED}


@pytest.mark.parametrize("kind", [Kind.COGNITION_CONCERN, Kind.DEPENDENCE_CONCERN])
def test_a_concern_waits_for_the_prescribers_plan(kind: Kind) -> None:
    facts = instead(arrived(), seen(kind, True, days(1)))
    decision = ask(OPEN, facts)
    assert codes(decision) == {"clearance_needed": "hold"}
    assert decision.stops[0].relievable_by == ("prescriber",)
