"""Every screen draws a decision, a number, a time and a form in the same one way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from holdspace.core.codes import Code
from holdspace.core.words import WORDS

register = template.Library()

SHEET = Path(__file__).parent.parent / "static" / "icons.svg"
ICONS = frozenset(re.findall(r'<symbol id="(\w+)"', SHEET.read_text()))

# By weight: what stops first, what passes last. A relieved finding is in a group of its own.
GROUPS: tuple[tuple[str, str, Any, Any], ...] = (
    ("fail", "stop", gettext_lazy("Not met"), gettext_lazy("Not met: this stops the next step")),
    ("unknown", "question", gettext_lazy("Not known"), gettext_lazy("Not known: measure or ask")),
    (
        "hold",
        "hold",
        gettext_lazy("Held"),
        gettext_lazy("Held until a plan is recorded"),
    ),
    ("waived", "waived", gettext_lazy("Waived"), gettext_lazy("Waived, with a signature")),
    ("note", "note", gettext_lazy("Note"), gettext_lazy("To know")),
    ("pass", "check", gettext_lazy("Met"), gettext_lazy("Met")),
)
VERDICT_ICON = {key: icon for key, icon, _word, _title in GROUPS}
VERDICT_WORD = {key: word for key, _icon, word, _title in GROUPS}

# The words of the journey are the words of docs/words.md; each has one tone everywhere.
TONES = {
    **dict.fromkeys(("enquiring", "assessing", "preparing", "integrating", "resting"), "quiet"),
    **dict.fromkeys(("cleared", "ready", "in session", "completed", "done", "signed"), "good"),
    **dict.fromkeys(("paused", "held", "overdue", "due", "missing", "awaiting"), "attention"),
    **dict.fromkeys(("declined here", "ended early", "refused", "stopped", "died"), "stop"),
    **dict.fromkeys(("transferred", "cancelled", "no-show", "expected", "not yet"), "ahead"),
}

LB_PER_KG = Decimal("2.20462")


def read(thing: Any, *names: str, default: Any = "") -> Any:
    """The first of `names` that a dict or an object has (None counts as absent)."""
    for name in names:
        if isinstance(thing, Mapping):
            value = thing.get(name)
        else:
            value = getattr(thing, name, None)
        if value is not None:
            return value
    return default


def current_time(context: Context) -> datetime:
    """The view's own `now`, so that a page tells one time throughout; else the clock."""
    request = context.get("request")
    return context.get("now") or getattr(request, "now", None) or timezone.now()


def words(value: Any) -> str:
    """A role or a list of roles as words: ("prescriber", "rn") -> "prescriber, rn"."""
    if isinstance(value, str):
        return value
    return ", ".join(str(each).replace("_", " ") for each in value or ())


# --- findings and decisions ----------------------------------------------------------------------


def finding_view(finding: Any) -> dict[str, Any]:
    """What the template needs of one finding, whether it is a core `Finding` or a dict."""
    verdict = str(read(finding, "verdict"))
    relief = read(finding, "relief", default=None)
    waived_by = read(finding, "waived_by") or (relief_words(relief) if relief else "")
    evidence = read(finding, "evidence")
    meaning = code_meaning(read(finding, "code"))
    passes = verdict in ("pass", "note")
    # A code's sentence says what is wrong, so what passed shows the code's neutral label instead.
    stated = read(meaning, "label" if passes else "sentence") or read(finding, "sentence")
    remedy = "" if passes else read(finding, "remedy") or read(meaning, "remedy")
    group = "waived" if waived_by and verdict in ("fail", "hold") else verdict
    return {
        "group": group,
        "icon": VERDICT_ICON.get(group, "question"),
        "word": VERDICT_WORD.get(group, VERDICT_WORD["unknown"]),
        "code": str(read(finding, "code")),
        "sentence": stated or evidence,
        "evidence": evidence if stated else "",
        "rule": read(finding, "rule"),
        "source": read(finding, "source"),
        "awaiting_signature": bool(read(finding, "awaiting_signature", default=False)),
        "who": who_may_answer(finding, verdict),
        "remedy": remedy,
        "remedy_href": read(finding, "remedy_href"),
        "remedy_label": read(finding, "remedy_label"),
        "ask_again_on": read(finding, "ask_again_on"),
        "waived_by": waived_by,
        "open": bool(read(finding, "limiting", default=False)),
    }


