"""A signature is a password typed again for one stated meaning, and it is bound to its signer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

# A signature belongs to the act it was given for: long enough for a slow line, too short to be
# kept for another act.
SIGNATURE_MINUTES_MAX = 5


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, when, and what it meant (the four fields of 21 CFR 11.50, followed by choice)."""

    membership_id: UUID
    user_id: UUID
    name: str
    at: datetime
    meaning: str

    def __post_init__(self) -> None:
        assert self.at.tzinfo is not None, "the time of a signature is aware"
        assert self.meaning, "a signature means something"

    def is_by(self, membership_id: UUID, now: datetime) -> bool:
        """Whether this is that member's signature and fresh enough to use now."""
        fresh = timedelta(0) <= now - self.at <= timedelta(minutes=SIGNATURE_MINUTES_MAX)
        return self.membership_id == membership_id and fresh


class SignatureRefused(Exception):
    """A signature that was not given; `field` is the form field, `message` what would help."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Refused(Exception):
    """An act of this room that may not happen; `field` names what to change ("" for the whole)."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class SignedAct:
    """One act that is a signature: what the signer says by it, and how many people sign."""

    act: str
    says: str
    people: int = 1


# The list of acts that are signatures, in the order of a treatment. docs/signatures.md is made
# from it. A page that asks for a password for an act that is not here has forgotten this list.
SIGNED_ACTS: tuple[SignedAct, ...] = (
    SignedAct("Protocol version", "As medical director I put this version in force, whole."),
    SignedAct("Medical evaluation", "I took this history and examined this person."),
    SignedAct("Mental-health assessment", "I assessed this person; this is my finding."),
    SignedAct("Clearance for medicine", "I clear this person for medicine until the date shown."),
    SignedAct("Plan for a held finding", "I read this finding; this is how it is looked after."),
    SignedAct("Waiver", "I let this measured value pass, for this reason.", people=2),
    SignedAct("Document or its amendment", "This is my record of what was said and done."),
    SignedAct("Consent (witnessed by staff)", "The person said yes, freely, in my presence."),
    SignedAct("Change of therapist", "The person agreed, and I handed over what I know."),
    SignedAct("Dose order", "I order this dose, by this route, for this person today."),
    SignedAct("Dose given", "I gave this dose, after naming person, drug, dose and route."),
    SignedAct("Dose outside a door (variance)", "This happened; this is what I know of it."),
    SignedAct("Discharge", "This person may go home with the named adult."),
    SignedAct("Receipt or count of stock", "I counted this with my own eyes.", people=2),
    SignedAct("Waste", "This was wasted before both of us.", people=2),
    SignedAct("Wrong-person entry struck", "This belongs to somebody else; I struck it on both."),
    SignedAct("Event or variance reviewed", "I was not party to this; this is my review."),
    SignedAct("Course closed", "This treatment has ended; this is how."),
    SignedAct("Clinical or register role", "This member of staff holds this role.", people=2),
    SignedAct("Staff privilege", "As medical director I grant this privilege."),
    SignedAct("State rule recorded", "I read what this state permits, and where."),
    SignedAct("Countersignature", "I supervise the author; I read this and answer for it."),
    SignedAct("New start after a lost factor", "I know that this is the owner.", people=2),
    SignedAct("Release of private notes", "This is the ground; I am not the author.", people=2),
    SignedAct("Emergency access", "I open this restricted file, for the reason I give."),
)


def markdown() -> str:
    """The text of `docs/signatures.md`."""
    lines = [
        "# Acts that are signatures",
        "",
        "Made from `src/holdspace/people/signing.py`; a test fails when the two differ.",
        "",
        "Signing is typing one's own password again, for one act, beside the words that say what",
        "it means. Kept with the act: printed name, time, and that meaning. A signature is good",
        f"for the act it was given for, within {SIGNATURE_MINUTES_MAX} minutes, and for nothing",
        "else. Wrong guesses count towards the same lock-out as sign-in. An act of two people",
        "needs two passwords of two people. Controlled prescriptions are never signed here: that",
        "belongs to a certified system (21 CFR 1311).",
        "",
        "| act | what the signer says | people |",
        "|---|---|---|",
    ]
    lines += [f"| {a.act} | {a.says} | {a.people} |" for a in SIGNED_ACTS]
    lines += [
        "",
        "*Waiver*: the protocol says per rule whether the prescriber alone may waive, or with a",
        "second prescriber or a session clinician. A therapist is never the second signer of one.",
        "",
    ]
    return "\n".join(lines)
