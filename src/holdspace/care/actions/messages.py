"""Messages leave the house through one outbox: queued with the act, sent once, never silent.

A message is queued in the transaction of whatever asks for it. A worker claims it by its state
under a row lock, sends it outside any transaction, and writes down what came of it. Where no
e-mail may or can be sent, somebody gets a task instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django_tasks_db.models import DBTaskResult

from holdspace.care import jobs, mail
from holdspace.care.actions.facts import WrongInput
from holdspace.care.actions.rounds import each
from holdspace.care.actions.tasks import open_task
from holdspace.care.mail_words import LINK_MAKERS, TEMPLATES, CannotLink, Template
from holdspace.care.models import Channel, MailChoice, Message, StaffMail, Task
from holdspace.core.facts import Role
from holdspace.core.quiet import Quiet, waking
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership, Patient, SafeContact
from holdspace.people.staff import first_working, somebody
from holdspace.records.actions import append, record
from holdspace.records.keys import new_key
from holdspace.records.models import StreamHead

State = Message.State
GAPS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))
URGENT_GAPS = tuple(timedelta(minutes=m) for m in (1, 1, 2, 5, 10, 20))
LEASE = timedelta(minutes=10)  # a worker that has said nothing for so long is taken for dead
# Who makes the call that an e-mail could not, and who reads that a message did not arrive.
DESK = (Role.COORDINATOR, Role.MEDICAL_DIRECTOR, Role.PRESCRIBER, Role.THERAPIST)
CANCELLED_FROM = (State.QUEUED, State.FAILED)
SENT_AGAIN_FROM = (State.SENT, State.GIVEN_UP, State.CANCELLED, State.BY_PHONE)
MANY = 500  # at one look; the next look takes the rest
CALL_TASK = "call_instead"
MAIL_ACTS = {
    Channel.EMAIL: "mail",
    Channel.PHONE: "calls",
    Channel.SMS: "texts",
    Channel.POST: "post",
}
CALL_WITHIN = timedelta(hours=24)


@transaction.atomic
def post(
    *,
    clinic: Clinic,
    to: Patient | Membership,
    template: str,
    link: str = "",
    now: datetime,
    about: UUID | None = None,
    once: str | None = None,
) -> Message | None:
    """Queue a neutral message; it goes out when the transaction does and quiet hours allow it.

    A person who wants no e-mails is never written to (state `held_by_opt_out`); one who has no
    address, or is reached otherwise, gets a call: a task for the desk (state `by_phone`). The same
    `once` again gives the same message. None: a member of staff who no longer works here, or
    asked not to be written to about what can wait.
    """
    words = TEMPLATES[template]
    _check(clinic, to, words)
    if once and (found := Message.objects.of(clinic).filter(once=once).first()):
        return found
    person = to if isinstance(to, Patient) else None
    member = to if isinstance(to, Membership) else None
    if member is not None and not has_address(member):
        return None
    if member is not None and not (words.urgent or wants_tasks(member)):
        return None
    allowed = now if words.urgent else waking(now, _quiet(clinic, member), clinic.zone)
    message = Message(
        id=new_key(now),
        clinic=clinic,
        patient=person,
        member=member,
        template=template,
        language=mail.language_of(to),
        link=link,
        about=about,
        once=once,
        queued_at=now,
        not_before=allowed,
        not_after=allowed + words.lasts,
        next_at=allowed,
        state=State.QUEUED,
    )
    _hold_back(message)
    return _keep_new(message, now)


def _check(clinic: Clinic, to: Patient | Membership, words: Template) -> None:
    if to.clinic_id != clinic.pk:
        raise WrongInput("to", "This person is not of this clinic.", "somebody of this clinic")
    if words.to_staff is isinstance(to, Patient):
        raise WrongInput("template", f"“{words.key}” is not for them.", "a template of their kind")


def _keep_new(message: Message, now: datetime) -> Message:
    """Insert the row and queue it; of two that say the same `once` together the first is kept."""
    Message.objects.bulk_create([message], ignore_conflicts=message.once is not None)
    if message.once is not None:
        kept = Message.objects.get(clinic=message.clinic_id, once=message.once)
        if kept.pk != message.pk:
            return kept
    _record(message, "message_queued", None, now)
    if message.state == State.BY_PHONE:
        call_instead(message=message, now=now)
    if message.state == State.QUEUED and message.next_at <= now:
        _put(message, now)
    return message


def _hold_back(message: Message) -> None:
    """Set the state of a message to a person that must not, or cannot, be an e-mail."""
    person = message.patient
    held = None if person is None else held_back(person, wants=wants_mail(person))
    if held is not None:
        message.state, message.last_error = held


def held_back(person: Patient, *, wants: bool) -> tuple[State, str] | None:
    """Where a message to this person ends that may be no e-mail, and why; None: it may be one."""
    if person.safe_contact == SafeContact.NONE:
        return State.HELD, "asked not to be contacted"
    if not wants:
        return State.HELD, "asked for no e-mails"
    if person.safe_contact != SafeContact.EMAIL:
        chosen = person.get_safe_contact_display()
        return State.BY_PHONE, f"chose: {chosen}" if chosen else "not asked how to be reached"
    if not person.email:
        return State.BY_PHONE, "no e-mail address"
    return None


def wants_mail(person: Patient) -> bool:
    """Whether the person has not opted out of e-mails."""
    return Channel.EMAIL not in unwanted(person)


def choices_of(person: Patient) -> dict[Channel, MailChoice]:
    """The choice that holds for each channel about which one was made: the newest."""
    rows = MailChoice.objects.filter(patient=person).select_related("by__user")
    return {
        Channel(row.channel or Channel.EMAIL): row for row in rows.order_by("recorded_at", "id")
    }


def unwanted(person: Patient) -> frozenset[Channel]:
    """The channels on which the person does not want to be reached."""
    return frozenset(channel for channel, row in choices_of(person).items() if not row.wants)


def staff_mail(member: Membership) -> StaffMail | None:
    """What this member chose to get by mail; None: nothing was chosen."""
    return StaffMail.objects.filter(by=member).order_by("-recorded_at", "-id").first()


def has_address(member: Membership) -> bool:
    """Whether a message can reach this member at all; what they want is another question."""
    return member.is_active and bool(member.user.email)


def wants_tasks(member: Membership) -> bool:
    """Whether a member is written to about tasks that can wait; what cannot is no choice."""
    chosen = staff_mail(member)
    return chosen is None or chosen.wants_tasks


def _quiet(clinic: Clinic, member: Membership | None) -> Quiet:
    """The clinic's quiet hours, or those that a member chose for themselves."""
    chosen = staff_mail(member) if member is not None else None
    if chosen is None or chosen.quiet_from is None or chosen.quiet_until is None:
        return clinic.quiet
    return Quiet(chosen.quiet_from, chosen.quiet_until)


