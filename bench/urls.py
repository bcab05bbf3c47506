"""The program's addresses and one that it does not have: the last 36 readings of a person.

The medicine room shows readings inside its pages. What other record systems are measured by is the
values alone, so they are served here as data, under the same sign-in, permission and access log.
"""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.urls import path

from holdspace.care.models import Observation
from holdspace.config.urls import urlpatterns as own
from holdspace.people.guard import patient_or_404


def readings(request: HttpRequest, patient_id: UUID) -> JsonResponse:
    """The newest 36 values with their units' kind and time; the access is logged."""
    person = patient_or_404(request, patient_id)
    rows = Observation.objects.of(person.clinic_id).filter(patient=person, number__isnull=False)
    newest = rows.order_by("-taken_at")[:36]
    found = [
        {"id": str(row.id), "kind": row.kind, "number": str(row.number), "taken_at": row.taken_at}
        for row in newest
    ]
    assert len(found) == 36
    return JsonResponse({"readings": found})


urlpatterns = [*own, path("bench/readings/<uuid:patient_id>/", readings)]
