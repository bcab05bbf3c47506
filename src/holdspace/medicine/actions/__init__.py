"""Every write of the medicine day is one of these verbs: one transaction, told who and when.

day        open the session, who is where, end it, the contact on the next day
dosing     order, prepare, give, waste; and a dose that was given without a passed door
endings    a red flag by its signed review, an infusion by its charted end
charting   observations, notes, events, who was told; the director's reviews
readings   what the room's monitor sent, and charting it by one tap
paper      a sheet that was written while the screens were dark
entries    what a session page sends counts once; what is not accepted is kept or set aside
monitors   which monitor stands where and is on whom; its messages, kept and settled
"""

from holdspace.medicine.actions.charting import (
    adverse_event,
    could_not,
    emergency,
    note,
    observe_set,
    rescue_drug,
    review_adverse_event,
    review_variance,
    told,
    undo,
)
from holdspace.medicine.actions.day import (
    end_session,
    next_day_contact,
    place_staff,
    start_session,
)
from holdspace.medicine.actions.dosing import (
    DoseWanted,
    cancel_order,
    give_dose,
    label_of,
    lose,
    order_dose,
    prepare,
    record_variance_dose,
    return_unused,
    waste,
)
from holdspace.medicine.actions.endings import end_infusion, review_red_flag
from holdspace.medicine.actions.entries import Envelope, Sent, again, once, set_aside, strike_set
from holdspace.medicine.actions.monitors import add_monitor, end_monitor, say_monitor_is_on
from holdspace.medicine.actions.paper import Line, PaperDose, copy_from_paper
from holdspace.medicine.actions.readiness import Answered, answer_readiness
from holdspace.medicine.actions.readings import chart_imported, import_readings
from holdspace.medicine.actions.waiting import nobody_came

__all__ = [
    "Answered",
    "DoseWanted",
    "Envelope",
    "Line",
    "PaperDose",
    "Sent",
    "add_monitor",
    "adverse_event",
    "again",
    "answer_readiness",
    "cancel_order",
    "chart_imported",
    "copy_from_paper",
    "could_not",
    "emergency",
    "end_infusion",
    "end_monitor",
    "end_session",
    "give_dose",
    "import_readings",
    "label_of",
    "lose",
    "next_day_contact",
    "nobody_came",
    "note",
    "observe_set",
    "once",
    "order_dose",
    "place_staff",
    "prepare",
    "record_variance_dose",
    "rescue_drug",
    "return_unused",
    "review_adverse_event",
    "review_red_flag",
    "review_variance",
    "say_monitor_is_on",
    "set_aside",
    "start_session",
    "strike_set",
    "told",
    "undo",
    "waste",
]
