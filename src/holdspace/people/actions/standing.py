"""What stands behind a member: looked up at the source, not excluded, and what the state says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from holdspace.core.facts import Act, Discipline
from holdspace.core.practice import WIDEST
from holdspace.people.access import May
from holdspace.people.actions.common import must, must_be_signed, note, same_clinic
from holdspace.people.models import Credential, ExclusionCheck, Membership, StateRecord
from holdspace.people.signing import Refused, Signature
from holdspace.people.states import STATES
from holdspace.records.actions import record
from holdspace.records.chain import stream_name

SOURCE_LEAST = 8


def verify_credential(
    *, credential: Credential, on: date, source: str, by: Membership, now: datetime
) -> Credential:
    """Write down that somebody looked a credential up at its board or registry itself."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, credential)
    _somebody_else(by, credential.membership)
    _has_come(on, by, now, "verified_on")
    if not source.strip():
        raise Refused("Where it was looked up, for example the board’s web page.", "source")
    with transaction.atomic():
        credential = Credential.objects.select_for_update(of=("self",)).get(pk=credential.pk)
        if credential.revoked_at is not None:
            raise Refused("It was ended.")
        if credential.verified_on is not None and on < credential.verified_on:
            raise Refused("A later look-up is on file already.", "verified_on")
        credential.verified_on, credential.verified_by = on, by
        credential.verification_source = source.strip()[:200]
        credential.save(update_fields=["verified_on", "verified_by", "verification_source"])
        note("credential.verified", credential, by=by, now=now, on=on.isoformat())
    return credential


def check_exclusion(
    *,
    membership: Membership,
    on: date,
    found: bool,
    by: Membership,
    now: datetime,
    words: str = "",
) -> ExclusionCheck:
    """Write down a look-up of the OIG and SAM lists. A hit stops every clinical act at once."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, membership)
    _somebody_else(by, membership)
    _has_come(on, by, now, "checked_on")
    if found and not words.strip():
        raise Refused("Say what was found, and on which list.", "words")
    row = ExclusionCheck.draft(
        now=now,
        clinic_id=by.clinic_id,
        membership=membership,
        checked_on=on,
        found=found,
        note=words.strip()[:200],
        by=by,
    )
    _seal(row, "exclusion.checked", by, now)
    return row


def record_state_rule(
    *,
    state: str,
    discipline: Discipline,
    acts: Iterable[Act],
    source: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> StateRecord:
    """The director records what a state lets a profession do, and where that was read."""
    listed = sorted(set(acts))
    _may_record(state, source, signature, by, now)
    too_wide = [act for act in listed if discipline not in WIDEST[act]]
    if too_wide:
        words = too_wide[0].value.replace("_", " ")
        raise Refused(f"Federal law lets no {discipline.value} do this: {words}.", "acts")
    row = StateRecord.draft(
        now=now,
        clinic_id=by.clinic_id,
        state=state,
        discipline=discipline.value,
        acts=[act.value for act in listed],
        source=source.strip(),
        meaning=signature.meaning,
        signed_at=now,
        by=by,
    )
    _seal(row, "state_rule.recorded", by, now)
    return row


def record_state_duties(
    *,
    state: str,
    csr_required: bool,
    pdmp_each_dose: bool,
    pdmp_days_max: int | None,
    pdmp_delegate: bool,
    source: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> StateRecord:
    """The director records what a state asks of the clinic, and where that was read."""
    _may_record(state, source, signature, by, now)
    row = StateRecord.draft(
        now=now,
        clinic_id=by.clinic_id,
        state=state,
        csr_required=csr_required,
        pdmp_each_dose=pdmp_each_dose,
        pdmp_days_max=pdmp_days_max,
        pdmp_delegate=pdmp_delegate,
        source=source.strip(),
        meaning=signature.meaning,
        signed_at=now,
        by=by,
    )
    _seal(row, "state_duties.recorded", by, now)
    return row


def _may_record(
    state: str, source: str, signature: Signature, by: Membership, now: datetime
) -> None:
    must(by, May.SIGN_PRIVILEGE, now)
    must_be_signed(signature, by, now)
    if state not in STATES:
        raise Refused("A two-letter US state, for example CO.", "state")
    if len(source.strip()) < SOURCE_LEAST:
        raise Refused("Where this was read: the act, section and day.", "source")
    if len(source.strip()) > 300:
        raise Refused("At most 300 characters.", "source")


def _seal(row: ExclusionCheck | StateRecord, act: str, by: Membership, now: datetime) -> None:
    stream = stream_name("clinic", by.clinic_id)
    record(rows=[row], stream=stream, act=act, by=by, now=now, clinic_id=by.clinic_id)


def _somebody_else(by: Membership, of: Membership) -> None:
    if by.pk == of.pk:
        raise Refused("Somebody else looks up your standing.")


def _has_come(on: date, by: Membership, now: datetime, field: str) -> None:
    if on > by.clinic.day(now):
        raise Refused("A day that has come.", field)