@transaction.atomic
def choose_staff_mail(
    *, wants_tasks: bool, quiet: Quiet | None, by: Membership, now: datetime
) -> StaffMail:
    """A member says what reaches them by mail, and in which hours nothing that can wait does."""
    row = StaffMail.draft(
        now=now,
        clinic_id=by.clinic_id,
        by=by,
        wants_tasks=wants_tasks,
        quiet_from=quiet.starts if quiet else None,
        quiet_until=quiet.ends if quiet else None,
    )
    stream = f"clinic:{by.clinic_id}"
    record(rows=[row], stream=stream, act="staff_mail", by=by, now=now, clinic_id=by.clinic_id)
    return row


def _put(message: Message, now: datetime) -> None:
    """Into the queue, in the transaction of the caller: a rollback takes it out again."""
    words = TEMPLATES[message.template]
    jobs.deliver.using(priority=50 if words.urgent else 0).enqueue(str(message.pk))
    Message.objects.filter(pk=message.pk).update(put_at=now)


@transaction.atomic
def call_instead(*, message: Message, now: datetime) -> Task | None:
    """A task for the desk where an e-mail cannot do it: one at a time for one person.

    Where nobody of the desk works it is anybody's: it is never silent.
    """
    person, clinic = message.patient, message.clinic
    if person is not None:
        # Of two at once for one person the second waits here, and sees the task of the first.
        list(StreamHead.objects.select_for_update().filter(stream=f"person:{person.pk}"))
    owner = somebody(clinic, now, DESK)
    if owner is None:
        return None
    told = message.last_error[:60]
    if person is None:
        who = message.member.name if message.member else ""
        title = f"Tell {who}: a message did not reach them ({told})"
    else:
        open_now = Task.objects.of(clinic).filter(patient=person, kind=CALL_TASK, closed_at=None)
        if found := open_now.first():
            return found
        ways = "not by e-mail"
        if Channel.PHONE in unwanted(person):
            ways = "neither by e-mail nor by telephone"
        title = f"Reach {person.called}, {person.display_id}, {ways} ({told})"
    return open_task(
        clinic=clinic,
        patient=person,
        kind=CALL_TASK,
        title=title[:200],
        owner=owner,
        due_at=now + CALL_WITHIN,
        escalates_to=first_working(clinic, now, (Role.MEDICAL_DIRECTOR,), but=owner),
        escalates_at=now + 2 * CALL_WITHIN,
        about=message.pk,
        by=None,
        now=now,
    )


