"""What the state permits each profession, and what it asks of the clinic."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_http_methods

from holdspace.core.facts import Act, Discipline
from holdspace.core.practice import ACTS, WIDEST
from holdspace.people.access import May
from holdspace.people.actions import standing
from holdspace.people.forms import SignatureForm
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Membership, StateRecord
from holdspace.people.signing import Signature
from holdspace.people.staff import state_of
from holdspace.people.states import STATES
from holdspace.people.views.common import attempt

RULE_MEANING = "I read what this state lets this profession do, and where; the clinic goes by it."
DUTIES_MEANING = "I read what this state asks of the clinic, and where; the clinic goes by it."


def _source() -> forms.CharField:
    return forms.CharField(
        label=__("Where this was read"),
        max_length=300,
        help_text=__("The act or rule, its section, and the day you read it."),
    )


def _said(label: Any) -> forms.TypedChoiceField:
    """A yes or a no that somebody said: what nobody answered is never recorded as no."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("yes", __("Yes")), ("no", __("No"))],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )


class StateForm(SignatureForm):
    """A state of the union, and where its words were read."""

    state = forms.ChoiceField(label=__("State"), choices=list(STATES.items()))
    source = _source()


class RuleForm(StateForm):
    """What one profession may do."""

    discipline = forms.ChoiceField(
        label=__("Profession"), choices=[(d.value, d.value) for d in Discipline]
    )
    acts = forms.MultipleChoiceField(
        label=__("May"),
        required=False,
        choices=[(act.value, words.capitalize()) for act, words in ACTS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=__("Leave all empty to record that it may do nothing of this."),
    )
    field_order = ["state", "discipline", "acts", "source", "password"]


class DutiesForm(StateForm):
    """What the state asks of the clinic."""

    csr_required = _said(__("A controlled-substance registration of its own"))
    pdmp_each_dose = _said(__("Prescription monitoring on the day of every dose"))
    pdmp_days_max = forms.IntegerField(
        label=__("A query at least every … days"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=__("Leave empty where the state names no interval."),
    )
    pdmp_delegate = _said(__("Somebody may query for the prescriber"))
    field_order = [
        "state", "csr_required", "pdmp_each_dose", "pdmp_days_max", "pdmp_delegate", "source",
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(May.SEE_STAFF)
def states(request: HttpRequest) -> HttpResponse:
    """What the clinic's states permit and ask; the medical director records it with its source."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    may_sign = actor.may(May.SIGN_PRIVILEGE, now)
    which = request.POST.get("record", "") if may_sign and request.method == "POST" else ""
    first = actor.clinic.sites.first()
    start = {"state": first.state if first else ""}
    rule = RuleForm(
        request.POST if which == "rule" else None,
        request=request, meaning=RULE_MEANING, auto_id="rule-%s", initial=start,
    )  # fmt: skip
    duties = DutiesForm(
        request.POST if which == "duties" else None,
        request=request, meaning=DUTIES_MEANING, auto_id="duties-%s", initial=start,
    )  # fmt: skip
    for form, record in ((rule, _record_rule), (duties, _record_duties)):
        if form.is_bound and form.is_valid() and record(form, actor, now):
            messages.success(request, _("Recorded. It holds from now."))
            return redirect("people:states")
    context = {
        "states": [_shown(actor, state) for state in _states_of(actor)],
        "rule_form": rule,
        "duties_form": duties,
        "rule_meaning": RULE_MEANING,
        "duties_meaning": DUTIES_MEANING,
        "may_sign": may_sign,
    }
    return render(request, "people/states.html", context)


def _record_rule(form: RuleForm, by: Membership, now: Any) -> StateRecord | None:
    data = form.cleaned_data
    return attempt(
        form,
        lambda: standing.record_state_rule(
            state=data["state"],
            discipline=Discipline(data["discipline"]),
            acts=[Act(act) for act in data["acts"]],
            source=data["source"],
            signature=_signature(form),
            by=by,
            now=now,
        ),
    )


def _record_duties(form: DutiesForm, by: Membership, now: Any) -> StateRecord | None:
    data = form.cleaned_data
    wanted = {
        name: data[name]
        for name in ("state", "csr_required", "pdmp_each_dose", "pdmp_days_max", "pdmp_delegate")
    }
    return attempt(
        form,
        lambda: standing.record_state_duties(
            **wanted, source=data["source"], signature=_signature(form), by=by, now=now
        ),
    )


def _signature(form: SignatureForm) -> Signature:
    assert form.signature is not None, "a valid signature form has signed"
    return form.signature


def _states_of(actor: Membership) -> list[str]:
    """The states of the clinic's addresses, and those the director recorded something of."""
    sites = set(actor.clinic.sites.values_list("state", flat=True))
    recorded = set(actor.clinic.state_records.values_list("state", flat=True))
    return sorted((sites | recorded) - {""})


def _shown(actor: Membership, state: str) -> dict[str, Any]:
    """One state as the page says it: for each profession what holds, and what nobody recorded."""
    rules, duties = state_of(actor.clinic, state)
    newest = {rule.discipline: rule for rule in rules}
    rows = []
    for discipline in Discipline:
        if not any(discipline in wide for wide in WIDEST.values()):
            continue
        rule = newest.get(discipline)
        rows.append(
            {
                "discipline": discipline.value,
                "acts": [ACTS[act] for act in rule.acts] if rule else [],
                "rule": rule,
                "holds": bool(rule) and (not rule.is_proposed or actor.clinic.is_demo),
            }
        )
    return {"state": STATES.get(state, state), "rows": rows, "duties": duties[-1:] or None}
