"""What each code says: a neutral label, one plain sentence when it stops, and what would help.

The sentence is at most 140 characters and can be read aloud to the person concerned.
"""

from __future__ import annotations

from holdspace.core.codes import Code, Urgency, Words
from holdspace.core.decision import Finding, Verdict

# Three lines a code: label, sentence, remedy; "now" in front of a code means Urgency.NOW.
_TABLE = """
age_below_minimum | Age
This treatment is for adults; the person's age does not reach the minimum, or it is not known.
Record the date of birth. Below the minimum, offer care for young people elsewhere.
service_not_offered | Kind of treatment
This clinic's system does not support this kind of treatment yet.
Plan individual, supervised sessions by an offered route, or refer to a clinic that offers this.
guardian_not_supported | Own consent
Consent through a guardian or proxy is not supported, or it was not asked whether there is one.
Ask who decides about care. Where a guardian decides, refer to a service that can do this well.
protocol_unsigned | Signed protocol
The medical director has not signed this version of the protocol.
The medical director reads and signs the version on the protocol page.
course_already_open | One course at a time
This person already has an open course of treatment.
Go on with the open course, or close it first.
course_not_open | Open course
There is no open course of treatment.
Open a course first; a closed or declined course stays closed.
role_not_permitted | Role of the one who acts
The person who is acting does not hold the role that this step needs.
Ask a colleague with the named role to do this step.
licence_not_valid | Licence
A licence is missing, expired, withdrawn, or not for this state.
Renew the licence or record the current one; until then a licensed colleague acts.
signer_not_physician | Physician
This must be signed by a physician (MD or DO).
Ask a physician of the clinic to review and sign.
dea_registration_not_valid | DEA registration
The DEA registration is missing, expired, or not for this schedule, state or address.
Record a current registration for Schedule III at this address, or a colleague who has one orders.
training_not_valid | Training
A required training (KAP, ACLS or BLS) is missing or has run out.
Record the current certificate, or let a trained colleague take this place.
evaluation_missing | Medical evaluation
The medical evaluation is missing or too old.
A clinician sees the person and signs a medical evaluation.
evaluation_not_in_person | Evaluated in person
The medical evaluation was not made in person, or it is not recorded how it was made.
See the person in person and record it.
assessment_missing | Mental-health assessment
The mental-health assessment is missing, too old, or has no conclusion.
The therapist completes and signs the mental-health assessment.
assessment_not_suitable | Mental-health assessment
The mental-health assessment came to the view that this treatment does not fit now.
Talk it through with the person, offer other care, and assess again when things have changed.
investigation_missing | ECG and laboratory
An investigation that the protocol asks for is missing or too old.
Arrange the investigation and file its result.
contraindication_present | Contraindications
There is a medical reason why this medicine would not be safe now.
Explain it kindly and offer other care; only a corrected or newer fact changes this.
clearance_needed | Needs a clearance
Something in the history needs a specialist's or prescriber's clearance first.
Ask the named clinician and record their answer as a plan.
condition_unanswered | History questions
A question of the medical history has no usable answer yet.
Ask the question and record yes, no or not known, with the date where one is asked.
medication_not_compatible | Medicines
A medicine the person takes does not go together with this treatment.
The prescriber decides what is right; nobody changes a medicine because a program said so.
medication_needs_plan | Medicines
A medicine the person takes needs the prescriber's plan first.
The prescriber records a plan; nobody stops or skips a medicine because a program said so.
medication_not_recognised | Medicines
A medicine on the list is not recognised and must be reviewed by hand.
The prescriber looks it up and records a plan, or the name is corrected.
washout_too_short | Time since last taken
Something was taken too recently for the medicine today, or it is not known when.
Ask when it was last taken. The prescriber plans the session for a later time.
medications_not_asked | Medicine list
The list of medicines has not been asked, or is too old.
Ask for all medicines, drops, herbs and drugs, and record the list, also when it is empty.
resting_pressure_not_controlled | Resting blood pressure
The resting blood pressure is too high for this medicine, or has not been measured lately.
Measure at rest, twice. If it stays high, treat it first with the person's own doctor.
body_mass_high | Body mass
The body mass index needs the prescriber's look at breathing and airway, or is not known.
Measure weight and height; above the limit the prescriber records a plan.
now suicide_screen_positive | Suicide-risk screen
The suicide-risk screen is positive. A person needs to talk with them first, now.
Stay with the person, follow the clinic's risk steps, and record what was agreed.
suicide_screen_missing | Suicide-risk screen
There is no suicide-risk screen that is new enough.
Do the screen now, with the person, asked alone.
now risk_task_open | Risk tasks
A task about this person's safety is still open.
The owner of the task finishes it and records the outcome.
pregnancy_possible | Pregnancy
This medicine is not given in pregnancy, and a test says or may say that there is one.
Tell the person privately, never the escort, and offer care. A newer negative test changes this.
clearance_missing | Physician's clearance
A physician has not yet cleared this person for the medicine.
The physician reviews the findings and signs the clearance.
clearance_expired | Physician's clearance
The physician's clearance has run out.
The physician sees the person again and signs a new clearance.
clearance_suspended | Physician's clearance
The physician's clearance is suspended because something new came up.
The physician looks at the new fact and signs again, or ends the clearance.
clearance_withdrawn | Physician's clearance
The physician has withdrawn the clearance.
The physician decides whether a new evaluation makes sense.
therapist_not_assigned | Own therapist
No therapist is assigned, or the one who is here is not the assigned one.
Assign a therapist, or record a change of therapist that the person agrees to.
therapist_changed | Same therapist throughout
The therapist changed without a hand-over that the person agreed to.
Record the change with the person's consent, and let them meet before the medicine.
preparation_incomplete | Preparation visits
There were too few preparation visits with the assigned therapist.
Hold the missing preparation visits.
preparation_stale | Preparation visits
The last preparation visit was too long ago.
Hold one more preparation visit before the first session.
consent_missing | Consent
There is no signed consent.
Talk it through with time for questions, and sign when the person is ready.
consent_expired | Consent
The consent has run out.
Renew the consent in a conversation, not as a form at the door.
consent_withdrawn | Consent
The person has withdrawn their consent.
Respect it. Care goes on; they may consent again at any time, in their own time.
consent_narrower | Consent
The consent does not cover this route.
Talk about this route and sign a new consent, or plan a route that is covered.
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
The heart rate is outside the limits for a dose, or there is no recent one.
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
A serious adverse event has not been reviewed by two people yet.
The prescriber and a colleague who was not involved review it.
now red_flag_open | Red-flag symptoms
A red-flag symptom is recorded and has not been resolved.
Follow the clinic's signed emergency page; record when the symptom has gone.
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
movement_same_account | Two accounts
A movement cannot go from an account to itself.
Choose where the medicine came from and where it went.
movement_not_allowed | Kind of movement
Medicine never moves this way in the register.
Choose one of the movements that the page offers.
movement_over_balance | Enough in the account
The account does not hold this much.
Count again; if the count differs, open a discrepancy.
movement_arithmetic | Arithmetic
The amount is not volume times concentration, or is not above zero.
Check volume, concentration and amount against the label.
movement_in_future | Time of the movement
The time of this movement lies in the future.
Check the clock and enter the time at which it happened.
waste_exceeds_drawn | Waste
More would be wasted than is drawn up.
Check the amount left in the syringe.
correction_not_reversal | Correction
A correction must be the exact reverse of a movement that was not corrected before.
Reverse the movement as it stands, then enter the right one.
vial_over_capacity | Content of a container
The container cannot hold this much.
Check the label and the amount received.
vial_expired | Expiry
The vial is past the date on its label.
Set it aside for destruction and use another.
vial_beyond_use | Time since opening
The vial has been open for too long.
Waste the rest with a witness and use another.
vial_not_at_location | Place of the vial
The vial is registered at another address.
Use a vial of this address, or record the transfer first.
vial_second_person | One vial, one person
This vial was already used for another person.
Use a new vial.
person_missing | Person of the movement
Drawing up and giving need the name of the person it is for.
Name the person.
counterparty_missing | Other side
The supplier or the receiver is missing.
Name who sent or received the medicine, with their registration.
concentration_needs_dilution | Dilution
This concentration must be diluted before it goes into a vein, and no dilution is recorded.
Dilute as the label says, and record it.
witness_missing | Witness
This step needs a second person.
Ask a colleague to watch and sign with you.
witness_same_person | Witness
The witness must be somebody else.
Ask another colleague to watch and sign with you.
"""


def _read(table: str) -> dict[Code, Words]:
    lines, words = table.strip().splitlines(), dict[Code, Words]()
    for head, sentence, remedy in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name, label = head.split(" | ")
        soon = Urgency.NOW if name.startswith("now ") else Urgency.BEFORE_THE_DOOR
        words[Code(name.removeprefix("now "))] = Words(label, sentence, remedy, soon)
    return words


WORDS: dict[Code, Words] = _read(_TABLE)


def said(finding: Finding) -> str:
    """What a list says of a finding: the neutral label when it passed, else what is wrong."""
    words = WORDS[finding.code]
    return words.label if finding.verdict in (Verdict.PASS, Verdict.NOTE) else words.sentence