def deliver(*, message: UUID, now: datetime) -> str:
    """Send one message if it is to be sent now; returns the state it is left in.

    Two workers at once: the row lock lets one claim it, and the other finds it claimed. A worker
    that dies between the mail server's yes and ours leaves a claim that ends after LEASE; the
    message is then sent again under the same Message-ID.
    """
    if mail.trouble():
        return "no way out"
    claimed = _claim(message, now)
    if claimed is None:
        return "not now"
    row, link = claimed
    error, forever = "", False
    try:
        mail.send(row, link)
    except (OSError, ValueError) as problem:
        error, forever = mail.named(problem), mail.is_final(problem)
    return _finish(row, error, forever, now)


@transaction.atomic
def _claim(key: UUID, now: datetime) -> tuple[Message, str] | None:
    """The message with its link, now ours to send; None when it is not to be sent (any more)."""
    waiting = Message.objects.select_for_update(of=("self",)).filter(pk=key)
    row = waiting.select_related("clinic", "patient", "member__user").first()
    if row is None or not _is_due(row, now) or _ends_before_it_is_sent(row, now):
        return None
    urgent = TEMPLATES[row.template].urgent
    allowed = now if urgent else waking(now, _quiet(row.clinic, row.member), row.clinic.zone)
    if allowed > now:
        _wait(row, allowed, row.last_error)
        return None
    try:
        link = _link(row, now)
    except CannotLink as problem:
        row.last_error = problem.why[:200]
        if problem.until is None:
            _end(row, State.CANCELLED, now)
        else:
            _wait(row, problem.until, problem.why)
        return None
    row.address = mail.address_of(row)
    row.state, row.tries, row.claimed_at = State.SENDING, row.tries + 1, now
    row.save(update_fields=["address", "state", "tries", "claimed_at"])
    return row, link


def _ends_before_it_is_sent(row: Message, now: datetime) -> bool:
    """Much may have changed since it was queued: a choice, an address, a job, the time."""
    before = State(row.state)
    _hold_back(row)
    if row.state in (State.HELD, State.BY_PHONE):
        _end(row, State(row.state), now)
    elif row.member is not None and not row.member.is_active:
        row.last_error = "no longer works here"
        _end(row, State.CANCELLED, now)
    elif now > row.not_after or row.tries > len(_gaps(row)):
        row.last_error = row.last_error or "not sent in time"
        _end(row, State.GIVEN_UP, now)
    return row.state != before


def _is_due(row: Message, now: datetime) -> bool:
    if row.state == State.SENDING:
        return row.claimed_at is not None and row.claimed_at + LEASE <= now
    return row.state in (State.QUEUED, State.FAILED) and row.next_at <= now


def _wait(row: Message, until: datetime, why: str) -> None:
    row.next_at, row.last_error = until, why[:200]
    row.state = State.FAILED if row.tries else State.QUEUED
    row.save(update_fields=["next_at", "last_error", "state"])


