"""The front door: straight answers, a short self-referral, and a kind way on for everybody."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from holdspace.care.actions import WrongInput
from holdspace.care.models import Task
from holdspace.core.course import full_years
from holdspace.people.access import May
from holdspace.people.guard import log_list, requires
from holdspace.people.limit import too_many
from holdspace.people.models import Clinic, Patient
from holdspace.people.states import STATES
from holdspace.records.models import AccessWhat
from holdspace.welcome import actions
from holdspace.welcome.forms import STEPS, BirthDateForm, CallForm
from holdspace.welcome.models import Enquiry

SESSION_KEY = "get_started"
ADULT_YEARS = 18
ENQUIRIES_AN_HOUR = 10
PAGE = 20
# Where a member of staff begins, by the first of these that they may see.
FIRST_PLACES = (
    (May.SEE_SCHEDULE, "/medicine/"),
    (May.SEE_REGISTER, "/register/"),
    (May.SEE_STAFF, "/people/staff/"),
)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Straight answers for a visitor; staff go to where their day begins."""
    actor = getattr(request, "actor", None)
    if actor is not None:
        for may, place in FIRST_PLACES:
            if actor.may(may, request.now):
                return redirect(place)
    clinic = _clinic(request)
    states = [STATES[code] for code in _states(clinic)] if clinic else []
    return render(request, "welcome/home.html", {"clinic": clinic, "states": states})


@login_not_required
@never_cache
@require_safe
def get_started(request: HttpRequest) -> HttpResponse:
    """The first question that is still open; on an install of several clinics, which clinic."""
    clinic = _clinic(request)
    if clinic is None:
        clinics = Clinic.objects.order_by("name")
        return render(request, "welcome/which_clinic.html", {"clinics": clinics})
    if actions.reader_of(clinic, request.now) is None:
        return render(request, "welcome/nobody_yet.html", {"clinic": clinic})
    answers = _answers(request)
    still_open = next((key for key in STEPS if key not in answers), "safe")
    return redirect("welcome:step", still_open)


@login_not_required
@never_cache
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One question. Every answer is kept in this browser's session until the end."""
    clinic = _clinic(request)
    if step not in STEPS:
        raise Http404
    if clinic is None:
        return redirect("welcome:get_started")
    answers = _answers(request)
    keys = list(STEPS)
    first_open = next((key for key in keys if key not in answers), keys[-1])
    if keys.index(step) > keys.index(first_open):
        return redirect("welcome:step", first_open)
    form = _form(request, clinic, step, answers)
    if request.method == "POST" and form.is_valid():
        answers[step] = {name: str(value) for name, value in form.cleaned_data.items()}
        _keep(request, answers)
        return _onward(request, clinic, step, answers)
    context = {
        "clinic": clinic,
        "form": form,
        "step": step,
        "number": keys.index(step) + 1,
        "of": len(keys),
        "steps": [(key, key in answers or key == step) for key in keys],
        "back": keys[keys.index(step) - 1] if step != keys[0] else "",
        "last": step == keys[-1],
    }
    return render(request, "welcome/step.html", context)


@login_not_required
@never_cache
def not_here(request: HttpRequest) -> HttpResponse:
    """Not for you, and here is where to turn. Nothing was kept; an answer may be changed."""
    clinic = _clinic(request)
    if clinic is None:
        return redirect("welcome:get_started")
    reason = _not_here(clinic, _answers(request), request)
    if not reason:
        return redirect("welcome:get_started")
    states = [STATES[code] for code in _states(clinic)]
    context = {"clinic": clinic, "reason": reason, "states": states}
    return render(request, "welcome/not_here.html", context)


@login_not_required
@never_cache
def help_now(request: HttpRequest) -> HttpResponse:
    """Help first; a person calls only after a yes, and only then is anything kept."""
    clinic, answers = _clinic(request), _answers(request)
    if clinic is None or not _complete(answers):
        return redirect("welcome:get_started")
    known = {"phone": answers["contact"]["phone"]}
    says_no = request.method == "POST" and request.POST.get("call") != "yes"
    says_yes = request.method == "POST" and not says_no
    form = CallForm(request.POST if says_yes else None, initial=known)
    if says_yes and form.is_valid():
        answers["contact"] = {**answers["contact"], **form.cleaned_data}
        return _receive(request, clinic, answers, call_now=True)
    context = {"clinic": clinic, "form": form, "says_no": says_no}
    return render(request, "welcome/help_now.html", context)


