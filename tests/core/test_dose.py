"""The dose: orders, ceilings, the people who must be here, and the doses after the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from holdspace.core import limits
from holdspace.core.decision import Door, Verdict
from holdspace.core.dosing import with_ends
from holdspace.core.facts import (
    AdverseEvent,
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Dose,
    Ending,
    Facts,
    Place,
    Presence,
    Role,
    Route,
    Session,
    StaffMember,
    Variance,
)
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    RUTH,
    about,
    all_told,
    ask,
    between_doses,
    certificate,
    charted,
    clinic_protocol,
    codes,
    credentials_of,
    days,
    dea,
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

K = Kind
DOSE, FURTHER = Door.GIVE_DOSE, Door.FURTHER_DOSE


def ordered(facts: Facts | None = None, **change: Any) -> Facts:
    """Ready for a dose with the order changed, and the same amount drawn up."""
    facts = facts or readied()
    order = replace(facts.orders[-1], **change)
    drawn = replace(facts.preparations[-1], dose_mg=order.dose_mg)
    facts = replace(
        facts,
        orders=(*facts.orders[:-1], order),
        preparations=(*facts.preparations[:-1], drawn),
    )
    return with_paper(facts, DocumentKind.CONSENT, routes=tuple(Route))


def routed(route: Route, mg: str | int, **change: Any) -> Facts:
    facts = ordered(route=route, dose_mg=Decimal(mg), reason="as discussed", **change)
    assert facts.course is not None
    return replace(facts, course=replace(facts.course, route=route))


def give(facts: Facts) -> dict[str, str]:
    return codes(ask(DOSE, facts))


# --- the order ------------------------------------------------------------------------------------

ORDERS = [
    ({}, {}),
    ({"signed_at": NOW - hours(11.9)}, {}),
    ({"signed_at": NOW - hours(12)}, {"order_not_valid": "fail"}),
    ({"expires_at": NOW + minutes(1)}, {}),
    ({"expires_at": NOW}, {"order_not_valid": "fail"}),
    ({"cancelled_at": NOW - minutes(1)}, {"order_not_valid": "fail"}),
    (
        {"signed_at": NOW + minutes(2)},
        {"order_not_valid": "fail", "preparation_not_valid": "fail"},
    ),
    (
        {"ordered_by": IVY},
        {
            "role_not_permitted": "fail",
            "dea_registration_not_valid": "unknown",
            "state_authority_missing": "fail",
        },
    ),
    (
        {"ordered_by": "nobody"},
        {"role_not_permitted": "unknown", "state_authority_missing": "unknown"},
    ),
]


@pytest.mark.parametrize(("change", "answer"), ORDERS)
def test_an_order_stands_or_says_why_not(change: dict[str, Any], answer: dict[str, str]) -> None:
    assert give(ordered(**change)) == answer


@pytest.mark.parametrize("mg", ["0", "-5"])
def test_an_order_of_nothing_is_no_order(mg: str) -> None:
    assert give(ordered(dose_mg=Decimal(mg)))["order_not_valid"] == "fail"


def test_an_order_of_another_session_is_not_this_one_s() -> None:
    found = give(ordered(session="day-0"))
    assert found["order_missing"] == "unknown"
    assert found["dose_ceiling_exceeded"] == "unknown"


def test_a_later_standing_order_replaces_a_cancelled_one() -> None:
    facts = ordered(cancelled_at=NOW - minutes(10))
    again = replace(facts.orders[0], id="order-1b", cancelled_at=None, signed_at=NOW - minutes(9))
    drawn = replace(facts.preparations[0], order="order-1b")
    assert give(replace(facts, orders=(*facts.orders, again), preparations=(drawn,))) == {}


def test_of_two_standing_orders_the_newer_one_is_asked_about() -> None:
    facts = readied()
    newer = replace(facts.orders[0], id="order-1b", dose_mg=Decimal(45), signed_at=NOW - minutes(8))
    drawn = replace(facts.preparations[0], order="order-1b", dose_mg=Decimal(45))
    for orders in ((facts.orders[0], newer), (newer, facts.orders[0])):
        decision = ask(DOSE, replace(facts, orders=orders, preparations=(drawn,)))
        assert decision.allowed
        assert about(decision.findings, "mg").value == 45


# --- ceilings -------------------------------------------------------------------------------------

CEILINGS = [  # route, weight, mg that is inside, mg that is above
    (Route.IM, 70, "175", "175.1"),  # 2.5 mg/kg
    (Route.IM, 100, "200", "200.1"),  # 200 mg
    (Route.IV, 70, "70", "70.1"),
    (Route.IV, 120, "100", "100.1"),
    (Route.SC, 60, "60", "60.1"),
    (Route.SC, 130, "100", "100.1"),
    (Route.SUBLINGUAL, 50, "400", "400.1"),
    (Route.INTRANASAL, 50, "200", "200.1"),
]


@pytest.mark.parametrize(("route", "kg", "inside", "above"), CEILINGS)
def test_the_lower_of_both_ceilings(route: Route, kg: int, inside: str, above: str) -> None:
    for mg, stops in ((inside, {}), (above, {"dose_ceiling_exceeded": "fail"})):
        facts = routed(route, mg, weight_kg=Decimal(kg), infusion_minutes=40)
        facts = instead(_tolerated(facts), seen(K.WEIGHT, kg, days(1)))
        decision = ask(DOSE, facts)
        assert codes(decision) == stops, mg
        assert all(not f.relievable_by for f in decision.stops)


def _tolerated(facts: Facts, **change: Any) -> Facts:
    """With an earlier session of 100 mg IM, well tolerated, everything around it in order."""
    from holdspace.core.facts import Visit

    at = NOW - days(4)
    session = Session("day-0", 0, at - hours(1), at + hours(3), Ending.DISCHARGED)
    dose = Dose("dose-0", "day-0", Route.IM, Decimal(100), at, IVY)
    return charted(
        replace(
            facts,
            sessions=(*facts.sessions, replace(session, **change)),
            doses=(*facts.doses, dose),
            visits=(*facts.visits, Visit("int-0", "integration", at + hours(50), MARCUS)),
        ),
        seen(K.NEXT_DAY_CONTACT, "reached_well", days(3)),
    )


def test_every_earlier_dose_of_the_session_counts_variances_too() -> None:
    facts = between_doses()
    first = facts.doses[0]
    unplanned = replace(first, id="v", dose_mg=Decimal("115"), order="", passed_door=False)
    assert about(ask(FURTHER, facts).findings, "mg").value == 60
    more = ask(FURTHER, replace(facts, doses=(first, unplanned)))
    assert about(more.findings, "mg").value == 175
    assert about(more.findings, "mg/kg").verdict is Verdict.PASS
    above = replace(unplanned, dose_mg=Decimal("115.1"))
    over = ask(FURTHER, replace(facts, doses=(first, above)))
    assert about(over.findings, "mg/kg").verdict is Verdict.FAIL


def test_a_ceiling_by_weight_takes_the_lower_of_two_weights() -> None:
    facts = instead(routed(Route.IV, 68, infusion_minutes=40), seen(K.WEIGHT, 68, days(1)))
    assert give(facts) == {}, "ordered at 70 kg, measured 68 kg"
    heavier = routed(Route.IV, "68.1", infusion_minutes=40)
    assert give(instead(heavier, seen(K.WEIGHT, 68, days(1)))) == {"dose_ceiling_exceeded": "fail"}


@pytest.mark.parametrize(
    ("measured", "ago", "stops"),
    [
        (70, 30, False),
        (70, 30.1, True),
        ("66.7", 1, False),
        ("66.6", 1, True),
        ("73.6", 1, False),
        ("73.7", 1, True),
    ],
)
def test_a_weight_is_recent_and_within_five_percent(
    measured: str | int, ago: float, stops: bool
) -> None:
    facts = instead(readied(), seen(K.WEIGHT, measured, days(ago)))
    assert ("weight_stale" in give(facts)) is stops


def test_without_a_weight_that_counts_a_ceiling_by_weight_is_not_known() -> None:
    for facts in (instead(readied(), seen(K.WEIGHT, 70, days(31))), ordered(weight_kg=None)):
        assert about(ask(DOSE, facts).findings, "mg/kg").verdict is Verdict.UNKNOWN


def test_a_lozenge_has_no_ceiling_by_weight_and_asks_for_none() -> None:
    assert give(routed(Route.SUBLINGUAL, 100, weight_kg=None)) == {}


def test_esketamine_is_kindly_refused() -> None:
    found = give(routed(Route.ESKETAMINE, 56))
    assert found["dose_ceiling_exceeded"] == "fail" and found["service_not_offered"] == "fail"


def test_a_route_that_the_protocol_does_not_offer_has_no_ceiling() -> None:
    shipped = clinic_protocol()
    only = replace(shipped.setting("offer.routes"), value=("sublingual",))
    fewer = replace(shipped, settings={**shipped.settings, "offer.routes": only})
    assert codes(ask(DOSE, readied(), fewer)) == {
        "dose_ceiling_exceeded": "fail",
        "service_not_offered": "fail",
    }


def test_a_route_without_a_hard_limit_is_refused_whatever_the_protocol_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(limits.CEILINGS, Route.SC)  # type: ignore[arg-type]
    found = give(routed(Route.SC, 40))
    assert found == {"dose_ceiling_exceeded": "fail", "service_not_offered": "fail"}


def test_a_route_that_is_not_built_is_refused_whatever_the_protocol_offers() -> None:
    shipped, path = clinic_protocol(), "offer.routes"
    wide = replace(shipped.setting(path), value=tuple(r.value for r in Route))
    offered = replace(shipped, settings={**shipped.settings, path: wide})
    found = codes(ask(DOSE, routed(Route.ESKETAMINE, 56), offered))
    assert found == {"dose_ceiling_exceeded": "fail", "service_not_offered": "fail"}


def test_a_route_without_a_limit_of_the_protocol_is_refused() -> None:
    shipped = clinic_protocol()
    settings = {**shipped.settings}
    del settings["dose.sc_session_mg_max"]
    found = codes(ask(DOSE, routed(Route.SC, 40), replace(shipped, settings=settings)))
    assert found == {"dose_ceiling_exceeded": "fail"}


def test_each_infusion_has_its_end_and_no_other_dose_has_one() -> None:
    facts, at = readied(), NOW - hours(1)
    doses = tuple(Dose(r.value, "day-1", r, Decimal(30), at, IVY) for r in Route)
    ends = {d.route: d.ended_at for d in with_ends(facts, doses)}
    assert ends.pop(Route.IV) == at + minutes(40), "the shortest infusion that is allowed"
    assert set(ends.values()) == {None}
    (charted_end,) = with_ends(facts, (replace(doses[0], route=Route.IV, ended_at=NOW),))
    assert charted_end.ended_at == NOW


# --- first sessions -------------------------------------------------------------------------------

FIRST = [
    ("60", "", {}),
    ("60.1", "", {"dose_needs_reason": "fail"}),
    ("60.1", "  ", {"dose_needs_reason": "fail"}),
    ("130", "no effect at 50 mg elsewhere", {}),
    ("130.1", "no effect at 50 mg elsewhere", {"dose_needs_tolerated": "fail"}),
]


@pytest.mark.parametrize(("mg", "reason", "answer"), FIRST)
def test_the_first_injected_session(mg: str, reason: str, answer: dict[str, str]) -> None:
    assert give(ordered(dose_mg=Decimal(mg), reason=reason)) == answer


def test_the_first_lozenge_above_a_hundred_needs_a_reason() -> None:
    facts = routed(Route.SUBLINGUAL, 101)
    assert give(facts) == {}
    assert give(replace(facts, orders=(replace(facts.orders[0], reason=""),))) == {
        "dose_needs_reason": "fail"
    }


def test_the_highest_band_follows_a_tolerated_lower_dose() -> None:
    facts = ordered(dose_mg=Decimal(140))
    assert give(_tolerated(facts)) == {}
    same = _tolerated(facts)
    as_much = (replace(same.doses[-1], dose_mg=Decimal(140)),)
    assert give(replace(same, doses=as_much)) == {"dose_needs_tolerated": "fail"}, "not lower"
    assert give(_tolerated(facts, ending=Ending.TRANSFERRED)).keys() == {
        "dose_needs_tolerated", "clearance_suspended", "transfer_unreviewed"
    }  # fmt: skip
    reviewed = AdverseEvent("e", "day-0", "Syncope", 3, NOW - days(4), (AMARA, "staff-other"))
    assert give(replace(_tolerated(facts), adverse_events=(reviewed,))) == {
        "dose_needs_tolerated": "fail",
        "clearance_suspended": "fail",
    }


# --- what is drawn up -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"dose_mg": Decimal(40)}, {}),
        ({"dose_mg": Decimal("50.1")}, {"dose_above_order": "fail"}),
        ({"dose_mg": Decimal(0)}, {"dose_above_order": "fail"}),
        ({"order": "order-9"}, {"preparation_of_dose_missing": "unknown"}),
        ({"vial_usable_until": NOW}, {}),
        ({"vial_usable_until": NOW - minutes(1)}, {"vial_not_usable": "fail"}),
        ({"at_registered_location": False}, {"vial_not_usable": "fail"}),
        ({"concentration_mg_per_ml": Decimal(100)}, {}),
    ],
)
def test_the_syringe_fits_the_order(change: dict[str, Any], answer: dict[str, str]) -> None:
    facts = readied()
    drawn = replace(facts.preparations[0], **change)
    assert give(replace(facts, preparations=(drawn,))) == answer


@pytest.mark.parametrize(
    ("strength", "diluted", "answer"),
    [
        ("50", False, {}),
        ("100", True, {}),
        ("99.9", False, {}),
        ("100", False, {"concentration_needs_dilution": "fail"}),
    ],
)
def test_the_strong_solution_is_diluted_for_a_vein(
    strength: str, diluted: bool, answer: dict[str, str]
) -> None:
    facts = routed(Route.IV, 40, infusion_minutes=40)
    drawn = replace(
        facts.preparations[0], concentration_mg_per_ml=Decimal(strength), diluted=diluted
    )
    assert give(replace(facts, preparations=(drawn,))) == answer


@pytest.mark.parametrize(("least", "stops"), [(None, "unknown"), (39, "fail"), (40, ""), (60, "")])
def test_no_push_into_a_vein(least: int | None, stops: str) -> None:
    wanted = {"dose_infusion_too_fast": stops} if stops else {}
    assert give(routed(Route.IV, 40, infusion_minutes=least)) == wanted


# --- who is here ----------------------------------------------------------------------------------


def present(*places: tuple[str, Place]) -> Facts:
    return replace(readied(), presences=tuple(Presence(k, p, NOW - hours(1)) for k, p in places))


ROOM, SITE, AWAY = Place.IN_ROOM, Place.ON_PREMISES, Place.REMOTE
HERE = [
    ([(IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)], True),
    ([(IVY, ROOM), (MARCUS, ROOM), (AMARA, ROOM)], True),
    ([(IVY, ROOM), (MARCUS, ROOM), (AMARA, AWAY)], False),
    ([(IVY, ROOM), (MARCUS, ROOM)], False),
    ([(IVY, ROOM), (MARCUS, SITE), (AMARA, SITE)], False),
    ([(IVY, SITE), (MARCUS, ROOM), (AMARA, SITE)], False),
    ([(MARCUS, ROOM), (AMARA, SITE)], False),
]


@pytest.mark.parametrize(("places", "allowed"), HERE)
def test_who_must_be_in_the_room_and_on_the_premises(
    places: list[tuple[str, Place]], allowed: bool
) -> None:
    decision = ask(DOSE, present(*places))
    assert decision.allowed is allowed
    assert all(not f.relievable_by for f in decision.stops)


def test_presence_is_an_interval() -> None:
    facts = readied()
    gone = replace(facts.presences[1], until=NOW - minutes(1))
    assert not ask(
        DOSE, replace(facts, presences=(facts.presences[0], gone, facts.presences[2]))
    ).allowed
    back = (*facts.presences, replace(facts.presences[1], since=NOW))
    assert ask(DOSE, replace(facts, presences=back)).allowed
    later = replace(facts.presences[1], since=NOW + minutes(1))
    assert not ask(
        DOSE, replace(facts, presences=(facts.presences[0], later, facts.presences[2]))
    ).allowed


def test_another_therapist_is_not_the_assigned_one() -> None:
    other = StaffMember(
        "staff-lee", "Lee Park", (Role.THERAPIST,), None, credentials_of(readied(), MARCUS)
    )
    facts = present((IVY, ROOM), ("staff-lee", ROOM), (AMARA, SITE))
    facts = replace(facts, staff=(*facts.staff, other))
    found = about(ask(DOSE, facts).findings, "therapist")
    assert "Lee Park is here, who is not the assigned therapist" in found.evidence


def test_two_hats_are_not_two_people() -> None:
    everything = (*credentials_of(readied(), MARCUS), certificate(CredentialKind.ACLS))
    facts = present((MARCUS, ROOM), (AMARA, SITE))
    both = with_staff(
        facts,
        MARCUS,
        roles=(Role.THERAPIST, Role.SESSION_CLINICIAN),
        discipline=Discipline.NP,
        credentials=everything,
    )
    both = replace(both, preparations=(replace(both.preparations[0], drawn_by=MARCUS),))
    assert codes(ask(DOSE, replace(both, actor=MARCUS))) == {"staff_same_person": "fail"}


def test_a_prescriber_may_be_the_clinician_when_another_holds_bls() -> None:
    facts = with_staff(readied(), AMARA, roles=(Role.PRESCRIBER, Role.SESSION_CLINICIAN))
    facts = replace(
        facts,
        actor=AMARA,
        preparations=(replace(facts.preparations[0], drawn_by=AMARA),),
        presences=(Presence(AMARA, ROOM, NOW - hours(1)), Presence(MARCUS, ROOM, NOW - hours(1))),
    )
    assert codes(ask(DOSE, facts)) == {"staff_not_present": "fail"}, "no second person with BLS"
    trained = (*credentials_of(facts, MARCUS), certificate(CredentialKind.BLS))
    assert ask(DOSE, with_staff(facts, MARCUS, credentials=trained)).allowed


# --- credentials ----------------------------------------------------------------------------------

YESTERDAY, TODAY = date(2025, 3, 2), date(2025, 3, 3)
CREDENTIALS = [
    (IVY, CredentialKind.LICENCE, {"expires_on": TODAY}, {}),
    (IVY, CredentialKind.LICENCE, {"expires_on": YESTERDAY}, {"licence_not_valid": "fail"}),
    (IVY, CredentialKind.LICENCE, {"expires_on": None}, {"licence_not_valid": "unknown"}),
    (IVY, CredentialKind.LICENCE, {"state": "UT"}, {"licence_not_valid": "fail"}),
    (IVY, CredentialKind.LICENCE, {"revoked_at": NOW}, {"licence_not_valid": "fail"}),
    (IVY, CredentialKind.ACLS, {"expires_on": YESTERDAY}, {"training_not_valid": "fail"}),
    (MARCUS, CredentialKind.LICENCE, {"expires_on": YESTERDAY}, {"licence_not_valid": "fail"}),
    (MARCUS, CredentialKind.KAP_TRAINING, {"expires_on": TODAY}, {}),
    (
        MARCUS,
        CredentialKind.KAP_TRAINING,
        {"expires_on": YESTERDAY},
        {"training_not_valid": "fail"},
    ),
    (AMARA, CredentialKind.BLS, {"expires_on": YESTERDAY}, {"staff_not_present": "fail"}),
    (AMARA, CredentialKind.LICENCE, {"expires_on": YESTERDAY}, {"licence_not_valid": "fail"}),
    (AMARA, CredentialKind.DEA, {"expires_on": TODAY}, {}),
    (AMARA, CredentialKind.DEA, {"expires_on": YESTERDAY}, {"dea_registration_not_valid": "fail"}),
    (AMARA, CredentialKind.DEA, {"expires_on": None}, {"dea_registration_not_valid": "fail"}),
    (
        AMARA,
        CredentialKind.DEA,
        {"schedules": ("II", "IV")},
        {"dea_registration_not_valid": "fail"},
    ),
    (AMARA, CredentialKind.DEA, {"state": "UT"}, {"dea_registration_not_valid": "fail"}),
    (AMARA, CredentialKind.DEA, {"number": "AB1234560"}, {"dea_registration_not_valid": "fail"}),
    (AMARA, CredentialKind.DEA, {"number": ""}, {"dea_registration_not_valid": "fail"}),
    (
        AMARA,
        CredentialKind.DEA,
        {"registered_address": "1 Elm Road, Boulder"},
        {"dea_registration_not_valid": "fail"},
    ),
    (
        AMARA,
        CredentialKind.DEA,
        {"registered_address": "12 juniper street  boulder CO 80302"},
        {},
    ),
]


@pytest.mark.parametrize(("key", "kind", "change", "answer"), CREDENTIALS)
def test_credentials_hold_at_the_moment_of_acting(
    key: str, kind: CredentialKind, change: dict[str, Any], answer: dict[str, str]
) -> None:
    assert give(with_credential(readied(), key, kind, **change)) == answer


def test_a_printed_day_holds_until_the_clinic_s_midnight() -> None:
    """06:59 UTC is 23:59 in Denver of the day before; at 07:00 the printed day is over."""
    facts = with_credential(readied(), MARCUS, CredentialKind.LICENCE, expires_on=TODAY)
    for minute, passes in (
        (datetime(2025, 3, 4, 6, 59, tzinfo=UTC), True),
        (datetime(2025, 3, 4, 7, 0, tzinfo=UTC), False),
    ):
        findings = ask(DOSE, replace(facts, now=minute)).findings
        (found,) = [
            f for f in findings if f.code.value == "licence_not_valid" and f.subject == "therapist"
        ]
        assert found.passes is passes


def test_a_newer_credential_replaces_an_expired_one() -> None:
    old = replace(licence(), expires_on=YESTERDAY)
    facts = with_staff(readied(), IVY, credentials=(old, *credentials_of(readied(), IVY)))
    assert give(facts) == {}
    expired = replace(dea(), expires_on=YESTERDAY)
    facts = with_staff(readied(), AMARA, credentials=(expired, *credentials_of(readied(), AMARA)))
    assert give(facts) == {}
    assert isinstance(old, Credential)


def test_without_the_clinic_s_address_no_registration_can_be_compared() -> None:
    facts = readied()
    assert give(replace(facts, clinic=replace(facts.clinic, registered_address=""))) == {
        "dea_registration_not_valid": "unknown"
    }


def test_the_desk_does_not_give_medicine() -> None:
    assert give(replace(readied(), actor=RUTH)) == {
        "role_not_permitted": "fail",
        "staff_not_present": "fail",
        "state_authority_missing": "unknown",
        "exclusion_not_clear": "unknown",
    }


# --- what happened before -------------------------------------------------------------------------


def test_a_variance_blocks_until_it_is_reviewed() -> None:
    open_one = Variance("v", "day-0", "a dose without a door", NOW - days(5))
    facts = replace(readied(), variances=(open_one,))
    assert give(facts) == {"variance_unreviewed": "fail"}
    assert give(replace(facts, variances=(replace(open_one, reviewed_at=NOW),))) == {}


@pytest.mark.parametrize(
    ("grade", "reviewers", "stops"),
    [
        (2, (), False),
        (3, (), True),
        (3, (AMARA,), True),
        (3, (AMARA, AMARA), True),
        (3, (IVY, MARCUS), True),  # no prescriber among them
        (3, (AMARA, IVY), False),
    ],
)
def test_a_serious_event_is_reviewed_by_two(
    grade: int, reviewers: tuple[str, ...], stops: bool
) -> None:
    event = AdverseEvent("e", "day-0", "Syncope", grade, NOW - days(16), reviewers)
    assert (give(replace(readied(), adverse_events=(event,))) != {}) is stops


# --- a further dose -------------------------------------------------------------------------------


def after(minutes_ago: float) -> dict[str, str]:
    facts = between_doses()
    moved = replace(facts.doses[0], given_at=NOW - minutes(minutes_ago))
    return codes(ask(FURTHER, replace(facts, doses=(moved,))))


@pytest.mark.parametrize(
    ("ago", "is_open"), [(9.9, False), (10, True), (30, True), (30.1, False), (-2, False)]
)
def test_the_window_of_a_further_injection(ago: float, is_open: bool) -> None:
    assert ("further_dose_outside_window" not in after(ago)) is is_open


@pytest.mark.parametrize(("ago", "is_open"), [(19, False), (20, True), (60, True), (61, False)])
def test_the_window_of_a_further_lozenge(ago: int, is_open: bool) -> None:
    facts = between_doses()
    first = replace(facts.doses[0], route=Route.SUBLINGUAL, given_at=NOW - minutes(ago))
    found = codes(ask(FURTHER, replace(facts, doses=(first,))))
    assert ("further_dose_outside_window" not in found) is is_open


@pytest.mark.parametrize("route", [Route.IV, Route.SC, Route.INTRANASAL])
def test_a_route_without_a_window_has_no_further_dose(route: Route) -> None:
    facts = between_doses()
    first = replace(facts.doses[0], route=route)
    found = codes(ask(FURTHER, replace(facts, doses=(first,))))
    assert found["further_dose_outside_window"] == "fail"


CONDITION = [
    (K.SYSTOLIC, 159, {}),
    (K.SYSTOLIC, 160, {"bp_repeat_needed": "unknown", "step_forbids_dose": "fail"}),
    (K.DIASTOLIC, 99, {}),
    (K.DIASTOLIC, 100, {"bp_repeat_needed": "unknown", "step_forbids_dose": "fail"}),
    (K.SEDATION_MOAAS, 4, {}),
    (K.SEDATION_MOAAS, 3, {"reading_repeat_needed": "unknown", "step_forbids_dose": "fail"}),
    (K.SPO2, 95, {}),
    (K.SPO2, 94, {}),  # measured again, but inside the limit of a further dose
    (K.SPO2, 93, {"reading_repeat_needed": "unknown"}),
    (K.SPO2, 91, {"reading_repeat_needed": "unknown", "step_forbids_dose": "fail"}),
    (K.HEART_RATE, 121, {"step_forbids_dose": "fail"}),
    (K.RESPIRATORY_RATE, 9, {"step_forbids_dose": "fail"}),
]


@pytest.mark.parametrize(("kind", "value", "answer"), CONDITION)
def test_only_somebody_awake_and_steady_has_a_further_dose(
    kind: Kind, value: int, answer: dict[str, str]
) -> None:
    facts = instead(between_doses(), seen(kind, value, minutes(4), session="day-1"))
    assert codes(ask(FURTHER, all_told(facts))) == answer


@pytest.mark.parametrize("kind", [K.SYSTOLIC, K.DIASTOLIC, K.SEDATION_MOAAS, K.SPO2])
def test_the_condition_is_of_the_last_ten_minutes(kind: Kind) -> None:
    facts = between_doses()
    newest = facts.latest(kind)
    assert newest is not None
    for ago, fine in ((10, True), (10.1, False)):
        moved = instead(facts, replace(newest, taken_at=NOW - minutes(ago)))
        assert ask(FURTHER, moved).allowed is fine


def test_a_step_by_rise_forbids_no_dose_by_its_bare_number() -> None:
    """138 mmHg is more than "20 % over baseline", read as a number."""
    shipped = clinic_protocol()
    (rise,) = [s for s in shipped.steps if s.of_baseline]
    only = replace(shipped, steps=(replace(rise, no_further_dose=True),))
    assert ask(FURTHER, between_doses(), only).allowed


def test_a_withdrawn_consent_ends_the_doses_of_the_day() -> None:
    facts = with_paper(between_doses(), DocumentKind.CONSENT, withdrawn_at=NOW - minutes(2))
    assert codes(ask(FURTHER, facts)) == {"consent_withdrawn": "fail"}


def test_the_further_order_is_its_own() -> None:
    facts = between_doses()
    first_only = replace(facts, orders=facts.orders[:1])
    assert codes(ask(FURTHER, first_only))["order_missing"] == "unknown"
