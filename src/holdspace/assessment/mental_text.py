"""The mental-health assessment as plain text: what is signed, and what is printed."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from holdspace.care.shipped import icd10
from holdspace.core.mental import Assessment, Ever, Heard, Ketamine
from holdspace.core.terms import Answer, Recommendation
from holdspace.core.units import Observation

# The questions in the words of the page; the form and the signed text both use them.
LIFE = {
    "psychosis": "Psychosis: hearing, seeing or believing what others do not",
    "mania": "Mania, hypomania, a mixed state or bipolar disorder",
    "dissociation": "Dissociation: losing time, feeling unreal, a dissociative disorder",
    "attempts": "Suicide attempts; the most recent",
    "self_harm": "Self-harm without wanting to die",
}
YES_OR_NO = {
    "family_psychosis": "Psychosis in a parent, brother, sister or child",
    "trauma": "Trauma that the person wants known",
    "thoughts": "Thoughts of suicide now, or a plan or intent in the last six months",
    "means_safe": "Firearms, stored medicines and other means: talked about and made safe",
    "safety_plan": "A safety plan is made, and the person has it",
    "support_overnight": "Somebody is at home with them in the night after a session",
    "therapy": "In therapy elsewhere at present",
    "outside_agreed": "The person agrees that we speak with the outside therapist",
    "asked_alone": "The next four were asked alone, with nobody else in the room",
    "understands": "Understands what this treatment is and what the other ways are",
    "expects": "Expects what it can give, and knows that it may not help",
    "can_attend": "Can come to preparation, sessions and integration",
    "wants": "Wants it themselves, without pressure",
}
KETAMINE = {
    Ketamine.NEVER: "Never",
    Ketamine.IN_CARE: "In care only",
    Ketamine.OUTSIDE: "Outside of care",
    Ketamine.BOTH: "In and outside of care",
    Ketamine.NOT_ASKED: "Not asked",
}
RECOMMENDED = {
    Recommendation.SUITABLE: "Suitable",
    Recommendation.SUITABLE_WITH: "Suitable, with a condition",
    Recommendation.NOT_NOW: "Not now",
    Recommendation.NOT_FOR_US: "Not for us",
}
ANSWERED = {Answer.YES: "yes", Answer.NO: "no", Answer.NOT_KNOWN: "not asked"}
ALONE = ("asked_alone", "understands", "expects", "can_attend", "wants")


def signed(heard: Assessment, screen: Observation | None, zone: ZoneInfo) -> str:
    """Every answer under its title, in the order of the page; the screen as the record has it."""
    return "\n\n".join(block for block in _blocks(heard, screen, zone) if block)


def _blocks(heard: Assessment, screen: Observation | None, zone: ZoneInfo) -> Iterator[str]:
    coded = [f"{code} {icd10()[code]}" for code in heard.indication]
    since = f"Since: {heard.since_when}" if heard.since_when.strip() else ""
    yield _block("Indication (ICD-10-CM)", *coded, heard.indication_other, since)
    yield _block("In the person’s own words, confirmed with them", heard.own_words)
    yield _block(
        "History",
        *(_life(name, getattr(heard, name)) for name in ("psychosis", "mania", "dissociation")),
        _answer("family_psychosis", heard),
        heard.history_words,
    )
    yield _block("Trauma", _answer("trauma", heard), heard.trauma_words)
    yield _block("Suicide-risk screen (ASQ), from the record", _screen(screen, zone))
    yield _block("Safety", *_safety(heard))
    yield _block("Substances, beside the medical history", heard.substances_words)
    yield _block(
        "Supports",
        _named("Who", heard.support_who),
        _named("Reached at", heard.support_contact),
        _answer("support_overnight", heard),
    )
    yield _block("Hopes", heard.hopes)
    yield _block("Fears", heard.fears)
    before = f"Ketamine before: {KETAMINE[heard.ketamine].lower()}"
    yield _block("Earlier non-ordinary states", before, heard.states_words)
    agreed = _answer("outside_agreed", heard) if heard.therapy is Answer.YES else ""
    elsewhere = _named("Outside therapist", heard.outside_therapist)
    yield _block("Therapy", _answer("therapy", heard), elsewhere, agreed)
    yield _block("Readiness", *(_answer(name, heard) for name in ALONE), heard.readiness_words)
    yield _block("What speaks against it", heard.against)
    condition = _named("With", heard.on_condition)
    title = f"Recommendation: {RECOMMENDED[heard.recommendation].lower()}"
    yield _block(title, condition, heard.reason)
    yield _block("For the prescriber", heard.for_prescriber)


def _safety(heard: Assessment) -> Iterator[str]:
    yield _answer("thoughts", heard)
    yield _life("attempts", heard.attempts)
    yield _life("self_harm", heard.self_harm)
    for name in ("means_safe", "safety_plan"):
        asked = getattr(heard, name) is not Answer.NOT_KNOWN or heard.speaks_of_danger
        yield _answer(name, heard) if asked else ""
    yield heard.safety_words


def _screen(screen: Observation | None, zone: ZoneInfo) -> str:
    if screen is None:
        return "none on file"
    at = screen.taken_at.astimezone(zone)
    return f"{screen.text}, {at:%Y-%m-%d %H:%M}"


def _answer(name: str, heard: Assessment) -> str:
    return f"{YES_OR_NO[name]}: {ANSWERED[getattr(heard, name)]}"


def _life(name: str, heard: Heard) -> str:
    return f"{LIFE[name]}: {life_words(heard)}"


def life_words(heard: Heard) -> str:
    """An answer over a whole life in words: "past, 2009"."""
    said = heard.ever.value.replace("_", " ")
    return f"{said}, {heard.when}" if heard.ever is Ever.PAST and heard.when else said


def _named(name: str, said: str) -> str:
    return f"{name}: {said.strip()}" if said.strip() else ""


def _block(title: str, *lines: str) -> str:
    kept = [line.strip() for line in lines if line.strip()]
    return "\n".join([title, *kept]) if kept else ""
