"""What is on file already comes back in the next evaluation with its date, to be confirmed.

Nothing is confirmed for anybody: an entry that is not ticked stays as old as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care.actions import Diagnosed
from holdspace.care.listed import STATUS_WORDS, age
from holdspace.core.diagnosed import name_of
from holdspace.core.diagnoses import Diagnosis, DiagnosisStatus, onset_text, questions_of
from holdspace.core.facts import Facts
from holdspace.core.investigations import Investigation, newest_of_each
from holdspace.core.protocol_model import Protocol

OVERTAKEN = gettext_lazy(
    "What is on file was changed by somebody meanwhile: look at it again, and tick what holds."
)
UNTICKED = gettext_lazy("Changed, but not confirmed. Accepted: the tick, or as it was.")


class CarriedForward(forms.Form):
    """One tick for each result on file; a tick and its state for each diagnosis."""

    on_file: tuple[Diagnosis, ...] = ()
    found_before: tuple[Investigation, ...] = ()

    def carry(self, facts: Facts | None) -> None:
        """Add the fields of what this person's record knows."""
        if facts is None:
            return
        self.on_file = tuple(d for d in facts.diagnoses if not d.is_over)
        self.found_before = newest_of_each(facts.investigations)
        zone, today = facts.clinic.zone, facts.today
        for row in self.on_file:
            on = row.at.astimezone(zone).date()
            said = f"{name_of(row)}, {onset_text(row.onset, row.onset_known)}"
            self.fields[f"status_{row.id}"] = forms.ChoiceField(
                label=said, required=False, initial=row.status.value,
                choices=[(state.value, words) for state, words in STATUS_WORDS.items()],
            )  # fmt: skip
            self.fields[f"status_{row.id}"].quiet_optional = True  # type: ignore[attr-defined]
            self.fields[f"confirm_{row.id}"] = _tick(_("Confirmed today"), on, age(on, today))
        for result in self.found_before:
            said = f"{result.title}: {result.text}"
            on = result.taken_on
            self.fields[f"confirm_{result.id}"] = _tick(said, on, age(on, today))

    @property
    def carried_diagnoses(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"status_{row.id}"], self[f"confirm_{row.id}"]) for row in self.on_file]

    @property
    def carried_results(self) -> list[BoundField]:
        return [self[f"confirm_{row.id}"] for row in self.found_before]

    def check_carried(self, data: dict[str, Any]) -> None:
        ticked = {name for name in self.data if name.startswith("confirm_") and self.data[name]}
        if ticked - self.fields.keys():
            self.add_error(None, OVERTAKEN)
        for row in self.on_file:
            changed = data.get(f"status_{row.id}") not in (None, "", row.status.value)
            if changed and not data.get(f"confirm_{row.id}"):
                self.add_error(f"status_{row.id}", UNTICKED)

    def confirmed_diagnoses(self, data: dict[str, Any]) -> tuple[Diagnosed, ...]:
        return tuple(
            Diagnosed(
                row.words, row.icd10, DiagnosisStatus(data[f"status_{row.id}"] or row.status),
                row.onset, row.onset_known, row.said_by, row.who, continues=row.id,
            )
            for row in self.on_file
            if data.get(f"confirm_{row.id}")
        )  # fmt: skip

    def confirmed_results(self, data: dict[str, Any]) -> tuple[Investigation, ...]:
        return tuple(row for row in self.found_before if data.get(f"confirm_{row.id}"))


def _tick(label: str, on: Any, old: str) -> forms.BooleanField:
    said = _("Carried forward from %(day)s, %(age)s: confirm.")
    shown = f"{on.day} {on:%b %Y}"
    field = forms.BooleanField(
        label=label, required=False, help_text=said % {"day": shown, "age": old}
    )
    field.quiet_optional = True  # type: ignore[attr-defined]
    return field


def contradicted(
    rows: Iterable[tuple[str, Diagnosed]], answers: dict[str, Any], protocol: Protocol
) -> Iterable[tuple[str, str]]:
    """Fields of diagnoses to which the history says no everywhere, with the question's label."""
    for field, said in rows:
        if said.status is DiagnosisStatus.RESOLVED or not said.icd10:
            continue
        keys = questions_of(said.icd10, protocol)
        if keys and all(answers.get(key) == "no" for key in keys):
            yield field, protocol.conditions[keys[0]].label


def by_hand(rows: Iterable[Diagnosed], protocol: Protocol) -> list[str]:
    """Names of diagnoses that no question of the protocol lists."""
    return [said.words or said.icd10 for said in rows if not questions_of(said.icd10, protocol)]
