"""Tasks that somebody owes, and drafts of what was typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from holdspace.care import actions, telling
from holdspace.care.events import QuestionnaireAnswered
from holdspace.care.facts import decoded
from holdspace.care.forms import AddedForm, NotReachedForm, TaskOutcomeForm, TaskOwnerForm
from holdspace.care.models import Draft, Event, EventKind, Task, TaskStep
from holdspace.care.owed import OUTCOMES, URGENT_TASKS
from holdspace.care.shipped import shipped_scale
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.web import names_of
from holdspace.people.access import May
from holdspace.people.guard import patient_or_404, requires
from holdspace.people.models import Membership, Patient
from holdspace.people.on_call import on_call


@requires(May.SEE_TASKS)
def tasks(request: HttpRequest) -> HttpResponse:
    """Open tasks of the clinic, the most overdue first; mine before others'."""
    actor, now = request.actor, request.now
    rows = Task.objects.of(actor.clinic).select_related(
        "patient", "owner__user", "escalates_to__user"
    )
    seen = Patient.objects.visible_to(actor, now)
    mine = Q(owner=actor) | Q(escalates_to=actor)
    rows = rows.filter(mine | Q(patient__isnull=True) | Q(patient__in=seen))
    actions.escalate_due(now)
    show = request.GET.get("show", "mine")
    if show == "closed":
        rows = rows.filter(closed_at__isnull=False).order_by("-closed_at")
    else:
        rows = rows.filter(closed_at__isnull=True).order_by("due_at")
        if show == "mine":
            rows = rows.filter(Q(owner=actor) | Q(escalates_to=actor, escalates_at__lte=now))
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    reads = actor.may(May.READ_CLINICAL_HOLD_REASON, now)
    return render(
        request,
        "care/tasks.html",
        {
            "page": page,
            "show": show,
            "now": now,
            "reads": reads,
            "on_call_now": on_call(actor.clinic, now),
        },
    )


def _task(request: HttpRequest, task_id: UUID, now: datetime) -> Task:
    actor = request.actor
    task = (
        Task.objects.of(actor.clinic).filter(pk=task_id).select_related("patient", "course").first()
    )
    mine = task is not None and (
        actor.id == task.escalates_to_id or actions.holds_task(task, actor, now)
    )
    if task is None or not (mine or actor.may(May.READ_CLINICAL_HOLD_REASON, now)):
        raise Http404
    if not mine and task.patient_id:
        patient_or_404(request, task.patient_id)  # a restricted file stays with its team
    return task


@requires(May.SEE_TASKS)
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task: reading it is recorded; closing it needs its outcome."""
    actor, now = request.actor, request.now
    found = _task(request, task_id, now)
    if request.method == "GET":
        found = actions.read_task(task=found, by=actor, now=now)
    urgent = found.kind in URGENT_TASKS
    form = TaskOutcomeForm(request.POST if "close" in request.POST else None, urgent=urgent)
    later = NotReachedForm(request.POST if "not_reached" in request.POST else None)
    if form.is_valid() and _done(
        form, lambda: actions.close_task(task=found, by=actor, now=now, **form.cleaned_data)
    ):
        messages.success(request, _("The task is closed."))
        return redirect("care:tasks")
    if later.is_valid() and _done(
        later, lambda: actions.could_not_reach(task=found, by=actor, now=now, **later.cleaned_data)
    ):
        messages.success(request, _("Kept. The task stays open until the next attempt."))
        return redirect("care:tasks")
    added = AddedForm(request.POST if "add" in request.POST else None, auto_id="add-%s")
    if added.is_valid() and _done(
        added,
        lambda: actions.add_to_closed_task(
            task=found, words=added.cleaned_data["outcome"], by=actor, now=now
        ),
    ):
        messages.success(request, _("Added. The outcome stays as it was."))
        return redirect("care:task", task_id)
    found.refresh_from_db()  # it may have been closed while this page was open, or just now
    late = found.closed_at is not None and not added.is_bound and bool(request.POST)
    context = {
        "task": found,
        "form": form,
        "later_form": later,
        "add_form": _words_of(form, later) if late else added,
        "late": late,
        "chosen": _chosen(form, later) if late else "",
        "ended": OUTCOMES.get(found.outcome_code, ""),
        "owner_form": TaskOwnerForm(staff=_colleagues(actor, now)),
        "now": now,
        "urgent": urgent,
        "asked": _asked(found),
        "answer": _answer(found, request),
        "steps": _steps(found, request),
    }
    return render(request, "care/task.html", context, status=409 if late else 200)


def _words_of(form: forms.Form, later: forms.Form) -> AddedForm:
    """The box in which words may still be added, with what was typed into a form that came late."""
    sent = form["outcome"] if form.is_bound else later["words"]
    return AddedForm(initial={"outcome": sent.value()}, auto_id="add-%s")


def _chosen(form: forms.Form, later: forms.Form) -> str:
    """What a form that came late said beside its words."""
    sent = form if form.is_bound else later
    names = [name for name in ("code", "next_at") if name in sent.fields]
    said = [(sent[name].label, sent[name].value() or "") for name in names]
    return "; ".join(f"{label}: {OUTCOMES.get(value, value)}" for label, value in said if value)


def _done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether it was accepted; if not, what was wrong stands beside what was typed."""
    try:
        act()
    except actions.WrongInput as wrong:
        say_wrong(form, wrong)
        return False
    return True


