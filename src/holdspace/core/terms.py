"""The closed lists that facts are written in: roles, professions, routes, papers, endings."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The roles of a clinic; what each may do stands in people/access.py."""

    COORDINATOR = "coordinator"
    THERAPIST = "therapist"
    PRESCRIBER = "prescriber"
    SESSION_CLINICIAN = "session_clinician"
    MEDICAL_DIRECTOR = "medical_director"
    REGISTER_CUSTODIAN = "register_custodian"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


class Discipline(StrEnum):
    """Licensed professions, as state boards name them."""

    MD = "MD"
    DO = "DO"
    NP = "NP"
    PA = "PA"
    RN = "RN"
    LCSW = "LCSW"
    LMFT = "LMFT"
    LPC = "LPC"
    LMHC = "LMHC"
    PSYCHOLOGIST = "PSY"


PHYSICIANS = frozenset({Discipline.MD, Discipline.DO})


class Act(StrEnum):
    """What a state's law lets a profession do, or does not."""

    CLEAR = "clear"
    ORDER = "order"
    DRAW = "draw"
    GIVE = "give"
    ASSESS = "assess"
    WITNESS_WASTE = "witness_waste"


class AskedIn(StrEnum):
    """Where a question of the history was answered; the same one may be answered in each."""

    MEDICAL = "medical"
    MENTAL_HEALTH = "mental_health"
    DIAGNOSES = "diagnoses"  # nobody asked: a coded diagnosis on file answers it


class Recommendation(StrEnum):
    """What a mental-health assessment comes to; `NOT_SUITABLE` is how older ones say no."""

    SUITABLE = "suitable"
    SUITABLE_WITH = "suitable_with"
    NOT_NOW = "not_now"
    NOT_FOR_US = "not_for_us"
    NOT_SUITABLE = "not_suitable"


class CredentialKind(StrEnum):
    LICENCE = "licence"
    DEA = "dea"
    STATE_CSR = "state_csr"
    ACLS = "acls"
    BLS = "bls"
    KAP_TRAINING = "kap_training"
    PRIVILEGE = "privilege"
    SPECIALTY = "specialty"
    NPI = "npi"
    SUPERVISION = "supervision"


class Route(StrEnum):
    """Routes of administration; everything but esketamine is racemic ketamine."""

    IM = "im"
    IV = "iv"
    SC = "sc"
    SUBLINGUAL = "sublingual"
    INTRANASAL = "intranasal"
    ESKETAMINE = "esketamine"


class DocumentKind(StrEnum):
    MEDICAL_EVALUATION = "medical_evaluation"
    MENTAL_HEALTH_ASSESSMENT = "mental_health_assessment"
    CLEARANCE = "clearance"
    CONSENT = "consent"
    TOUCH_AGREEMENT = "touch_agreement"
    PREPARATION_NOTE = "preparation_note"
    INTEGRATION_NOTE = "integration_note"
    THERAPIST_CHANGE = "therapist_change"
    DISCHARGE_INSTRUCTIONS = "discharge_instructions"
    CLOSING_SUMMARY = "closing_summary"
    ECG = "ecg"
    LABORATORY_REPORT = "laboratory_report"
    OUTSIDE_LETTER = "outside_letter"
    LETTER_TO_PERSON = "letter_to_person"


class Place(StrEnum):
    """Where a member of staff is while a person is here (presence is intervals)."""

    IN_ROOM = "in_room"
    ON_PREMISES = "on_premises"
    REMOTE = "remote"


class Ending(StrEnum):
    """How a session ends; only the first passes a door, the others are facts."""

    DISCHARGED = "discharged"
    LEFT_AGAINST_ADVICE = "left_against_advice"
    TRANSFERRED = "transferred"
    DIED = "died"
    ABANDONED_BEFORE_DOSE = "abandoned_before_dose"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"
