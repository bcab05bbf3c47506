"""Reading one form: which answers stand, which link works, and what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from holdspace.assessment.models import FormEnd, FormLink, FormRequest, How
from holdspace.care.events import QuestionnaireAnswered
from holdspace.care.facts import decoded
from holdspace.care.models import Course, Event, EventKind, Strike

TOKEN_CHARACTERS_MAX = 100


def standing_answers(request: FormRequest) -> tuple[dict[str, int], frozenset[str]]:
    """The answers that stand, by item, and the items that were declined: the newest of each."""
    newest = {answer.item: answer for answer in request.answers.order_by("number")}
    items = {code: a.option for code, a in newest.items() if a.option is not None}
    return items, frozenset(code for code, a in newest.items() if a.declined)


def newest_requests(course: Course) -> dict[tuple[str, str], FormRequest]:
    """What was asked for in a course by instrument and point, the newest of each."""
    rows = FormRequest.objects.filter(course=course, asked_again__isnull=True)
    return {(row.instrument, row.point): row for row in rows.select_related("end")}


def is_spent(request: FormRequest) -> bool:
    """Whether what answered it stands no more: it is as if nobody had asked yet."""
    end = FormEnd.objects.filter(request=request, how=How.FINISHED).select_related("event").first()
    if end is None or end.event is None:
        return False
    return end.event.body is None or Strike.objects.filter(struck_id=end.event_id).exists()


def form_behind(token: str, now: datetime) -> FormRequest | None:
    """The open form that a link leads to. Unknown, expired, replaced and used look the same."""
    if not 0 < len(token) <= TOKEN_CHARACTERS_MAX:
        return None
    digest = sha256(token.encode()).hexdigest()
    link = FormLink.objects.filter(digest=digest).first()
    if link is None or link.expires_at <= now:
        return None
    newest = FormLink.objects.filter(request_id=link.request_id).order_by("-number").first()
    if newest is None or newest.pk != link.pk or _ended(link.request_id):
        return None
    return FormRequest.objects.select_related("clinic", "course__protocol").get(pk=link.request_id)


def _ended(request_id: object) -> bool:
    return FormEnd.objects.filter(request_id=request_id).exists()


def expires_at(request: FormRequest) -> datetime | None:
    """Until when the newest link to this form works."""
    newest = request.links.order_by("-number").first()
    return newest.expires_at if newest else None


@dataclass(frozen=True, slots=True)
class Kept:
    """One form that was filled in: its event, what it holds, and whether it was struck."""

    event: Event
    body: QuestionnaireAnswered
    struck: bool

    @property
    def is_late(self) -> bool:
        """Copied from paper: it was filled in before it was entered."""
        return self.event.at < self.event.recorded_at


def kept_forms(course: Course) -> list[Kept]:
    """Every form of the course that was filled in, oldest first, struck ones marked."""
    struck = set(course.strikes.values_list("struck_id", flat=True))
    rows = course.events.filter(kind=EventKind.QUESTIONNAIRE_ANSWERED, body__isnull=False)
    rows = rows.select_related("by__user").order_by("at", "recorded_at", "id")
    return [Kept(row, decoded(row).body, row.id in struck) for row in rows]
