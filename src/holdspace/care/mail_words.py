"""Everything that may be written to anybody outside the house: a closed list of neutral texts.

No health content, no name of a form, no name of the person. `tests/rooms/care/test_messages.py`
searches each of them for the words of `core/neutral.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care.models import Message

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Template:
    """One text. `urgent` is never held by quiet hours and is tried again sooner."""

    key: str
    label: Words
    body: Words
    to_staff: bool = False
    urgent: bool = False
    links: bool = False
    lasts: timedelta = timedelta(days=3)


_ALL = (
    Template(
        "form_ready",
        gettext_lazy("a form is ready"),
        gettext_lazy(
            "Hello.\n\nThere is a short form for you. Please open it at a quiet moment:"
            "\n\n%(link)s\n\nThe link works for a short time."
        ),
        links=True,
    ),
    Template(
        "form_again",
        gettext_lazy("a form is still open"),
        gettext_lazy(
            "Hello.\n\nThe short form is still open. If you can, please fill it in:"
            "\n\n%(link)s\n\nThe link works for a short time; earlier links have ended."
        ),
        links=True,
    ),
    Template(
        "please_call",
        gettext_lazy("please call us"),
        gettext_lazy("Hello.\n\nPlease call us when it suits you."),
    ),
    Template(
        "task_waiting",
        gettext_lazy("a task waits for you"),
        gettext_lazy("A task waits for you. Sign in to read it:\n\n%(link)s"),
        to_staff=True,
        links=True,
    ),
    Template(
        "task_now",
        gettext_lazy("a task that cannot wait"),
        gettext_lazy("A task needs you now. Sign in and read it at once:\n\n%(link)s"),
        to_staff=True,
        urgent=True,
        links=True,
        lasts=timedelta(hours=24),
    ),
)
TEMPLATES: dict[str, Template] = {template.key: template for template in _ALL}


class CannotLink(Exception):
    """A link cannot be made: not before `until`, or (None) never any more."""

    def __init__(self, why: str, until: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.until = why, until


# How a link is made while the message is sent, by template; the room that owns the page says how.
LinkMaker = Callable[[Message, datetime], str]
LINK_MAKERS: dict[str, LinkMaker] = {}


def link_maker(*templates: str) -> Callable[[LinkMaker], LinkMaker]:
    """Register who makes the links of these templates, called inside a transaction."""

    def register(maker: LinkMaker) -> LinkMaker:
        LINK_MAKERS.update(dict.fromkeys(templates, maker))
        return maker

    return register


def subject(sender: str) -> str:
    return _("A message from %(sender)s") % {"sender": sender} if sender else _("A message for you")


def body(template: Template, *, link: str, phone: str, stop: str) -> str:
    """The whole text: what it is about in neutral words, whom to call, and how to end it."""
    parts = [str(template.body) % {"link": link}]
    if not template.to_staff:
        if phone:
            parts.append(_("You can also call us: %(phone)s.") % {"phone": phone})
        parts.append(_("Please do not answer this e-mail: nobody reads answers to it."))
        parts.append(_("To get no more e-mails from us:") + f"\n{stop}")
    return "\n\n".join(parts) + "\n"
