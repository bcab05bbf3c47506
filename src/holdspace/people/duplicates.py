"""Entries that may be one person are shown before a second one is made."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from holdspace.people.finding import Traits, name_key, phone_key, why_alike
from holdspace.people.models import Clinic, Patient


@dataclass(frozen=True, slots=True)
class Alike:
    """An entry that may be the same person, and why."""

    patient: Patient
    reasons: tuple[str, ...]


def possible_duplicates(
    clinic: Clinic, traits: Traits, *, without: UUID | None = None, most: int = 10
) -> list[Alike]:
    """Entries of this clinic that may be the same person, at most `most`, in name order."""
    wanted = Q(name_key=name_key(traits.name)) | Q(name_key__startswith=name_key(traits.name) + " ")
    if traits.birth_date:
        wanted |= Q(birth_date=traits.birth_date)
    if len(phone_key(traits.phone)) >= 7:
        wanted |= Q(phone_key=phone_key(traits.phone))
    if traits.email.strip():
        wanted |= Q(email__iexact=traits.email.strip())
    found = Patient.objects.filter(wanted, clinic=clinic)
    if without is not None:
        found = found.exclude(pk=without)
    alike = (Alike(p, why_alike(traits, traits_of(p))) for p in found)
    return [a for a in alike if a.reasons][:most]


def traits_of(patient: Patient) -> Traits:
    return Traits(patient.name, patient.birth_date, patient.phone, patient.email)
