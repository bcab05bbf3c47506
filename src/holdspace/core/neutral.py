"""A message that leaves the house says nothing about health, to whoever reads it over a shoulder.

The words here are searched for in every template, in the name that the clinic sends under, and
in the address of a link. The list is wider than it must be: "session" alone would be innocent.
"""

from __future__ import annotations

import re

_GIVE_AWAY = (
    *("ketamin", "esketamin", "spravato", "troche", "lozenge", "infusion", "injection"),
    *("medic", "medicine", "dose", "dosing", "drug", "pill", "prescri", "pharma", "psychedel"),
    *("treat", "therap", "session", "integration", "preparation", "clinic", "patient", "doctor"),
    *("nurse", "physician", "hospital", "health", "mental", "psych", "mood", "depress", "anxi"),
    *("trauma", "ptsd", "suicid", "self-harm", "crisis", "988", "risk", "bladder", "alcohol"),
    *("symptom", "diagnos", "illness", "disorder", "questionnaire", "screening", "assessment"),
    *("phq", "gad-", "pcl-", "audit-c", "asq", "score", "scale", "chart", "consent", "pregnan"),
)
_FOUND = re.compile("|".join(re.escape(word) for word in _GIVE_AWAY), re.IGNORECASE)


def gives_away(text: str) -> str:
    """The first word of `text` that tells a stranger what this is about; empty: none."""
    found = _FOUND.search(text)
    return found[0] if found else ""
