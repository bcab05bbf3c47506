"""What was written to whom, and how each may be reached: the pages of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdspace.care import actions, mail
from holdspace.care.mail_words import TEMPLATES
from holdspace.care.models import Channel, ContactWish, MailChoice, Message, Task
from holdspace.care.typed import in_words
from holdspace.core.quiet import Quiet
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, log_list, patient_or_404, requires
from holdspace.people.models import Patient, SafeContact
from holdspace.people.signing import Refused
from holdspace.records.models import AccessWhat

State = Message.State
PAGE = 50
WAITING = (State.QUEUED, State.FAILED, State.SENDING)
NOT_ARRIVED = (State.GIVEN_UP, State.BY_PHONE, State.HELD)
SHOWN: dict[str, tuple[str, ...]] = {
    "waiting": WAITING,
    "sent": (State.SENT,),
    "not-arrived": NOT_ARRIVED,
    "cancelled": (State.CANCELLED,),
}
TABS = (
    ("all", gettext_lazy("All")),
    ("waiting", gettext_lazy("Waiting")),
    ("sent", gettext_lazy("Sent")),
    ("not-arrived", gettext_lazy("Not sent: call")),
    ("cancelled", gettext_lazy("Cancelled")),
)


@require_GET
@requires(May.KEEP_MESSAGES)
def outbox(request: HttpRequest) -> HttpResponse:
    """Every message, the newest first: when, to whom, which neutral text, and what came of it."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    show = request.GET.get("show", "all")
    rows = _rows(request).order_by("-queued_at", "-id")
    if show in SHOWN:
        rows = rows.filter(state__in=SHOWN[show])
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    log_list(request, AccessWhat.PEOPLE_LIST, f"messages: {page.paginator.count} found")
    why_not = actions.why_not_again(row for row in page if row.state not in WAITING)
    context = {
        "page": page,
        "rows": [_shown(row, why_not, now) for row in page],
        "calls": _calls(page, now),
        "tabs": TABS,
        "show": show,
        "trouble": mail.trouble(),
        "sees_people": actor.may(May.SEE_PEOPLE_LIST, now),
        "now": now,
    }
    return render(request, "care/messages.html", context)


def _rows(request: HttpRequest) -> QuerySet[Message]:
    """The clinic's messages; of a restricted file only to whoever may see its contact page."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    rows = Message.objects.of(actor.clinic).select_related("patient", "member__user", "clinic")
    if not actor.may(May.SEE_PEOPLE_LIST, now):
        return rows  # such an actor sees numbers and no names
    seen = Patient.objects.visible_to(actor, now)
    return rows.filter(Q(patient__isnull=True) | Q(patient__in=seen))


def _shown(row: Message, why_not: dict[UUID, str], now: datetime) -> dict[str, Any]:
    words = TEMPLATES.get(row.template)
    return {
        "row": row,
        "template": words.label if words else row.template,
        "is_quiet": row.state == State.QUEUED and row.next_at > now and row.tries == 0,
        "why": mail.in_words(row.last_error),
        "may_cancel": row.state in actions.CANCELLED_FROM,
        "may_resend": row.state not in WAITING and row.pk not in why_not,
        "why_not": why_not.get(row.pk, ""),
    }


def _calls(rows: Any, now: datetime) -> dict[UUID, Task]:
    """The open task about each message that did not arrive: its own, or its person's."""
    lost = [row for row in rows if row.state in NOT_ARRIVED]
    people = {row.patient_id for row in lost if row.patient_id}
    found = Task.objects.filter(
        Q(about__in=[row.pk for row in lost]) | Q(patient__in=people),
        kind=actions.CALL_TASK, closed_at=None,
    ).select_related("owner__user")  # fmt: skip
    by_message = {task.about: task for task in found}
    by_person = {task.patient_id: task for task in found if task.patient_id}
    tasks = {row.pk: by_message.get(row.pk) or by_person.get(row.patient_id) for row in lost}
    return {key: task for key, task in tasks.items() if task is not None}