def _link(row: Message, now: datetime) -> str:
    maker = LINK_MAKERS.get(row.template)
    path = maker(row, now) if maker else row.link
    return mail.absolute(path) if path else ""


def _gaps(row: Message) -> tuple[timedelta, ...]:
    return URGENT_GAPS if TEMPLATES[row.template].urgent else GAPS


@transaction.atomic
def _finish(sent: Message, error: str, forever: bool, now: datetime) -> str:
    """Write down what came of a try, unless somebody else has claimed the message since."""
    row = Message.objects.select_for_update(of=("self",)).get(pk=sent.pk)
    if row.state != State.SENDING or row.tries != sent.tries:
        return str(row.state)
    row.last_error = error[:200]
    if not error:
        row.sent_at = now
        return _end(row, State.SENT, now)
    gaps = _gaps(row)
    if forever or row.tries > len(gaps):
        return _end(row, State.GIVEN_UP, now)
    row.state, row.next_at = State.FAILED, now + gaps[row.tries - 1]
    row.save(update_fields=["state", "next_at", "last_error"])
    _record(row, "message_failed", None, now)
    return str(row.state)


def _end(row: Message, state: Message.State, now: datetime, by: Membership | None = None) -> str:
    """The message comes to an end; one that did not arrive becomes somebody's task."""
    row.state = state
    row.save(update_fields=["state", "last_error", "sent_at", "address"])
    _record(row, f"message_{state.value}", by, now)
    if state in (State.GIVEN_UP, State.BY_PHONE):
        call_instead(message=row, now=now)
    return str(state)


@transaction.atomic
def put_due(*, now: datetime) -> int:
    """Put into the queue what is due and not there: after quiet hours, a failure, or a crash.

    Without a way out nothing is put; what has waited too long becomes a task for the desk.
    """
    waits = Q(state__in=[State.QUEUED, State.FAILED], next_at__lte=now)
    rows = Message.objects.select_for_update(of=("self",), skip_locked=True)
    late = rows.filter(waits, not_after__lt=now).select_related("clinic", "patient", "member__user")
    each("messages", late[:MANY], lambda row: _too_late(row, now))
    if mail.trouble():
        return 0
    lost = Q(state=State.SENDING, claimed_at__lte=now - LEASE)
    not_there = Q(put_at=None) | Q(put_at__lt=F("next_at")) | Q(put_at__lte=now - LEASE)
    found = list(rows.filter(waits | lost).filter(not_there).order_by("next_at")[:MANY])
    for row in found:
        _put(row, now)
    return len(found)


@transaction.atomic
def _too_late(row: Message, now: datetime) -> str:
    row.last_error = row.last_error or mail.trouble() or "not sent in time"
    return _end(row, State.GIVEN_UP, now)


@transaction.atomic
def cancel_message(*, message: Message, by: Membership, now: datetime) -> Message:
    """Take a message back that has not gone out."""
    row = _owned(message, by, now)
    if row.state not in CANCELLED_FROM:
        raise WrongInput("message", "It is not waiting any more.", "a message that waits")
    row.last_error = f"cancelled by {by.name}"[:200]
    _end(row, State.CANCELLED, now, by)
    return row


def why_not_again(rows: Iterable[Message]) -> dict[UUID, str]:
    """Of these messages those that would not go out again if asked to, and why; in one query."""
    known = list(rows)
    choices = MailChoice.objects.filter(
        Q(channel=None) | Q(channel=Channel.EMAIL), patient__in={row.patient_id for row in known}
    ).order_by("recorded_at", "id")
    wants = {choice.patient_id: choice.wants for choice in choices}
    found = {}
    for row in known:
        person = row.patient
        held = person and held_back(person, wants=wants.get(person.pk, True))
        if row.state not in SENT_AGAIN_FROM:
            found[row.pk] = row.last_error
        elif held:
            found[row.pk] = held[1]
        elif row.member is not None and not row.member.is_active:
            found[row.pk] = "no longer works here"
    return found


