"""No medicine without the person's own consent, in force, for this route; touch is agreed first."""

from __future__ import annotations

from datetime import timedelta

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import Basis, based, clock
from holdspace.core.facts import Document, DocumentKind, Facts, Route
from holdspace.core.papers import is_ahead
from holdspace.core.protocol_model import Protocol


def consent(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Signed, not withdrawn, not expired, and it covers the route that is planned or ordered."""
    days = protocol.whole("consent.valid_days")
    rule = f"signed ≤ {days} days ago, in force, for this route"
    basis = based(facts, protocol, "consent.valid_days", rule)
    paper = facts.document(DocumentKind.CONSENT)
    if paper is None or (ahead := is_ahead(facts, protocol, paper)):
        missing = "no consent on file" if paper is None else ahead
        return (basis.says(Code.CONSENT_MISSING, Verdict.UNKNOWN, missing),)
    signed = f"signed {clock(facts, paper.signed_at)}"
    if is_withdrawn(facts, paper):
        assert paper.withdrawn_at is not None
        evidence = f"withdrawn {clock(facts, paper.withdrawn_at)}"
        return (basis.says(Code.CONSENT_WITHDRAWN, Verdict.FAIL, evidence),)
    ends = paper.signed_at + timedelta(days=days)
    ends = min(ends, paper.expires_at) if paper.expires_at else ends
    if facts.now > ends:
        evidence = f"{signed}, ended {clock(facts, ends)}"
        return (basis.says(Code.CONSENT_EXPIRED, Verdict.FAIL, evidence),)
    in_force = basis.says(Code.CONSENT_MISSING, Verdict.PASS, signed)
    return (in_force, _covers(basis, paper, planned_routes(facts)))


def is_withdrawn(facts: Facts, paper: Document) -> bool:
    return paper.withdrawn_at is not None and paper.withdrawn_at <= facts.now


def planned_routes(facts: Facts) -> tuple[Route, ...]:
    """The course's route and those of this session's orders that still stand."""
    ordered = (
        o.route
        for o in facts.orders
        if facts.session and o.session == facts.session and o.cancelled_at is None
    )
    planned = (facts.course.route,) if facts.course else ()
    return tuple(dict.fromkeys((*planned, *ordered)))


def _covers(basis: Basis, paper: Document, routes: tuple[Route, ...]) -> Finding:
    if not paper.routes or not routes:
        missing = "the consent names no route" if not paper.routes else "no route is planned"
        return basis.says(Code.CONSENT_NARROWER, Verdict.UNKNOWN, missing)
    outside = [route.value for route in routes if route not in paper.routes]
    covered = ", ".join(route.value for route in paper.routes)
    verdict = Verdict.FAIL if outside else Verdict.PASS
    evidence = f"covers {covered}" + (f", not {', '.join(outside)}" if outside else "")
    return basis.says(Code.CONSENT_NARROWER, verdict, evidence)


def touch_agreement(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """What touch is welcome was agreed before the medicine; "no touch" is an agreement too."""
    path, code = "touch.agreement_required", Code.TOUCH_AGREEMENT_MISSING
    paper = facts.document(DocumentKind.TOUCH_AGREEMENT)
    wanted = protocol.flag(path)
    rule = "an agreement on touch is on file" if wanted else "the protocol does not ask for it"
    basis = based(facts, protocol, path, rule)
    if paper is None or (ahead := is_ahead(facts, protocol, paper)):
        verdict = Verdict.UNKNOWN if wanted else Verdict.NOTE
        return (basis.says(code, verdict, "no agreement on file" if paper is None else ahead),)
    if is_withdrawn(facts, paper):
        return (basis.says(code, Verdict.NOTE, "withdrawn: no touch, but what safety needs"),)
    return (basis.says(code, Verdict.PASS, f"signed {clock(facts, paper.signed_at)}"),)
