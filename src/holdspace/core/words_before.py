"""What the codes before the medicine day say.

Three lines a code: label, sentence, remedy; see core/words.py.
"""

TABLE = """
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
person_died | The person is alive
The record says that this person has died. Nothing more is planned or given.
If that was written on the wrong chart, the medical director strikes it.
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
state_authority_missing | State authority
No rule of this state lets this profession do this, or none is recorded here.
A colleague whose profession may do it acts, or the director records the state's rule.
state_registration_missing | State registration
The state's own registration is missing or has ended, or it is not known if it asks for one.
Record the current registration, or the director records what the state asks for.
credential_not_verified | Looked up at the source
A licence or registration was not looked up at its board or registry, or too long ago.
Look it up at the source itself and record the day, or let a colleague act whose credential was.
exclusion_not_clear | Exclusion lists
The person who acts was found on an exclusion list (OIG, SAM), or nobody has looked lately.
Look both lists up and record the day; after a hit, a colleague acts and the director is told.
supervision_missing | Supervision
An associate's supervisor is not named, not current, or has not countersigned the assessment.
Record the supervision, or the named supervisor reads and countersigns.
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
assessment_with_condition | Mental-health assessment
The therapist finds this treatment suitable only under a condition that stands in the assessment.
Read the assessment and record as a plan how its condition is met, or assess again.
assessment_unanswered | Mental-health assessment
A question of the therapist's assessment has no usable answer yet.
The therapist asks it and signs the assessment anew; “not asked” counts as not known.
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
diagnosis_not_mapped | Diagnoses
A new diagnosis answers no question of the protocol and must be reviewed by hand.
The prescriber reads it and records a plan, or signs the clearance anew with it on the list.
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
"""