@transaction.atomic
def send_again(*, message: Message, by: Membership, now: datetime) -> Message:
    """Send a message once more that went out, was given up or was cancelled."""
    row = _owned(message, by, now)
    if row.state not in SENT_AGAIN_FROM:
        raise WrongInput("message", "It cannot be sent again.", "a message that has ended")
    words = TEMPLATES[row.template]
    row.state = State.QUEUED
    _hold_back(row)
    if row.state != State.QUEUED:
        raise WrongInput("message", f"It may not be an e-mail: {row.last_error}.", "a call")
    quiet = _quiet(row.clinic, row.member)
    row.next_at = now if words.urgent else waking(now, quiet, row.clinic.zone)
    row.not_before, row.not_after = row.next_at, row.next_at + words.lasts
    row.tries, row.last_error, row.sent_at, row.claimed_at = 0, "", None, None
    row.save()
    _record(row, "message_queued_again", by, now)
    if row.next_at <= now:
        _put(row, now)
    return row


def _owned(message: Message, by: Membership, now: datetime) -> Message:
    if not by.may(May.KEEP_MESSAGES, now) or message.clinic_id != by.clinic_id:
        raise WrongInput("by", "You may not change messages here.", "a coordinator")
    rows = Message.objects.of(by.clinic).select_for_update(of=("self",))
    return rows.select_related("clinic", "patient", "member__user").get(pk=message.pk)


@transaction.atomic
def choose_mail(
    *,
    patient: Patient,
    wants: bool,
    by: Membership | None,
    now: datetime,
    reason: str = "",
    channel: Channel = Channel.EMAIL,
) -> MailChoice:
    """The person wants no e-mails (their own link: `by` None), or wants them again (told to staff).

    What waits for them is held at once. The same choice again writes nothing. The other channels
    likewise; on them nothing is ever sent by this program, and whoever calls or writes sees it.
    """
    person = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    if by is not None:
        if not by.may(May.EDIT_PERSON, now) or by.clinic_id != person.clinic_id:
            raise WrongInput("by", "You may not change how they are reached.", "a coordinator")
        if len(reason.strip()) < 3:
            raise WrongInput("reason", "Why is it changed?", "what the person said, in a few words")
    elif wants:
        raise WrongInput("by", "It begins again when the person asks staff.", "a coordinator")
    newest = choices_of(person).get(channel)
    if newest is not None and newest.wants == wants:
        return newest
    # Held before the chain, as whoever sends one does: neither waits for the other for ever.
    ends = not wants and channel is Channel.EMAIL
    waiting = Message.objects.select_for_update(of=("self",)).filter(patient=person)
    held = list(waiting.filter(state__in=CANCELLED_FROM).order_by("pk")) if ends else []
    row = MailChoice.draft(
        now=now,
        clinic=person.clinic,
        patient=person,
        by=by,
        wants=wants,
        reason=reason.strip()[:300],
        channel=None if channel is Channel.EMAIL else channel.value,
    )
    act = f"{MAIL_ACTS[channel]}_{'wanted' if wants else 'not_wanted'}"
    stream = f"person:{person.pk}"
    record(rows=[row], stream=stream, act=act, by=by, now=now, clinic_id=person.clinic_id)
    for message in held:
        message.last_error = "asked for no e-mails"
        _end(message, State.HELD, now)
    return row


@transaction.atomic
def forget_finished_jobs(*, before: datetime) -> int:
    """Rows of the queue that ended, or whose worker died, before this time; messages stay."""
    old = Q(finished_at__lt=before) | Q(started_at__lt=before)
    return DBTaskResult.objects.filter(old).delete()[0]


def _record(row: Message, act: str, by: Membership | None, now: datetime) -> None:
    """Chain the change: ids and codes, never an address."""
    stream = f"person:{row.patient_id}" if row.patient_id else f"clinic:{row.clinic_id}"
    append(
        stream=stream,
        act=act,
        by=by,
        now=now,
        clinic_id=row.clinic_id,
        body={"message": str(row.pk), "template": row.template, "tries": row.tries},
    )