def code_meaning(code: Any) -> Any:
    """The label, sentence and remedy of a code of the core; None for a foreign code."""
    try:
        return WORDS[Code(str(code))]
    except (ValueError, KeyError):
        return None


def relief_words(relief: Any) -> str:
    """ "Dr Amara Osei with Jonah Reyes, 08:58, until 12:00: reason"."""
    second = read(relief, "second_by")
    by = (
        _("%(first)s with %(second)s") % {"first": relief.by, "second": second}
        if second
        else relief.by
    )
    return _("%(by)s, %(at)s, until %(until)s: %(reason)s") % {
        "by": by,
        "at": clock(relief.at),
        "until": day_clock(relief.expires_at),
        "reason": relief.reason,
    }


def who_may_answer(finding: Any, verdict: str) -> str:
    """Who may change a finding; a hard limit and a missing fact say plainly that nobody may."""
    if verdict in ("pass", "note"):
        return ""
    if verdict == "unknown":
        return _("Measure or ask: what is not known cannot be waived.")
    answerers = words(read(finding, "waivable_by", "relievable_by"))
    measured = read(finding, "value", default=None) is not None
    if read(finding, "hard", default=measured and not answerers):
        return _("Nobody: this limit is hard.")
    if not answerers:
        return ""  # what is missing is put right, not waived: the remedy says how
    if verdict == "hold":
        return _("A plan or clearance by: %(who)s") % {"who": answerers}
    return _("May be waived by: %(who)s") % {"who": answerers}


@register.inclusion_tag("components/findings.html")
def findings(items: Iterable[Any] | None) -> dict[str, Any]:
    """All findings of a decision, grouped by weight: the same list for yes and for no."""
    return _grouped([finding_view(item) for item in items or ()])


def _grouped(views: list[dict[str, Any]]) -> dict[str, Any]:
    groups = []
    for key, _icon, _word, title in GROUPS:
        members = [view for view in views if view["group"] == key]
        if members:
            groups.append({"key": key, "title": title, "findings": members})
    return {"groups": groups}


@register.inclusion_tag("components/decision.html")
def decision(item: Any) -> dict[str, Any]:
    """A headline yes or no, and under it every finding that led there."""
    items = list(read(item, "findings", default=()))
    views = [finding_view(each) for each in items]
    stops = [view for view in views if view["group"] in ("fail", "unknown", "hold")]
    allowed = bool(read(item, "allowed", default=False))
    hard_stop = any(view["group"] == "fail" for view in stops)
    return {
        "allowed": allowed,
        "tone": "yes" if allowed else "no" if hard_stop else "wait",
        "icon": "check" if allowed else "stop" if hard_stop else "hold",
        "headline": read(item, "headline")
        or (_("Yes, this may happen now") if allowed else _("Not now")),
        "stops": len(stops),
        "met": len(views) - len(stops),
        **_grouped(_with_first_opened(views, stops)),
        "decided_at": read(item, "decided_at", default=None),
        "protocol": read(item, "protocol"),
        "program_version": read(item, "program_version"),
        "preview": bool(read(item, "preview", default=False)),
    }


def _with_first_opened(
    views: list[dict[str, Any]], stops: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The most limiting finding shows its reason without a tap."""
    if stops and not any(view["open"] for view in views):
        min(stops, key=lambda view: list(VERDICT_WORD).index(view["group"]))["open"] = True
    return views


@register.inclusion_tag("components/journey.html")
def journey(phases: Iterable[Any]) -> dict[str, Any]:
    """The four phases on one line, each with its state in a word and what its doors still need."""
    return {"phases": [_phase(number, phase) for number, phase in enumerate(phases, 1)]}


def _phase(number: int, phase: Any) -> dict[str, Any]:
    state = str(read(phase, "state", default="ahead"))
    return {
        "number": number,
        "name": read(phase, "name"),
        "word": read(phase, "word"),
        "state": state,
        "icon": {"done": "check", "stopped": "stop"}.get(state, ""),
        "href": read(phase, "href"),
        "doors": [_door(door) for door in read(phase, "doors", default=())],
    }


def _door(door: Any) -> dict[str, Any]:
    verdict = str(read(door, "verdict", default="unknown"))
    needs = int(read(door, "needs", default=0))
    word = read(door, "word")
    if not word and needs:
        word = ngettext("needs %(n)d thing", "needs %(n)d things", needs) % {"n": needs}
    return {
        "name": read(door, "name"),
        "word": word or VERDICT_WORD.get(verdict, ""),
        "verdict": verdict,
        "icon": VERDICT_ICON.get(verdict, "door"),
        "href": read(door, "href"),
    }


# --- words, icons, people ------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One drawing from icons.svg, hidden from screen readers unless it is given a label."""
    if name not in ICONS:
        raise template.TemplateSyntaxError(
            f"no icon {name!r}; there are {', '.join(sorted(ICONS))}"
        )
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href
    )


