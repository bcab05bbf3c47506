"""Every write of the assessment is one of these verbs.

questionnaires   any form kept at once, item by item, with the task that an answer opens
forms            a form that is asked for: linked, answered one by one, finished
evaluations      the physician's medical evaluation
mental           the therapist's structured mental-health assessment
wording          the licensed words of a questionnaire, loaded and ended
asking           what is missing is asked of somebody, and closed when it is on file
clearance        the door to medicine: asked and kept, or passed and signed
"""

from holdspace.assessment.actions.asking import ask_for, ask_the_person, settle, settle_all
from holdspace.assessment.actions.clearance import (
    ask_at_the_door,
    sign_clearance,
    suspend_clearance,
)
from holdspace.assessment.actions.evaluations import (
    MedicalEvaluation,
    Pressure,
    record_medical_evaluation,
)
from holdspace.assessment.actions.forms import (
    answer_item,
    ask_to_fill,
    decline_item,
    end_with,
    finish,
    new_link,
    withdraw,
)
from holdspace.assessment.actions.mental import record_mental_health_assessment
from holdspace.assessment.actions.questionnaires import (
    PAPER,
    PERSON,
    STAFF,
    Answers,
    Recorded,
    record_form,
    record_phq9,
    record_suicide_screen,
)
from holdspace.assessment.actions.wording import end_wording, load_wording

__all__ = [
    "PAPER",
    "PERSON",
    "STAFF",
    "Answers",
    "MedicalEvaluation",
    "Pressure",
    "Recorded",
    "answer_item",
    "ask_at_the_door",
    "ask_for",
    "ask_the_person",
    "ask_to_fill",
    "decline_item",
    "end_with",
    "end_wording",
    "finish",
    "load_wording",
    "new_link",
    "record_form",
    "record_medical_evaluation",
    "record_mental_health_assessment",
    "record_phq9",
    "record_suicide_screen",
    "settle",
    "settle_all",
    "sign_clearance",
    "suspend_clearance",
    "withdraw",
]
