"""Every page knows whose clinic it is, who is signed in, what they may open, and whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care.owed import Owed, owed_now
from holdspace.medicine.called import of_member
from holdspace.people.models import Clinic

THEMES = ("light", "low-light")

# Shown where no clinic is known yet; a clinic's own lines stand in its row.
CRISIS_LINES = (
    {"number": "988", "label": gettext_lazy("Suicide and Crisis Lifeline"), "href": "tel:988"},
    {"number": "911", "label": gettext_lazy("Emergency"), "href": "tel:911"},
)

# The capability that opens each place; a place that the person may not see is not in their list.
PLACES = (
    ("see_schedule", "/medicine/", gettext_lazy("Today"), "clock"),
    ("see_people_list", "/people/", gettext_lazy("People"), "people"),
    ("open_enquiry", "/enquiries/", gettext_lazy("Enquiries"), "door"),
    ("see_schedule", "/schedule/", gettext_lazy("Schedule"), "calendar"),
    ("ask_to_fill", "/assessment/forms/", gettext_lazy("Forms"), "tasks"),
    ("keep_messages", "/chart/messages/", gettext_lazy("Messages"), "tasks"),
    ("see_register", "/register/", gettext_lazy("Register"), "register"),
    ("see_protocol", "/chart/protocol/", gettext_lazy("Protocol"), "protocol"),
    ("see_tasks", "/chart/tasks/", gettext_lazy("Tasks"), "tasks"),
    ("manage_site", "/people/staff/", gettext_lazy("Staff"), "people"),
    ("see_access_log", "/people/access-log/", gettext_lazy("Trust"), "trust"),
)


def ui(request: HttpRequest) -> dict[str, Any]:
    """What base.html draws around every page; nothing here reads a chart."""
    actor = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    clinic = getattr(actor, "clinic", None) or getattr(request, "clinic", None)
    signed_in = bool(user is not None and user.is_authenticated)
    if clinic is None and not signed_in and request.path.startswith("/accounts/"):
        clinic = the_only_clinic()
    theme = request.COOKIES.get("theme", "")
    held = actor.can if actor is not None else {}
    waiting = owed(request, actor) if held.get("see_tasks") else Owed()
    return {
        "actor": actor,
        "signed_in": signed_in,
        "demo": getattr(settings, "HOLDSPACE_DEMO", False) or getattr(clinic, "is_demo", False),
        "theme": theme if theme in THEMES else "",
        "crisis_lines": getattr(clinic, "crisis_lines", None) or CRISIS_LINES,
        "clinic_name": getattr(clinic, "name", "") or "Holdspace",
        "nav": nav(held, request.path, waiting.count),
        "safety_tasks": waiting.safety,
        "own_call": waiting.on_call,
        "room_calls": SimpleLazyObject(
            lambda: of_member(actor, request.now) if actor is not None else []  # type: ignore[attr-defined]
        ),
        "can_search": bool(held.get("see_people_list")),
        "person_name": person_name(actor, user) if signed_in else "",
        "person_roles": _(", ").join(str(word) for word in getattr(actor, "role_words", ())),
        "idle_seconds": getattr(request, "idle_seconds", 0) if signed_in else 0,
        "sign_in_url": named("account_login", "/accounts/login/"),
        "sign_out_url": named("account_logout", "/accounts/logout/"),
        "security_url": named("mfa_index", "/accounts/2fa/"),
    }


def owed(request: HttpRequest, actor: Any) -> Owed:
    """What waits for this person, asked once a page and not by a page that refreshes itself."""
    if request.headers.get("X-Background") == "1":
        return Owed()
    kept = getattr(request, "owed", None)
    if kept is None:
        kept = request.owed = owed_now(actor, request.now)  # type: ignore[attr-defined]
    return kept


def the_only_clinic() -> Clinic | None:
    """Whose door this is, when the install has one clinic; of several, none is named."""
    found = list(Clinic.objects.all()[:2])
    return found[0] if len(found) == 1 else None


def nav(held: Mapping[str, bool], path: str, tasks: int = 0) -> list[dict[str, Any]]:
    """The places this person may open; the longest address that fits is the current one.

    `tasks` is the number beside the tasks that are due now.
    """
    places = [place for place in PLACES if held.get(place[0])]
    here = max((href for _c, href, _l, _i in places if path.startswith(href)), key=len, default="")
    return [
        {
            "href": href,
            "label": label,
            "icon": icon,
            "current": href == here,
            "due": tasks if capability == "see_tasks" else 0,
        }
        for capability, href, label, icon in places
    ]


def person_name(actor: Any, user: Any) -> str:
    return getattr(actor, "signed_name", "") or getattr(user, "name", "") or str(user)


def named(name: str, otherwise: str) -> str:
    """The address of a named view, or the usual one while that view is not mounted."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return otherwise
