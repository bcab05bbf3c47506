"""Whatever the door: nothing missing is overlooked, nothing hard is waived, nothing forgotten."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdspace.core import limits
from holdspace.core.canonical import from_text, to_text
from holdspace.core.decision import Decision, Door, Finding, ReliefKind, Verdict
from holdspace.core.facts import Answer, Facts, Route
from holdspace.core.gates import DOORS
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import KINDS, Kind
from tests.core.cases import (
    ALLOWED,
    AMARA,
    NOW,
    answered,
    ask,
    clinic_protocol,
    codes,
    days,
    instead,
    minutes,
    plan,
    readied,
    seen,
    waiver,
    with_letter,
)

EVERY_DOOR = pytest.mark.parametrize("door", list(Door))


@EVERY_DOOR
def test_each_door_has_a_life_that_it_lets_through(door: Door) -> None:
    decision = ask(door, ALLOWED[door]())
    assert decision.allowed, codes(decision)
    assert decision.most_limiting is None


@EVERY_DOOR
def test_yes_and_no_are_the_same_list(door: Door) -> None:
    """A rule answers in every case: whatever is empty, no rule falls silent."""
    allowed = ALLOWED[door]()
    empty = Facts(now=NOW, clinic=allowed.clinic, person=type(allowed.person)("nobody"))
    for rule in DOORS[door]:
        said = rule(empty, clinic_protocol())
        if rule.__name__ != "washouts":  # no medicine on the list, nothing to wait for
            assert said, f"{rule.__name__} said nothing"
        assert rule(allowed, clinic_protocol()) or rule.__name__ == "washouts"
    assert not ask(door, empty).allowed


@EVERY_DOOR
def test_every_finding_tells_value_rule_and_source(door: Door) -> None:
    for finding in ask(door, ALLOWED[door]()).findings:
        assert finding.evidence and finding.rule and finding.source
        assert len(finding.evidence) <= 300


# --- removing any one required fact -------------------------------------------------------------


def _without_one(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """The facts with each item of each collection, and each optional field, taken away once."""
    for field in dataclasses.fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                shorter = value[:index] + value[index + 1 :]
                yield f"{field.name}[{_name(item, facts)}]", replace(facts, **{field.name: shorter})
        elif field.default is not dataclasses.MISSING and value != field.default:
            yield field.name, replace(facts, **{field.name: field.default})
    for name in ("clinic", "person", "course"):
        for path, changed in _emptied(getattr(facts, name)):
            yield f"{name}.{path}", replace(facts, **{name: changed})
    for member in facts.staff:
        for index, credential in enumerate(member.credentials):
            kept = member.credentials[:index] + member.credentials[index + 1 :]
            others = tuple(
                replace(m, credentials=kept) if m.id == member.id else m for m in facts.staff
            )
            yield f"staff[{member.id}].{credential.kind.value}", replace(facts, staff=others)


def _name(item: Any, facts: Facts) -> str:
    if hasattr(item, "taken_at"):
        newest = facts.latest(item.kind)
        return item.kind.value if item is newest else f"earlier {item.kind.value}"
    for name in ("kind", "key", "id", "staff", "discipline", "state", "name"):
        if hasattr(item, name):
            return str(getattr(item, name))
    return str(item)


def _emptied(value: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if field.default is dataclasses.MISSING or held == field.default:
            continue
        yield field.name, replace(value, **{field.name: field.default})


@EVERY_DOOR
def test_removing_any_one_required_fact_refuses(door: Door) -> None:
    """Exactly what the door needs: taken away one by one, each refuses; the rest is not asked."""
    allowed = ALLOWED[door]()
    assert ask(door, allowed).allowed
    needed = {path for path, fewer in _without_one(allowed) if not ask(door, fewer).allowed}
    history = {path for path in needed if path.startswith("conditions[")}
    assert len(history) in (0, len(clinic_protocol().conditions)), "all questions or none"
    assert sorted(needed - history) == sorted(NEEDED[door])


_SITE = """
    clinic.registered_address presences[staff-amara] presences[staff-ivy] presences[staff-marcus]
    staff[staff-amara] staff[staff-amara].bls staff[staff-amara].dea staff[staff-amara].licence
    staff[staff-ivy] staff[staff-ivy].acls staff[staff-ivy].licence staff[staff-marcus]
    staff[staff-marcus].kap_training staff[staff-marcus].licence
    state_rules[MD] state_rules[RN] state_duties[CO]
"""
_STANDS = """
    documents[medical_evaluation] documents[mental_health_assessment] person.has_guardian
