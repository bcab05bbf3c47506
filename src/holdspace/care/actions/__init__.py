"""Every write on the spine is one of these verbs: one transaction, told who and when.

doors      ask a gate inside the transaction, keep the decision whatever it was
facts      observations, events, history, documents, corrections
booking    a time for a visit, or for a session through its door
consent    consent or touch taken back; nothing is widened after a dose
results    an ECG, laboratory values, diagnoses: a row each
courses    open, pin to a protocol, assign a therapist, decline, close
undo       a slip of the hand, taken back at once by its author
reliefs    waivers and plans
tasks      owed work with an owner, a deadline and an escalation
endings    what ends soon, said as tasks
kind_ends  not here or not now: a letter with the way on, and the way back
monitoring a query of prescription monitoring; a supervisor's signature
messages   neutral messages to people and staff: queued, sent once, held or handed to the desk
reaching   how a person may be reached, by their own word
escalating what goes to the next person until somebody reads it
rounds     many rows, each by itself
drafts     what was typed and not yet sent
"""

from holdspace.care.actions.booking import book_session, book_visit
from holdspace.care.actions.consent import (
    agreed_touch,
    is_after_a_dose,
    narrow_touch,
    withdraw_consent,
)
from holdspace.care.actions.courses import (
    adopt_protocol,
    assign_therapist,
    close_course,
    decline_course,
    open_course,
    sign_protocol,
)
from holdspace.care.actions.doors import Outcome, ask, lock_course, pass_door
from holdspace.care.actions.drafts import discard_draft, draft_data, save_draft
from holdspace.care.actions.endings import warn_of_endings
from holdspace.care.actions.escalating import (
    could_not_reach,
    escalate_due,
    next_after,
    open_concern,
    open_urgent,
    raise_task,
)
from holdspace.care.actions.facts import (
    Reading,
    WrongInput,
    happen,
    observe,
    sign_document,
    strike,
    take_history,
)
from holdspace.care.actions.files import amend_document, file_document
from holdspace.care.actions.kind_ends import end_kindly, kind_end_of, letter_of, open_again
from holdspace.care.actions.messages import (
    CALL_TASK,
    CANCELLED_FROM,
    call_instead,
    cancel_message,
    choices_of,
    choose_mail,
    choose_staff_mail,
    deliver,
    forget_finished_jobs,
    post,
    put_due,
    send_again,
    staff_mail,
    unwanted,
    wants_mail,
    why_not_again,
)
from holdspace.care.actions.monitoring import countersign, record_pdmp_query
from holdspace.care.actions.reaching import mark_of, say_how_to_reach, wish_to_be_reached
from holdspace.care.actions.reliefs import letters_on_file, relieve
from holdspace.care.actions.results import (
    Diagnosed,
    Result,
    Traced,
    keep_results,
    record_diagnosis,
)
from holdspace.care.actions.rounds import AWAY, each
from holdspace.care.actions.tasks import (
    add_to_closed_task,
    close_by_itself,
    close_task,
    hand_over_task,
    holds_task,
    open_task,
    read_task,
)
from holdspace.care.actions.undo import take_back

__all__ = [
    "AWAY",
    "CALL_TASK",
    "CANCELLED_FROM",
    "Diagnosed",
    "Outcome",
    "Reading",
    "Result",
    "Traced",
    "WrongInput",
    "add_to_closed_task",
    "adopt_protocol",
    "agreed_touch",
    "amend_document",
    "ask",
    "assign_therapist",
    "book_session",
    "book_visit",
    "call_instead",
    "cancel_message",
    "choices_of",
    "choose_mail",
    "choose_staff_mail",
    "close_by_itself",
    "close_course",
    "close_task",
    "could_not_reach",
    "countersign",
    "decline_course",
    "deliver",
    "discard_draft",
    "draft_data",
    "each",
    "end_kindly",
    "escalate_due",
    "file_document",
    "forget_finished_jobs",
    "hand_over_task",
    "happen",
    "holds_task",
    "is_after_a_dose",
    "keep_results",
    "kind_end_of",
    "letter_of",
    "letters_on_file",
    "lock_course",
    "mark_of",
    "narrow_touch",
    "next_after",
    "observe",
    "open_again",
    "open_concern",
    "open_course",
    "open_task",
    "open_urgent",
    "pass_door",
    "post",
    "put_due",
    "raise_task",
    "read_task",
    "record_diagnosis",
    "record_pdmp_query",
    "relieve",
    "save_draft",
    "say_how_to_reach",
    "send_again",
    "sign_document",
    "sign_protocol",
    "staff_mail",
    "strike",
    "take_back",
    "take_history",
    "unwanted",
    "wants_mail",
    "warn_of_endings",
    "why_not_again",
    "wish_to_be_reached",
    "withdraw_consent",
]