@require_POST
@requires(May.KEEP_MESSAGES)
def change(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Cancel a message that waits, or send one again that has ended."""
    row = _rows(request).filter(pk=message_id).first()
    verbs = {"cancel": actions.cancel_message, "again": actions.send_again}
    verb = verbs.get(request.POST.get("act", ""))
    if row is None or verb is None:
        raise Http404
    try:
        done = verb(message=row, by=actor_or_404(request), now=request.now)  # type: ignore[attr-defined]
    except actions.WrongInput as wrong:
        messages.error(request, in_words(wrong))
    else:
        messages.success(request, _("Message: %s.") % done.get_state_display())
    return redirect("care:messages")


# --- what a member of staff gets ------------------------------------------------------------------


class StaffMailForm(forms.Form):
    """What can wait is a choice; a call in danger is none, and the page says so."""

    wants_tasks = forms.BooleanField(
        label=gettext_lazy("Write to me when a task waits for me"), required=False
    )
    own_hours = forms.BooleanField(
        label=gettext_lazy("I have quiet hours of my own"), required=False
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Nothing from"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )  # fmt: skip
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("own_hours"):
            for name in ("quiet_from", "quiet_until"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("A time, such as 20:00."))
        return data


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What I get by mail, and when; everybody who works here has this page."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    chosen = actions.staff_mail(actor)
    initial = {
        "wants_tasks": chosen is None or chosen.wants_tasks,
        "own_hours": chosen is not None and chosen.quiet_from is not None,
        "quiet_from": chosen.quiet_from if chosen else None,
        "quiet_until": chosen.quiet_until if chosen else None,
    }
    form = StaffMailForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        own = Quiet(data["quiet_from"], data["quiet_until"]) if data["own_hours"] else None
        actions.choose_staff_mail(wants_tasks=data["wants_tasks"], quiet=own, by=actor, now=now)
        messages.success(request, _("Kept. It holds from now on."))
        return redirect("care:my_mail")
    context = {"form": form, "clinic": actor.clinic, "chosen": chosen, "address": actor.user.email}
    return render(request, "care/my_mail.html", context)


# --- how a person may be reached ------------------------------------------------------------------

SAID_BY = (
    ("the person, here", gettext_lazy("the person, here")),
    ("the person, by telephone", gettext_lazy("the person, by telephone")),
    ("the person, in writing", gettext_lazy("the person, in writing")),
    ("somebody for the person, who agreed", gettext_lazy("somebody for them, who agreed")),
)


class ReachForm(forms.Form):
    """Each channel, the safe way and the words about it, and who said so.

    `seen` is the mark of what the page showed when it was opened.
    """

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("May be used"), choices=Channel.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A channel without a tick is not used, whatever is urgent or not."),
    )  # fmt: skip
    safe_contact = forms.ChoiceField(
        label=gettext_lazy("The safe way"), required=False,
        choices=[("", gettext_lazy("not asked yet")), *SafeContact.choices],
        help_text=gettext_lazy("Messages go out by e-mail only where this is e-mail."),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("In their words"), max_length=200, required=False,
        help_text=gettext_lazy("For example: no voicemail; not on Sundays; say “the office”."),
    )  # fmt: skip
    said_by = forms.ChoiceField(
        label=gettext_lazy("Said by"), choices=[("", "---------"), *SAID_BY]
    )


@require_http_methods(["GET", "POST"])
@requires(May.SEE_PEOPLE_LIST)
def reach(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """How this person may be reached, who said so and when; the desk changes it."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    needs = May.EDIT_PERSON if request.method == "POST" else May.SEE_PEOPLE_LIST
    patient = patient_or_404(request, patient_id, may=needs, detail="how to reach them")
    held = actions.choices_of(patient)
    initial = {
        "seen": actions.mark_of(patient, held),
        "wanted": _wanted(held),
        "safe_contact": patient.safe_contact,
        "words": patient.safe_contact_note,
    }
    form = ReachForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            actions.say_how_to_reach(
                patient=patient, wanted=[Channel(c) for c in data["wanted"]],
                safe_contact=data["safe_contact"], words=data["words"], said_by=data["said_by"],
                seen=data["seen"], by=actor, now=now,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, refused.message)
        except actions.WrongInput as wrong:
            return _overtaken(request, patient, form, wrong)
        else:
            messages.success(request, _("Kept, with who said so."))
            return redirect("care:reach", patient.pk)
    return _reach_page(request, patient, form, held)


def _wanted(held: dict[Channel, MailChoice]) -> list[str]:
    return [c.value for c in Channel if c not in held or held[c].wants]


def _overtaken(
    request: HttpRequest, patient: Patient, form: ReachForm, wrong: actions.WrongInput
) -> HttpResponse:
    """The ticks and the safe way as they hold now; what was typed, and who said it, stays."""
    patient = Patient.objects.select_related("clinic").get(pk=patient.pk)
    held = actions.choices_of(patient)
    data = form.data.copy()
    data["seen"], data["safe_contact"] = actions.mark_of(patient, held), patient.safe_contact
    data.setlist("wanted", _wanted(held))
    again = ReachForm(data)
    again.add_error(
        wrong.field if wrong.field in again.fields else None,
        in_words(wrong),
    )
    return _reach_page(request, patient, again, held)


def _reach_page(
    request: HttpRequest, patient: Patient, form: ReachForm, held: dict[Channel, MailChoice]
) -> HttpResponse:
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    context = {
        "patient": patient,
        "form": form,
        "channels": [(c, held.get(c)) for c in Channel],
        "wishes": ContactWish.objects.of(actor.clinic)
        .filter(patient=patient)
        .order_by("-recorded_at")[:20],
        "history": MailChoice.objects.of(actor.clinic)
        .filter(patient=patient)
        .select_related("by__user")
        .order_by("-recorded_at")[:50],
        "may_edit": actor.may(May.EDIT_PERSON, now),
    }
    return render(request, "care/reach.html", context)
