"""Each of the register's own questions, answered both ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holdspace.core import ledger_asks as asks
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("ask", "code", "verdict"),
    [
        (lambda: asks.role("A", True, "may"), Code.ROLE_NOT_PERMITTED, PASS),
        (lambda: asks.role("A", False, "may"), Code.ROLE_NOT_PERMITTED, FAIL),
        (lambda: asks.order_of_session("o1", True), Code.ORDER_MISSING, PASS),
        (lambda: asks.order_of_session("o1", False), Code.ORDER_MISSING, FAIL),
        (lambda: asks.order_of_session("", True), Code.ORDER_MISSING, FAIL),
        (asks.nobody_ordered, Code.DEA_REGISTRATION_NOT_VALID, UNKNOWN),
        (lambda: asks.address_on_file("A", "1 Way"), Code.PERSON_MISSING, PASS),
        (lambda: asks.address_on_file("A", " "), Code.PERSON_MISSING, UNKNOWN),
        (lambda: asks.address_on_file("", "1 Way"), Code.PERSON_MISSING, UNKNOWN),
        (lambda: asks.within_syringe(50, 50, wasting=False), Code.MOVEMENT_OVER_BALANCE, PASS),
        (lambda: asks.within_syringe(51, 50, wasting=False), Code.MOVEMENT_OVER_BALANCE, FAIL),
        (lambda: asks.within_syringe(51, 50, wasting=True), Code.WASTE_EXCEEDS_DRAWN, FAIL),
        (lambda: asks.sealed_units(True), Code.MOVEMENT_NOT_ALLOWED, PASS),
        (lambda: asks.sealed_units(False), Code.MOVEMENT_NOT_ALLOWED, FAIL),
        (lambda: asks.not_exact("1.0001"), Code.MOVEMENT_ARITHMETIC, FAIL),
        (lambda: asks.no_container("x"), Code.VIAL_NOT_AT_LOCATION, UNKNOWN),
        (lambda: asks.no_syringe("abcdef"), Code.MOVEMENT_OVER_BALANCE, UNKNOWN),
    ],
)
def test_each_question_has_its_code_and_cannot_be_waived(
    ask: Callable[[], Finding], code: Code, verdict: Verdict
) -> None:
    finding = ask()
    assert (finding.code, finding.verdict) == (code, verdict)
    assert not finding.relievable_by
