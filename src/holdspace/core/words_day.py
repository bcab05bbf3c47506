"""What the codes of the medicine day, and of what follows it, say.

Three lines a code: label, sentence, remedy; see core/words.py.
"""

TABLE = """
touch_agreement_missing | Touch agreement
It has not been agreed what touch is welcome and what is not.
Make the agreement in a preparation visit; "no touch" is a full answer.
session_already_open | One session at a time
A session day is already open for this person.
Go on with the open session.
session_not_open | Open session
The session day is not open.
Open the session day first; an ended session stays ended.
booking_missing | Booking
There is no booking for today.
Book the session, or move the booking to today.
identity_not_confirmed | Identity
Identity has not been confirmed by two identifiers today.
Ask for name and date of birth, or look at a document.
capacity_not_confirmed | Able to consent today
It is not confirmed that the person can and wants to consent today, freely, asked alone.
Ask alone, without the escort. If they cannot or do not want to, do not go on today.
interpreter_missing | Interpreter
A qualified interpreter is needed and not confirmed, or it was not asked whether one is needed.
Arrange a qualified interpreter, not the escort.
escort_not_confirmed | Ride home and night
No adult is named for the ride home and the night.
Name an adult and reach them before the medicine.
health_changed | Change of health
Health or medicines changed since the clearance, or it was not asked today.
Ask today. The prescriber looks at any change before the medicine.
fasting_too_short | Fasting
The last meal or drink was too recent, or was not asked.
Ask for the times of last food and drink, and wait until the stated time.
room_not_ready | Room
The room is not ready, or nobody has checked it today.
Prepare the room and confirm it.
equipment_not_checked | Emergency equipment
The emergency equipment has not been checked today.
Check oxygen, suction, airway, defibrillator and call bell, and record it.
pregnancy_test_needed | Pregnancy test
A pregnancy test is needed, or it was not asked whether pregnancy is possible.
Ask privately; where it is possible, do a test and record it.
bp_systolic_high | Systolic blood pressure
The upper blood pressure is above the limit for a dose.
Let the person rest and measure again; inside the allowed band a prescriber may decide.
bp_diastolic_high | Diastolic blood pressure
The lower blood pressure is above the limit for a dose.
Let the person rest and measure again; inside the allowed band a prescriber may decide.
bp_repeat_needed | Blood pressure
One blood pressure was outside the limit, or there is no recent one: please measure (again).
Measure again after the stated minutes of rest; both readings count.
reading_repeat_needed | Vital signs
One reading was outside the limit: please measure again.
Measure again after the stated minutes; both readings count.
heart_rate_outside | Heart rate
The heart rate is outside the limits, or there is no recent one.
Measure again after rest; inside the allowed band a prescriber may decide.
oxygen_saturation_low | Oxygen saturation
The oxygen saturation in room air is below the limit, or not known in room air.
Measure in room air and write down the oxygen flow; inside the allowed band a prescriber may decide.
breathing_rate_outside | Breathing rate
The breathing rate is outside the limits, or there is no recent one.
Count the breaths for a full minute.
temperature_high | Temperature
The temperature is above the limit, or there is no recent one.
Measure again. With a fever the session waits until the person is well.
staff_not_present | People who must be here
Somebody who must be here is not here, or has not signed in.
Let the named person come and sign in; without them no dose is given, watching goes on.
staff_same_person | Two different people
Two places that need two different people are held by one person.
Let a second qualified person take one of the two places.
order_missing | Dose order
There is no signed order for this dose.
The prescriber signs an order for this session.
order_not_valid | Dose order
The order cannot be used: it is cancelled, too old, not for this session, or already given.
The prescriber signs a new order for this session.
weight_stale | Weight
The weight is missing, too old, or differs from the one on the order.
Weigh the person today and sign the order on that weight.
dose_already_given | First dose
The first dose of this session has already been given.
A further dose has its own door and its own order.
dose_above_order | Dose as ordered
More was prepared than was ordered.
Waste the difference with a witness, or prepare again.
dose_ceiling_exceeded | Ceiling of the session
The total of this session would be above its ceiling.
The prescriber orders less; the ceiling cannot be passed.
dose_needs_reason | First-session dose
This first-session dose is above the usual one and has no stated reason.
The prescriber writes the reason on the order, or orders less.
dose_needs_tolerated | Dose step
This dose is only for somebody who has tolerated a lower one here.
The prescriber orders a lower dose first.
dose_route_mixed | One route a session
A session uses one route only, and another one was already used today.
Stay with the first route; plan another route for another day.
dose_infusion_too_fast | Infusion time
The infusion would be faster than the slowest safe time, or its time is not on the order.
The prescriber orders the infusion over at least the stated minutes.
preparation_of_dose_missing | Dose drawn up
The dose has not been drawn up for this order.
Draw up the ordered dose through the register.
preparation_not_valid | When it was drawn up
The dose was drawn up before its order, too long ago, or at a time that cannot be.
Waste it with a witness and draw the dose up again.
vial_not_usable | Vial
The vial can no longer be used.
Waste it with a witness and prepare from another vial.
further_dose_outside_window | Time for a further dose
It is not the time for a further dose, or this route has none.
Wait for the stated time; after it has passed there is no further dose today.
further_dose_count | Number of further doses
The further doses of this session have already been given.
No further dose today.
reading_not_told | Readings outside limits, told
A reading outside its limit waits: nobody has written down who was told, and when.
Tell the named role, then write down who was told and what they said.
step_forbids_dose | The clinic's signed steps
The newest reading lies where the clinic's signed step says: no further dose.
Follow the step; a newer reading outside that band changes this.
now sedation_too_deep | Wakefulness
The person is too drowsy for a further dose, or it was not looked at lately.
Look at the person and record how they respond; no further dose while they are drowsy.
variance_unreviewed | Variances
Something happened without a passed door and has not been reviewed yet.
The medical director reviews the variance.
adverse_event_unreviewed | Adverse events
A serious event has not been reviewed by a prescriber and by somebody uninvolved yet.
The prescriber and a colleague who was not involved review it.
transfer_unreviewed | Transfer to other care
The person was taken to other care from a session, and that has not been reviewed by two people yet.
Hear how the person is. A prescriber and a colleague who was not involved review it.
now red_flag_open | Red-flag symptoms
A red-flag symptom is recorded, and no clinician has reviewed and signed that it is over.
Follow the clinic's signed emergency page; then a clinician who did not chart it reviews it.
no_dose_given | A dose was given
No dose has been given in this session.
Without a dose, end the session as “ended before a dose”.
stay_too_short | Minimum stay
The time since the last dose is shorter than the minimum stay.
Stay together until the stated time. Nobody is kept: leaving earlier is recorded as their decision.
pressure_not_settled | Blood pressure before leaving
The blood pressure has not settled near where it began, or was not measured lately.
Let the person rest and measure again; tell the prescriber if it stays up.
baseline_missing | Resting value to compare with
There is no resting blood pressure without a waiver to compare with.
Where there are only raised ones, the prescriber records what is accepted for leaving.
discharge_score_low | Readiness to leave (PADSS)
The readiness-to-leave score is too low, incomplete, or too old.
Give it time and score again.
now not_fully_awake | Awake before leaving
The person is not fully awake yet, or it was not looked at lately.
Let them rest, look again and record how they respond; they stay until they are awake.
distress_not_settled | Distress
The distress has not settled yet, or was not asked lately.
The therapist stays with the person; ask again.
dissociation_not_settled | Dissociation
The dissociation has not settled yet, or was not asked lately.
Stay in the quiet room and ask again.
therapist_check_missing | Therapist's check
The therapist has not yet confirmed that the person is settled.
The therapist talks with the person and records it.
escort_not_identified | Escort
The escort is not here or has not been identified.
Call the escort; the person stays in care until an adult is here.
instructions_not_understood | Instructions
The written instructions have not been given and understood.
Go through them together with the escort, with the driving rule.
reservation_unresolved | Medicine accounted for
Medicine was drawn up and is neither given, wasted nor returned.
Waste or return it with a witness, so that the register balances.
integration_missing | Integration visit
The integration visit after the last session has not been held.
Hold it with the assigned therapist; the next session waits for it.
next_day_contact_missing | Next-day contact
The person has not been reached after the last session, or something worried us.
Reach the person and record how they are.
interval_too_short | Time between sessions
The last session was too recent.
Plan the session from the stated time on.
frequency_exceeded | Number of sessions
There would be too many sessions in this time.
Plan the session from the stated time on.
frequency_review_needed | Long weekly treatment
Weekly sessions have gone on for a long time and need the director's review.
The medical director reviews benefit and risk, and records a plan.
oversight_overdue | Long-term follow-up
A long-term safety check (bladder, liver) is due.
Do the check and record it; the next session waits for it.
pdmp_query_missing | Prescription monitoring
The prescription-monitoring query is missing or too old.
Make the query and record that it was made.
session_still_open | No open session
A session is still open.
End the session first, by one of its endings.
tasks_open | Tasks
There are open tasks for this person.
Finish the tasks or hand them over with a reason.
outcome_missing | Outcome
There is no outcome questionnaire after the last session.
Ask the PHQ-9 again, so that it is known whether it helped.
"""
