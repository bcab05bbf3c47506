"""Every write of the assessment is one of these verbs.

questionnaires   PHQ-9 and the suicide-risk screen, item by item, with the task a risk answer opens
evaluations      the physician's medical evaluation, the therapist's mental-health assessment
clearance        the door to medicine: asked and kept, or passed and signed
"""

from holdspace.assessment.actions.clearance import (
    ask_at_the_door,
    sign_clearance,
    suspend_clearance,
)
from holdspace.assessment.actions.evaluations import (
    MedicalEvaluation,
    MentalHealthAssessment,
    Pressure,
    record_medical_evaluation,
    record_mental_health_assessment,
)
from holdspace.assessment.actions.questionnaires import (
    Answers,
    Recorded,
    record_phq9,
    record_suicide_screen,
)

__all__ = [
    "Answers",
    "MedicalEvaluation",
    "MentalHealthAssessment",
    "Pressure",
    "Recorded",
    "ask_at_the_door",
    "record_medical_evaluation",
    "record_mental_health_assessment",
    "record_phq9",
    "record_suicide_screen",
    "sign_clearance",
    "suspend_clearance",
]
