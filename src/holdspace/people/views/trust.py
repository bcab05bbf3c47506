"""Who saw what, whether the record still verifies, and emergency access with its review."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.forms import AccessLogForm, EmergencyForm, EmergencyReviewForm
from holdspace.people.guard import actor_or_404, log_list, requires
from holdspace.people.models import EmergencyAccess, Membership, Patient
from holdspace.people.staff import staff_of
from holdspace.people.views.common import attempt
from holdspace.records.models import AccessEvent, AccessWhat
from holdspace.records.verify import verify

PAGE = 50
TOGETHER = timedelta(minutes=10)  # looks this close are one line with their number


@require_http_methods(["GET"])
@requires(May.SEE_ACCESS_LOG)
def access_log(request: HttpRequest) -> HttpResponse:
    """Who saw whose record, newest first; nothing here changes anything."""
    actor = actor_or_404(request)
    members = list(staff_of(actor.clinic).order_by("user__name"))
    form = AccessLogForm(request.GET or None, members=members)
    found = AccessEvent.objects.filter(clinic_id=actor.clinic_id).order_by("-at", "-id")
    if form.is_valid():
        found = _filtered(found, actor, form.cleaned_data)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    events = list(page)  # read before this look adds its own line
    log_list(request, AccessWhat.RECORD_VIEW, f"access log, {page.paginator.count} lines")
    people = Patient.objects.filter(clinic_id=actor.clinic_id).in_bulk(
        {e.patient_id for e in events if e.patient_id}
    )
    names: dict[UUID | None, str] = {m.pk: m.signed_name for m in members}
    words = dict(AccessWhat.choices)
    rows = [
        {
            "event": e,
            "until": last.at if (last := group[-1]).at != e.at else None,
            "times": len(group),
            "where": where(e.detail),
            "who": names.get(e.membership_id) or e.user_label or "—",
            "person": people.get(e.patient_id) if e.patient_id else None,
            "what": words.get(e.what, e.what),
        }
        for group in _grouped(events)
        for e in group[:1]
    ]
    context = {"form": form, "rows": rows, "page": page, "may_verify": actor.may(May.VERIFY_RECORD)}
    return render(request, "people/access_log.html", context)


# Where in the house, by the first parts of the address, in the words of its pages.
PLACES = (
    ("/chart/course/", _lazy("the course")),
    ("/chart/document/", _lazy("a signed document")),
    ("/chart/decision/", _lazy("an answer of a door")),
    ("/chart/strike/", _lazy("the correction of an entry")),
    ("/chart/tasks/", _lazy("a task")),
    ("/chart/", _lazy("the chart")),
    ("/assessment/", _lazy("the assessment")),
    ("/preparation/", _lazy("the preparation")),
    ("/medicine/readiness/", _lazy("the readiness check")),
    ("/medicine/session/", _lazy("the session screen")),
    ("/medicine/", _lazy("the day board")),
    ("/integration/", _lazy("the integration")),
    ("/people/", _lazy("the contact page")),
    ("/register/", _lazy("the register")),
    ("/enquiries/", _lazy("the enquiries")),
    ("/schedule/", _lazy("the schedule")),
)


def where(detail: str) -> str:
    """An address in words; what is no address is in words already."""
    return next((str(words) for start, words in PLACES if detail.startswith(start)), detail)


def _grouped(events: list[AccessEvent]) -> list[list[AccessEvent]]:
    """One line for looks at the same page by the same person that follow each other closely."""
    groups: list[list[AccessEvent]] = []
    for e in events:
        last = groups[-1][-1] if groups else None
        same = last is not None and all(
            getattr(last, name) == getattr(e, name)
            for name in ("membership_id", "user_label", "patient_id", "what", "detail", "ip")
        )
        if last is not None and same and last.at - e.at <= TOGETHER:
            groups[-1].append(e)
        else:
            groups.append([e])
    return groups


@require_POST
@requires(May.VERIFY_RECORD)
def verify_record(request: HttpRequest) -> HttpResponse:
    """Read the whole record again, now, and say whether anything was changed."""
    report = verify()
    log_list(request, AccessWhat.RECORD_VIEW, "verified the record")
    return render(request, "people/verified.html", {"report": report})


@require_http_methods(["GET", "POST"])
@requires(May.USE_EMERGENCY_ACCESS)
def emergency(request: HttpRequest) -> HttpResponse:
    """Find a restricted file by the number on the wrist band or the whole birth date and name."""
    actor = actor_or_404(request)
    typed = request.POST.get("q", "").strip()
    found: list[Patient] = []
    if typed:
        everybody = Patient.objects.filter(clinic_id=actor.clinic_id).search(typed)
        found = list(everybody[:10])
        log_list(request, AccessWhat.CHART_SEARCH, f"emergency, {len(found)} found")
    return render(request, "people/emergency.html", {"found": found, "q": typed})


@require_http_methods(["GET", "POST"])
@requires(May.USE_EMERGENCY_ACCESS)
def emergency_open(request: HttpRequest, key: UUID) -> HttpResponse:
    """Open one restricted file for an hour: a reason, a signature, reading only."""
    actor = actor_or_404(request)
    person = Patient.objects.filter(pk=key, clinic_id=actor.clinic_id).first()
    if person is None:
        raise Http404
    form = EmergencyForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        assert form.signature is not None, "a valid signature form has signed"
        signature = form.signature
        opened = attempt(
            form,
            lambda: actions.open_emergency_access(
                patient=person,
                by=actor,
                reason=form.cleaned_data["reason"],
                signature=signature,
                now=request.now,  # type: ignore[attr-defined]
            ),
        )
        if opened:
            messages.success(request, _("Open for one hour, reading only. It will be reviewed."))
            return redirect("people:person", person.pk)
    context = {"form": form, "person": person, "signer": actor}
    return render(request, "people/emergency_open.html", context)


@require_http_methods(["GET", "POST"])
@requires(May.REVIEW_EMERGENCY_ACCESS)
def emergency_review(request: HttpRequest) -> HttpResponse:
    """The queue of emergency accesses to review, and those that were."""
    actor = actor_or_404(request)
    mine = EmergencyAccess.objects.filter(clinic_id=actor.clinic_id)
    mine = mine.select_related("membership__user", "patient", "reviewed_by__user")
    failed: EmergencyReviewForm | None = None
    failed_key = None
    if request.method == "POST":
        row = get_object_or_404(mine, pk=request.POST.get("access", ""))
        form = EmergencyReviewForm(request.POST)
        reviewed = None
        if form.is_valid():
            reviewed = attempt(
                form,
                lambda: actions.review_emergency_access(
                    access=row,
                    by=actor,
                    now=request.now,  # type: ignore[attr-defined]
                    **form.cleaned_data,
                ),
            )
        if reviewed:
            messages.success(request, _("Reviewed."))
            return redirect("people:emergency_review")
        failed, failed_key = form, row.pk
    rows = [
        {"access": a, "form": failed if failed_key == a.pk else EmergencyReviewForm()}
        for a in mine.filter(reviewed_at=None).order_by("started_at")
    ]
    done = mine.filter(reviewed_at__isnull=False).order_by("-reviewed_at")[:50]
    return render(request, "people/emergency_review.html", {"rows": rows, "done": done})


def _filtered(
    found: QuerySet[AccessEvent], actor: Membership, wanted: dict[str, Any]
) -> QuerySet[AccessEvent]:
    zone = actor.clinic.zone
    if wanted["person"]:
        people = Patient.objects.filter(
            clinic_id=actor.clinic_id, display_id__iexact=wanted["person"]
        )
        found = found.filter(patient_id__in=people.values("pk"))
    if wanted["member"]:
        found = found.filter(membership_id=wanted["member"])
    if wanted["since"]:
        found = found.filter(at__gte=datetime.combine(wanted["since"], time(), tzinfo=zone))
    if wanted["until"]:
        end = datetime.combine(wanted["until"] + timedelta(days=1), time(), tzinfo=zone)
        found = found.filter(at__lt=end)
    return found