@register.inclusion_tag("components/status.html")
def status(word: Any, tone: str = "") -> dict[str, Any]:
    """A state as a word; the tone follows the word unless it is given."""
    return {"word": word, "tone": tone or TONES.get(str(word).lower(), "quiet")}


@register.inclusion_tag("components/empty.html")
def empty(title: str, how: str = "", href: str = "", label: str = "") -> dict[str, Any]:
    """What will be here, and how it gets here."""
    return {"title": title, "how": how, "href": href, "label": label}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Any) -> dict[str, Any]:
    """Earlier and later pages of a list; the rest of the query string is kept."""
    request = context.get("request")
    kept = request.GET.copy() if request else None
    if kept is not None:
        kept.pop("page", None)
    return {"page": page, "query": f"{kept.urlencode()}&" if kept else ""}


@register.inclusion_tag("components/person_banner.html")
def person_banner(person: Any) -> dict[str, Any]:
    """Who the page is about: name, number, age and allergies, always in the same place."""
    allergies = read(person, "allergies", default=None)
    return {
        "name": read(person, "name", "display_name"),
        "display_id": read(person, "display_id"),
        "age": read(person, "age", default=""),
        "birth_date": read(person, "birth_date", default=None),
        "allergies": words(allergies),
        "allergies_asked": allergies is not None,
        "pronouns": read(person, "pronouns"),
        "href": read(person, "href"),
        "demo": bool(read(person, "demo", default=False)),
        "flags": read(person, "flags", default=()),
    }


# --- numbers and times ---------------------------------------------------------------------------


@register.inclusion_tag("components/quantity.html", takes_context=True)
def quantity(
    context: Context, value: Any, unit: str = "", at: datetime | None = None, source: str = ""
) -> dict[str, Any]:
    """A number with its unit, its time, its age and its source; None is drawn as a gap."""
    pounds = ""
    if unit == "kg" and value is not None:
        pounds = f"{(Decimal(str(value)) * LB_PER_KG).quantize(Decimal(1))} lb"
    return {
        "value": value,
        "unit": unit,
        "pounds": pounds,
        "at": at,
        "source": source,
        "now": current_time(context),
    }


def age_words(moment: datetime, now: datetime, *, short: bool = False) -> str:
    """ "just now", "4 min ago", "3 h ago", "12 days ago"; the future says "in 4 min".

    In short, where little room is: "now", "4 min".
    """
    seconds = int((now - moment).total_seconds())
    amount = _amount(abs(seconds))
    if abs(seconds) < 60:
        return _("now") if short else _("just now")
    if short and seconds > 0:
        return amount
    return (_("in %(amount)s") if seconds < 0 else _("%(amount)s ago")) % {"amount": amount}