def _steps(task: Task, request: HttpRequest) -> list[TaskStep]:
    """Who had it and what they did; the words of an answer for those who may read the chart."""
    steps = list(task.steps.select_related("by__user", "to__user").order_by("recorded_at", "id"))
    if not request.actor.may(May.READ_CHART, request.now):
        for step in steps:
            step.words = None
    return steps


def _asked(task: Task) -> object | None:
    """The enquiry that this task answers: the person's own words, for whoever calls them."""
    if not task.patient or not task.about or not task.kind.startswith("enquiry"):
        return None
    return task.patient.enquiries.filter(pk=task.about).first()


def _answer(task: Task, request: HttpRequest) -> dict[str, object] | None:
    """What opened the task, as the record has it, for those who may read the chart."""
    if not task.about or not task.course_id or not request.actor.may(May.READ_CHART, request.now):
        return None
    patient_or_404(request, task.patient_id)
    event = Event.objects.filter(course=task.course_id, pk=task.about).first()
    if event is None or not event.body:
        return None
    happened = decoded(event)
    line = telling.line(happened, names_of(task.clinic_id, [happened.by]))
    said = happened.body if event.kind == EventKind.QUESTIONNAIRE_ANSWERED else None
    return {
        "line": line,
        "items": _items(said) if said else (),
        "comment": said.comment if said else "",
    }


def _items(said: QuestionnaireAnswered) -> list[tuple[str, str]]:
    """Each question in its own words with what was answered."""
    asked = {item.code: item for item in shipped_scale(said.instrument).items}
    shown = []
    for answer in said.answers:
        item = asked[answer.item]
        word = next((o.words for o in item.options if o.score == answer.score), "")
        shown.append((item.heading, _("declined") if answer.declined else word))
    return shown


@require_POST
@requires(May.SEE_TASKS)
def hand_over(request: HttpRequest, task_id: UUID) -> HttpResponse:
    actor, now = request.actor, request.now
    found = _task(request, task_id, now)
    form = TaskOwnerForm(request.POST, staff=_colleagues(actor, now))
    if form.is_valid():
        to = Membership.objects.get(clinic=actor.clinic, pk=form.cleaned_data["to"])
        try:
            actions.hand_over_task(task=found, to=to, by=actor, now=now)
        except actions.WrongInput as wrong:
            messages.error(request, in_words(wrong))
            return redirect("care:task", task_id)
        messages.success(request, _("%(name)s owns this task now.") % {"name": to.name})
        return redirect("care:tasks")
    messages.error(request, _("Choose who takes the task over."))
    return redirect("care:task", task_id)


def _colleagues(actor: Membership, now: datetime) -> list[tuple[str, str]]:
    members = Membership.objects.filter(clinic=actor.clinic).select_related("user")
    members = members.prefetch_related("grants").order_by("user__name")
    return [(str(m.id), m.signed_name) for m in members if m.may(May.SEE_TASKS, now)]


@require_http_methods(["GET", "POST"])
@requires()
def drafts(request: HttpRequest) -> HttpResponse:
    """Keep, give back or forget one form's text, for the person who typed it."""
    actor, now = request.actor, request.now
    if request.method == "GET":
        mine = Draft.objects.filter(user=request.user, clinic=actor.clinic)
        draft = mine.filter(key=request.GET.get("key", "")).first()
        data = actions.draft_data(draft, actor) if draft else None
        if draft is None or data is None:
            return HttpResponse(status=204)
        return JsonResponse(
            {
                "key": draft.key,
                "data": data,
                "saved_at": draft.saved_at.isoformat(),
            }
        )
    try:
        sent = json.loads(request.body)
        key, data = sent["key"], sent["data"]
        if not isinstance(key, str) or not (data is None or isinstance(data, dict)):
            raise TypeError("A draft is one form's fields under one key.")
        if data is None:
            actions.discard_draft(key=key, by=actor)
        else:
            actions.save_draft(key=key, data=data, by=actor, now=now)
    except (ValueError, KeyError, TypeError) as wrong:
        accepted = '{"key": text, "data": the form\'s fields or null}'
        return JsonResponse({"error": str(wrong), "accepted": accepted}, status=400)
    return JsonResponse({"saved_at": now.isoformat()})