"""
_THERAPIST = """
    course course.therapist staff[staff-marcus] staff[staff-marcus].kap_training
    staff[staff-marcus].licence
"""
_TODAY = f"""
    observations[able_to_consent] observations[emergency_equipment_checked]
    observations[escort_confirmed] observations[health_change] observations[identity_confirmed]
    escorts[Sam] pdmp_queries[query-1] observations[room_ready] observations[suicide_screen]
    medications_asked_at person.birth_date person.interpreter_needed
    documents[clearance] documents[consent] documents[touch_agreement] {_STANDS}
"""
NEEDED: dict[Door, list[str]] = {
    door: sorted(set(words.split()))
    for door, words in {
        Door.OPEN_COURSE: """
            actor staff[staff-ruth] clinic.protocol_signed_by_director course person.birth_date
            person.has_guardian
        """,
        Door.CLEAR_FOR_MEDICINE: """
            actor staff[staff-amara] staff[staff-amara].licence course person.birth_date
            staff[staff-marcus] state_rules[MD] state_rules[LCSW]
            person.has_guardian documents[medical_evaluation] documents[mental_health_assessment]
            medications_asked_at observations[diastolic] observations[height]
            observations[pregnancy_possible] observations[suicide_screen] observations[systolic]
            observations[weight]
        """,
        Door.BEGIN_PREPARATION: f"actor documents[clearance] {_THERAPIST}",
        Door.OPEN_SESSION: f"""
            actor staff[staff-ivy] staff[staff-ivy].licence booked_for visits[prep-1]
            visits[prep-2] {_THERAPIST} {_TODAY}
        """,
        Door.GIVE_DOSE: f"""
            actor session sessions[day-1] course course.therapist orders[order-1]
            preparations[drawn-1] observations[diastolic] observations[heart_rate]
            observations[last_clear_fluid] observations[last_fatty_meal]
            observations[last_light_meal] observations[pregnancy_possible]
            observations[respiratory_rate] observations[spo2] observations[systolic]
            observations[temperature] {_TODAY} {_SITE}
        """,
        Door.FURTHER_DOSE: f"""
            actor session sessions[day-1] course course.therapist doses[dose-1] orders[order-2]
            preparations[drawn-2] observations[diastolic] observations[pregnancy_possible]
            observations[sedation_moaas] observations[spo2] observations[systolic]
            {_TODAY} {_SITE}
        """,
        Door.DISCHARGE: """
            actor staff[staff-ivy] staff[staff-ivy].licence session sessions[day-1] doses[dose-1]
            observations[diastolic] observations[dissociation] observations[distress]
            observations[escort_identified] observations[heart_rate]
            observations[instructions_understood] observations[respiratory_rate]
            observations[sedation_moaas]
            observations[padss_activity] observations[padss_bleeding] observations[padss_intake]
            observations[padss_nausea] observations[padss_vitals] observations[spo2]
            observations[suicide_screen] observations[systolic]
            observations[therapist_discharge_check]
        """,
        Door.NEXT_SESSION: f"""
            actor staff[staff-ivy] documents[clearance] documents[consent]
            observations[next_day_contact] visits[int-1] {_THERAPIST} {_STANDS}
        """,
        Door.CLOSE_COURSE: """
            actor staff[staff-marcus] course course.therapist observations[next_day_contact]
            observations[phq9_total] visits[int-1]
        """,
    }.items()
}


# --- what nobody can wave through ---------------------------------------------------------------

ROLES = ("prescriber", "medical_director", "therapist", "session_clinician", "administrator")


def everything_waived(door: Door, facts: Facts, protocol: Protocol | None = None) -> Decision:
    """The same question with a waiver and a plan from every role for everything that stops."""
    protocol = protocol or clinic_protocol()
    for _ in range(3):
        stops = ask(door, facts, protocol).stops
        reliefs = tuple(
            make(finding, id=f"{finding.code}-{finding.subject}-{role}-{name}", by_role=role)
            for finding in stops
            for role in ROLES
            for name, make in (("waiver", waiver), ("plan", plan))
        )
        facts = replace(facts, reliefs=(*facts.reliefs, *reliefs))
    return ask(door, facts, protocol)


@EVERY_DOOR
def test_nobody_waives_what_is_not_known(door: Door) -> None:
    for path, fewer in _without_one(ALLOWED[door]()):
        decision = everything_waived(door, fewer)
        unknown = [f for f in decision.findings if f.verdict is Verdict.UNKNOWN]
        assert all(f.relief is None and not f.passes for f in unknown), path
        assert not (unknown and decision.allowed), path


@pytest.mark.parametrize("key", sorted(limits.ABSOLUTE_CONTRAINDICATIONS))
@pytest.mark.parametrize("door", [Door.CLEAR_FOR_MEDICINE, Door.OPEN_SESSION, Door.GIVE_DOSE])
def test_an_absolute_contraindication_is_never_waived(door: Door, key: str) -> None:
    facts = answered(ALLOWED[door](), key, Answer.YES, happened_on=date(2025, 2, 20))
    decision = everything_waived(door, facts)
    assert not decision.allowed
    assert [f.subject for f in decision.stops] == [key]


@pytest.mark.parametrize("key", sorted(limits.ABSOLUTE_CONTRAINDICATIONS))
def test_a_protocol_that_forgets_an_absolute_contraindication_still_refuses(key: str) -> None:
    shipped = clinic_protocol()
    fewer = {k: c for k, c in shipped.conditions.items() if k != key}
    forgetful = replace(shipped, conditions=fewer)
    facts = answered(ALLOWED[Door.CLEAR_FOR_MEDICINE](), key)
    assert not everything_waived(Door.CLEAR_FOR_MEDICINE, facts, forgetful).allowed


READING = st.tuples(st.integers(0, 60), st.integers(60, 240), st.integers(30, 140))
LIFE = st.fixed_dictionaries(
    {
        "pressures": st.lists(READING, max_size=4),
        "dose": st.decimals(Decimal(1), Decimal(450), places=1),
        "given": st.lists(st.decimals(Decimal(1), Decimal(120), places=1), max_size=2),
        "weight": st.decimals(Decimal(30), Decimal(200), places=1),
        "born": st.dates(date(1930, 1, 1), date(2015, 1, 1)),
        "route": st.sampled_from(list(Route)),
        "given_route": st.sampled_from(list(Route)),
        "infusion": st.none() | st.integers(1, 90),
        "reason": st.sampled_from(["", "no effect at 50 mg"]),
    }
)


def _life(door: Door, drawn: dict[str, Any]) -> Facts:
    """A life around the limits: some of these are fine, most are not."""
    facts = ALLOWED[door]()
    pressures = [
        o
        for ago, systolic, diastolic in drawn["pressures"]
        for o in (
            seen(Kind.SYSTOLIC, systolic, minutes(ago), session="day-1"),
            seen(Kind.DIASTOLIC, diastolic, minutes(ago), session="day-1"),
        )
    ]
    if pressures:
        facts = instead(facts, *pressures)
    weight = seen(Kind.WEIGHT, 70, days(1))
    facts = instead(facts, replace(weight, value=drawn["weight"]))
    order = replace(
        facts.orders[-1],
        route=drawn["route"],
        dose_mg=drawn["dose"],
        weight_kg=drawn["weight"],
        infusion_minutes=drawn["infusion"],
        reason=drawn["reason"],
    )
    ready = replace(facts.preparations[-1], dose_mg=drawn["dose"])
    extra = tuple(
        replace(facts.doses[0], id=f"x{n}", dose_mg=mg, route=drawn["given_route"], order="")
        for n, mg in enumerate(drawn["given"])
        if facts.doses
    )
    consented = tuple(replace(d, routes=tuple(Route)) for d in facts.documents)
    return replace(
        facts,
        person=replace(facts.person, birth_date=drawn["born"]),
        orders=(*facts.orders[:-1], order),
        preparations=(*facts.preparations[:-1], ready),
        doses=(*facts.doses, *extra),
        documents=consented,
    )


@settings(max_examples=120, deadline=None)
@given(drawn=LIFE, door=st.sampled_from([Door.GIVE_DOSE, Door.FURTHER_DOSE]))
def test_nothing_outside_the_hard_limits_is_ever_allowed(drawn: dict[str, Any], door: Door) -> None:
    facts = _life(door, drawn)
    if not everything_waived(door, facts).allowed:
        return
    order = facts.orders[-1]
    ceiling = limits.session_ceiling_mg(order.route, drawn["weight"])
    total = order.dose_mg + sum((d.dose_mg for d in facts.doses), Decimal(0))
    recent = [o for o in facts.observations if NOW - o.taken_at <= minutes(10)]
    assert ceiling is not None and total <= ceiling
    assert order.route is not Route.ESKETAMINE
    assert {d.route for d in facts.doses} <= {order.route}
    assert all(o.number <= 159 for o in recent if o.kind is Kind.SYSTOLIC)
    assert all(o.number <= 99 for o in recent if o.kind is Kind.DIASTOLIC)
    assert drawn["born"] <= date(2007, 3, 3) or door is Door.FURTHER_DOSE
    if order.route is Route.IV:
        assert (order.infusion_minutes or 0) >= 40


@settings(max_examples=60, deadline=None)
@given(ago=st.integers(0, 400))
def test_nobody_passes_the_discharge_before_the_hard_floor_whatever_is_waived(ago: int) -> None:
    facts = ALLOWED[Door.DISCHARGE]()
    doses = tuple(replace(d, given_at=NOW - minutes(ago)) for d in facts.doses)
    decision = everything_waived(Door.DISCHARGE, replace(facts, doses=doses))
    assert not decision.allowed or ago >= limits.STAY_MINUTES_MIN


# --- waivers ------------------------------------------------------------------------------------


def raised(*values: int) -> Facts:
    """Ready for a dose but for the pressure: so many readings, six minutes apart."""
    last = len(values) - 1
    readings = [seen(Kind.SYSTOLIC, v, minutes(6 * (last - n) + 1)) for n, v in enumerate(values)]
    return instead(readied(), *readings)


def _systolic(decision: Decision) -> Finding:
    (found,) = [f for f in decision.findings if f.subject == "systolic"]
    return found


@pytest.mark.parametrize(
    ("value", "by"), [(141, ("prescriber",)), (159, ("prescriber",)), (160, ()), (200, ())]
)
def test_only_a_value_inside_the_band_can_be_waived(value: int, by: tuple[str, ...]) -> None:
    found = _systolic(ask(Door.GIVE_DOSE, raised(value, value)))
    assert (found.verdict, found.relievable_by) == (Verdict.FAIL, by)


def test_a_waiver_opens_the_door_for_its_own_value() -> None:
    facts = raised(150, 148)
    found = _systolic(ask(Door.GIVE_DOSE, facts))
    decision = ask(Door.GIVE_DOSE, replace(facts, reliefs=(waiver(found),)))
    assert decision.allowed
    assert _systolic(decision).relief is not None
    assert _systolic(decision).verdict is Verdict.FAIL, "it stays a fail, with its waiver beside it"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"expires_at": NOW}, "it has ended"),
        ({"at": NOW + minutes(1)}, "it does not hold yet"),
        ({"session": "day-0"}, "it belongs to another session"),
        ({"session": ""}, "a waiver names its session"),
        ({"by_role": "therapist"}, "a therapist never waives a medical finding"),
        ({"by_role": "session_clinician"}, "the protocol does not name this role"),
        ({"value": Decimal(149)}, "it was given for a lower value"),
        ({"limit": Decimal(145)}, "the limit has changed since"),
        ({"subject": "diastolic"}, "it was given for something else"),
    ],
)
def test_a_waiver_that_does_not_fit_opens_nothing(change: dict[str, Any], why: str) -> None:
    facts = raised(150, 148)
    relief = waiver(_systolic(ask(Door.GIVE_DOSE, facts)), **change)
    assert not ask(Door.GIVE_DOSE, replace(facts, reliefs=(relief,))).allowed, why


def test_a_waiver_lapses_when_a_newer_value_is_worse() -> None:
    relief = waiver(_systolic(ask(Door.GIVE_DOSE, raised(150, 148))))
    worse = replace(raised(150, 148, 151), reliefs=(relief,))
    assert codes(ask(Door.GIVE_DOSE, worse)) == {"bp_systolic_high": "fail"}
    better = replace(raised(150, 148, 144), reliefs=(relief,))
    assert ask(Door.GIVE_DOSE, better).allowed


def test_a_plan_answers_a_hold_and_no_fail() -> None:
    door = Door.CLEAR_FOR_MEDICINE
    facts = answered(ALLOWED[door](), "glaucoma")
    (held,) = ask(door, facts).stops
    facts, fits = with_letter(facts), plan(held, letter="letter-1")
    assert held.verdict is Verdict.HOLD
    assert ask(door, replace(facts, reliefs=(fits,))).allowed
    for change in ({"kind": ReliefKind.WAIVER}, {"by_role": "therapist"}, {"subject": "epilepsy"}):
        assert not ask(door, replace(facts, reliefs=(replace(fits, **change),))).allowed
    refused = raised(150, 148)
    fail = _systolic(ask(Door.GIVE_DOSE, refused))
    as_plan = plan(fail, session="day-1")
    assert not ask(Door.GIVE_DOSE, replace(refused, reliefs=(as_plan,))).allowed


def test_nobody_waives_a_finding_about_a_credential() -> None:
    facts = ALLOWED[Door.GIVE_DOSE]()
    late = replace(facts, now=datetime(2025, 11, 1, 16, tzinfo=facts.now.tzinfo))
    about_people = {"licence_not_valid", "training_not_valid", "dea_registration_not_valid"}
    found = [f for f in ask(Door.GIVE_DOSE, late).findings if f.code.value in about_people]
    assert found and all(not f.relievable_by for f in found)
    assert any(f.verdict is Verdict.FAIL for f in found)


# --- replay, and protocols that are tighter or older --------------------------------------------


@EVERY_DOOR
def test_a_kept_decision_replays_to_the_same_findings(door: Door) -> None:
    facts = ALLOWED[door]()
    first = ask(door, facts)
    again = ask(door, from_text(Facts, to_text(facts)))
    assert again == first
    assert from_text(Decision, to_text(first)) == first


@EVERY_DOOR
def test_the_order_in_which_facts_arrive_changes_no_answer(door: Door) -> None:
    facts = ALLOWED[door]()
    turned = replace(
        facts,
        observations=facts.observations[::-1],
        documents=facts.documents[::-1],
        conditions=facts.conditions[::-1],
        staff=facts.staff[::-1],
        doses=facts.doses[::-1],
        visits=facts.visits[::-1],
    )
    assert ask(door, turned).findings == ask(door, facts).findings


NUMBERS = sorted(
    path
    for path, setting in clinic_protocol().settings.items()
    if isinstance(setting.value, int | Decimal) and not isinstance(setting.value, bool)
    if path.endswith(("_max", "_min")) or "_max_" in path or "_min_" in path
    if path != "screening.stop_bang_min"
)


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(NUMBERS),
    by=st.integers(1, 60),
    door=st.sampled_from(list(Door)),
    drawn=LIFE,
)
def test_data_may_tighten_and_never_opens_a_door_by_it(
    path: str, by: int, door: Door, drawn: dict[str, Any]
) -> None:
    shipped = clinic_protocol()
    setting = shipped.setting(path)
    is_most = "_max" in path and "interval" not in path
    assert isinstance(setting.value, int | Decimal)
    value = setting.value - by if is_most else setting.value + by
    if value <= 0:
        return
    tighter = replace(shipped, settings={**shipped.settings, path: replace(setting, value=value)})
    has_order = door in (Door.GIVE_DOSE, Door.FURTHER_DOSE)
    facts = _life(door, drawn) if has_order else ALLOWED[door]()
    if ask(door, facts, tighter).allowed:
        assert ask(door, facts, shipped).allowed


def test_today_s_hard_limit_applies_to_an_older_and_looser_protocol() -> None:
    shipped = clinic_protocol()
    path = "readiness.systolic_mmhg_max"
    setting = shipped.setting(path)
    assert setting.band is not None
    wide = replace(setting.band, to=Decimal(190))
    loose = replace(setting, value=Decimal(180), band=wide)
    older = replace(shipped, settings={**shipped.settings, path: loose})
    found = _systolic(ask(Door.GIVE_DOSE, raised(165, 165), older))
    assert found.verdict is Verdict.FAIL and not found.relievable_by
    assert found.limit == 159
    assert "hard limit" in found.source and "180" in found.rule
    assert not everything_waived(Door.GIVE_DOSE, raised(165, 165), older).allowed


@EVERY_DOOR
def test_every_plausible_kind_has_a_range_that_the_case_is_in(door: Door) -> None:
    for observation in ALLOWED[door]().observations:
        spec = KINDS[observation.kind]
        if isinstance(observation.value, Decimal) and spec.low is not None:
            assert spec.high is not None and spec.low <= observation.number <= spec.high


@EVERY_DOOR
def test_what_awaits_a_signature_says_so_until_the_director_signs(door: Door) -> None:
    facts = ALLOWED[door]()
    assert not any(_is_protocol(f) and f.awaiting_signature for f in ask(door, facts).findings)
    unsigned = replace(facts, clinic=replace(facts.clinic, protocol_signed_by_director=False))
    waiting = [f for f in ask(door, unsigned).findings if f.awaiting_signature]
    assert waiting or door in (Door.OPEN_COURSE,)


def _is_protocol(finding: Finding) -> bool:
    return finding.source.endswith(clinic_protocol().reference)


def test_the_actor_of_a_dose_is_the_one_in_the_room() -> None:
    facts = replace(readied(), actor=AMARA)
    assert not ask(Door.GIVE_DOSE, facts).allowed
    assert timedelta(0) == NOW - facts.now