def _amount(seconds: int) -> str:
    if seconds < 90 * 60:
        return _("%(n)d min") % {"n": seconds // 60}
    if seconds < 36 * 3600:
        return _("%(n)d h") % {"n": seconds // 3600}
    days = seconds // 86400
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def clock_words(span: timedelta) -> str:
    """Hours, minutes and seconds of a running time: 0:07:31; a minus sign is never shown."""
    seconds = abs(int(span.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@register.simple_tag(takes_context=True)
def age(context: Context, moment: datetime | None, short: bool = False) -> SafeString | str:
    """How old something is, kept running in the browser."""
    if moment is None:
        return _("never")
    return format_html(
        '<time class="age" datetime="{0}" data-age="{0}"{3} title="{1}">{2}</time>',
        moment.isoformat(),
        day_clock(moment),
        age_words(moment, current_time(context), short=short),
        SafeString(" data-short") if short else "",
    )


@register.simple_tag(takes_context=True)
def elapsed(context: Context, moment: datetime | None) -> SafeString | str:
    """A running clock since a moment; a dash where it has not begun."""
    if moment is None:
        return "–"
    words_now = clock_words(current_time(context) - moment)
    return format_html(
        '<time datetime="{0}" data-since="{0}">{1}</time>', moment.isoformat(), words_now
    )


@register.simple_tag(takes_context=True)
def countdown(context: Context, moment: datetime | None) -> SafeString | str:
    """The time left until a moment; after it, how long it is overdue."""
    if moment is None:
        return "–"
    left = int((moment - current_time(context)).total_seconds())
    late = left < 0
    text = _("overdue by %(amount)s") if late else _("in %(amount)s")
    return format_html(
        '<time class="countdown{2}" datetime="{0}" data-until="{0}">{1}</time>',
        moment.isoformat(),
        text % {"amount": _amount(abs(left))},
        " overdue" if late else "",
    )


@register.filter
def clock(moment: datetime | None) -> str:
    """14:02 in the clinic's zone."""
    return date_format(timezone.localtime(moment), "H:i") if moment else ""


@register.filter
def initials(person: Any) -> str:
    """J. R.: the first and the last word of the name somebody is called by."""
    words = str(person.called).split()
    return " ".join(f"{word[0].upper()}." for word in dict.fromkeys([*words[:1], *words[-1:]]))


@register.filter
def clock_zone(moment: datetime | None) -> str:
    """14:02 MST."""
    return date_format(timezone.localtime(moment), "H:i T") if moment else ""


@register.filter
def day(moment: date | datetime | None) -> str:
    """Mon 3 Mar 2025."""
    if not moment:
        return ""
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return date_format(local, "D j M Y")


@register.filter
def day_clock(moment: datetime | None) -> str:
    """Mon 3 Mar 2025, 14:02 MST."""
    return f"{day(moment)}, {clock_zone(moment)}" if moment else ""


# --- forms ---------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, unit: str = "", accepted: str = "") -> dict[str, Any]:
    """One question: label, help, answer with its unit, and an error that says what is accepted."""
    unit = unit or getattr(bound.field, "unit", "")
    accepted = accepted or getattr(bound.field, "accepted", "")
    ids = f"{bound.auto_id}"
    described = [
        f"{ids}_{part}"
        for part, there in (
            ("help", bound.help_text),
            ("unit", unit),
            ("accepted", accepted),
            ("error", bound.errors),
        )
        if there
    ]
    attrs = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    kind = getattr(bound.field.widget, "input_type", "")
    grouped = bound.use_fieldset
    return {
        "field": bound,
        "id": ids,
        "unit": unit,
        "accepted": accepted,
        "widget": bound.as_widget(attrs=attrs) if not grouped else "",
        "grouped": grouped,
        "described": " ".join(described),
        "single_checkbox": kind == "checkbox" and not grouped,
        # A page that says once what an empty answer means marks its fields `quiet_optional`.
        "optional": not bound.field.required and not getattr(bound.field, "quiet_optional", False),
        "choices": bound.subwidgets if grouped and kind in ("radio", "checkbox") else (),
    }


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What must be put right, each with a link to its field."""
    marked = [bound for bound in form if bound.errors] if form.is_bound else []
    return {"form": form, "marked": marked}


@register.inclusion_tag("components/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """The whole form: what is wrong, hidden fields, and every visible field in order."""
    return {"form": form}


@register.inclusion_tag("components/signature_fields.html")
def signature_fields(form: BaseForm, meaning: str = "", signer: str = "") -> dict[str, Any]:
    """Signing asks for the password again and says exactly what is being signed, and by whom."""
    there = [
        name
        for name in ("password", "code", "second_signer", "second_password")
        if name in form.fields
    ]
    return {"bounds": [form[name] for name in there], "meaning": meaning, "signer": signer}