@login_not_required
@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Who reads it, and until when there is an answer."""
    clinic = _clinic(request)
    sent = request.session.get(f"{SESSION_KEY}_sent")
    if clinic is None or not sent:
        return redirect("welcome:get_started")
    enquiry = Enquiry.objects.filter(clinic=clinic, pk=sent).first()
    if enquiry is None:
        return redirect("welcome:get_started")
    context = {"clinic": clinic, "enquiry": enquiry, "answer_by": enquiry.answer_by}
    with timezone.override(clinic.zone):
        return render(request, "welcome/thank_you.html", context)


@requires(May.OPEN_ENQUIRY, May.READ_CHART)
@require_safe
def enquiries(request: HttpRequest) -> HttpResponse:
    """What came in, the newest first, each with its person and who answers it."""
    actor, now = request.actor, request.now
    visible = Patient.objects.visible_to(actor, now)
    rows = Enquiry.objects.filter(clinic=actor.clinic, patient__in=visible)
    page = Paginator(rows.select_related("patient").order_by("-recorded_at"), PAGE).get_page(
        request.GET.get("page")
    )
    log_list(request, AccessWhat.PEOPLE_LIST, "enquiries")
    tasks = Task.objects.of(actor.clinic).filter(about__in=[row.id for row in page])
    owed = {task.about: task for task in tasks.select_related("owner__user")}
    shown = [{"enquiry": row, "task": owed.get(row.id)} for row in page]
    return render(request, "welcome/enquiries.html", {"rows": shown, "page": page, "now": now})


# --- what the views share -------------------------------------------------------------------------


def _clinic(request: HttpRequest) -> Clinic | None:
    """The clinic named in the address or chosen before, else the only one there is."""
    wanted = request.GET.get("clinic") or request.session.get(f"{SESSION_KEY}_clinic", "")
    found = None
    if wanted:
        try:
            found = Clinic.objects.filter(pk=UUID(str(wanted))).first()
        except ValueError:
            found = None
    if found is None:
        every = list(Clinic.objects.all()[:2])
        found = every[0] if len(every) == 1 else None
    elif request.session.get(f"{SESSION_KEY}_clinic") != str(found.pk):
        request.session[f"{SESSION_KEY}_clinic"] = str(found.pk)
        request.session.pop(SESSION_KEY, None)
    request.clinic = found  # type: ignore[attr-defined]  # the frame shows its name and its lines
    return found


def _states(clinic: Clinic) -> list[str]:
    return sorted(set(clinic.sites.values_list("state", flat=True)) & set(STATES))


def _answers(request: HttpRequest) -> dict[str, dict[str, str]]:
    return dict(request.session.get(SESSION_KEY, {}))


def _keep(request: HttpRequest, answers: dict[str, dict[str, str]]) -> None:
    request.session[SESSION_KEY] = answers


def _complete(answers: dict[str, dict[str, str]]) -> bool:
    return all(key in answers for key in STEPS)


def _form(
    request: HttpRequest, clinic: Clinic, step: str, answers: dict[str, dict[str, str]]
) -> Any:
    kind = STEPS[step]
    more = {"today": clinic.day(request.now)} if kind is BirthDateForm else {}
    # An answer about safety is asked afresh each time; the others are still there on the way back.
    initial = {} if step == "safe" else answers.get(step, {})
    return kind(request.POST if request.method == "POST" else None, initial=initial, **more)


def _not_here(clinic: Clinic, answers: dict[str, dict[str, str]], request: HttpRequest) -> str:
    """Why this clinic is not the place: "age", "state", or nothing."""
    born = answers.get("born", {}).get("birth_date")
    today = clinic.day(request.now)
    if born and full_years(date.fromisoformat(born), today) < ADULT_YEARS:
        return "age"
    state = answers.get("state", {}).get("state")
    return "state" if state and state not in _states(clinic) else ""


def _onward(
    request: HttpRequest, clinic: Clinic, step: str, answers: dict[str, dict[str, str]]
) -> HttpResponse:
    if _not_here(clinic, answers, request):
        return redirect("welcome:not_here")
    if step != "safe":
        keys = list(STEPS)
        return redirect("welcome:step", keys[keys.index(step) + 1])
    if answers["safe"]["danger"] == "yes":
        return redirect("welcome:help_now")
    return _receive(request, clinic, answers, call_now=False)


def _receive(
    request: HttpRequest, clinic: Clinic, answers: dict[str, dict[str, str]], *, call_now: bool
) -> HttpResponse:
    if too_many("enquiries", request.META.get("REMOTE_ADDR", ""), ENQUIRIES_AN_HOUR):
        return render(request, "welcome/too_many.html", {"clinic": clinic}, status=429)
    contact = answers["contact"]
    referral = actions.SelfReferral(
        name=answers["name"]["name"],
        birth_date=date.fromisoformat(answers["born"]["birth_date"]),
        state=answers["state"]["state"],
        phone=contact["phone"],
        email=contact["email"],
        safe_contact=contact["safe_contact"],
        safe_contact_note=contact["safe_contact_note"],
        why=answers["why"]["why"],
        call_now=call_now,
    )
    try:
        received = actions.receive_enquiry(clinic=clinic, referral=referral, now=request.now)
    except WrongInput:
        return render(request, "welcome/nobody_yet.html", {"clinic": clinic})
    request.session.pop(SESSION_KEY, None)
    request.session[f"{SESSION_KEY}_sent"] = str(received.enquiry.pk)
    return redirect("welcome:thank_you")
