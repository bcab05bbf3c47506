"""What stands behind the staff: looked up at the source, on no list, and what the state permits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_http_methods, require_POST

from holdspace.core.facts import Act, Discipline
from holdspace.core.practice import ACTS, WIDEST
from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.actions import standing
from holdspace.people.forms import SignatureForm
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Credential, Membership, StateRecord
from holdspace.people.signing import Signature
from holdspace.people.staff import staff_of, state_of
from holdspace.people.states import STATES
from holdspace.people.views.common import attempt

RULE_MEANING = "I read what this state lets this profession do, and where; the clinic goes by it."
DUTIES_MEANING = "I read what this state asks of the clinic, and where; the clinic goes by it."
DAY = {"type": "date"}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY),
    )


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


class VerifyForm(forms.Form):
    """A credential was looked up at its board or registry itself."""

    verified_on = _day(__("Looked up on"))
    source = forms.CharField(label=__("Where"), max_length=200)


class ExclusionForm(forms.Form):
    """The federal exclusion lists were looked up for one member."""

    checked_on = _day(__("Looked up on"))
    found = forms.ChoiceField(
        label=__("On the HHS-OIG list or SAM.gov?"),
        choices=[("no", __("Not found")), ("yes", __("Found"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=__("If found: what, and on which list"), max_length=200, required=False
    )


@require_POST
@requires(May.MANAGE_STAFF)
def verify(request: HttpRequest, key: UUID, credential_key: UUID) -> HttpResponse:
    """Write down that a credential was looked up at its source."""
    who = _member(request, key)
    row = get_object_or_404(Credential, pk=credential_key, membership=who)
    form = VerifyForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        attempt(
            form,
            lambda: actions.verify_credential(
                credential=row, on=data["verified_on"], source=data["source"],
                by=actor_or_404(request), now=request.now,  # type: ignore[attr-defined]
            ),
        )  # fmt: skip
    _tell(request, form, _("Looked up."))
    return redirect("people:staff_member", who.pk)


@require_POST
@requires(May.MANAGE_STAFF)
def exclusion(request: HttpRequest, key: UUID) -> HttpResponse:
    """Write down a look-up of the exclusion lists; a hit stops every clinical act at once."""
    who = _member(request, key)
    form = ExclusionForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        attempt(
            form,
            lambda: actions.check_exclusion(
                membership=who, on=data["checked_on"], found=data["found"] == "yes",
                words=data["words"], by=actor_or_404(request),
                now=request.now,  # type: ignore[attr-defined]
            ),
        )  # fmt: skip
    _tell(request, form, _("Kept."))
    return redirect("people:staff_member", who.pk)


def _member(request: HttpRequest, key: UUID) -> Membership:
    return get_object_or_404(staff_of(actor_or_404(request).clinic), pk=key)


def _tell(request: HttpRequest, form: forms.Form, done: str) -> None:
    """Short forms in a table: what was wrong is said at the top, beside what is accepted."""
    if not form.errors:
        messages.success(request, done)
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, " ".join(filter(None, [str(label), *map(str, errors)])))
