"""One message as an e-mail: neutral words, one address, a link to end it, and what went wrong."""

from __future__ import annotations

from email.utils import formataddr
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from holdspace.care import mail_words
from holdspace.care.models import Message
from holdspace.people.models import Membership, Patient

STOP_SALT = "holdspace.care.mail.stop"
LANGUAGE_NAMES = {"español": "es", "espanol": "es", "spanish": "es"}
FINAL_FROM = 500  # SMTP answers from here on will not change by asking again


def trouble() -> str:
    """What keeps mail from leaving, in words for the operator; empty: nothing known."""
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return "no mail server is set"
    return "" if settings.HOLDSPACE_URL else "no public address is set"


def language_of(to: Patient | Membership) -> str:
    """The person's language, where the program speaks it."""
    said = (to.language if isinstance(to, Patient) else "").strip().lower()
    code = LANGUAGE_NAMES.get(said, said[:2])
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGES[0][0]


def absolute(path: str) -> str:
    """A path of this program as a link for somebody who is elsewhere."""
    return f"{settings.HOLDSPACE_URL}{path}"


def address_of(row: Message) -> str:
    """Where it goes: what stands in the person's or the member's row now."""
    if row.patient is not None:
        return row.patient.email
    return row.member.user.email if row.member is not None else ""


def stop_path(patient: Patient) -> str:
    """The link that ends e-mails to one person; it opens nothing else and needs no sign-in."""
    token = signing.dumps(str(patient.pk), salt=STOP_SALT)
    return reverse("welcome:no_more_mail", args=[token])


def person_of(token: str) -> Patient | None:
    """Whose link this is; None for a token that is not ours."""
    try:
        key = signing.loads(token, salt=STOP_SALT)
    except signing.BadSignature:
        return None
    return Patient.objects.filter(pk=key).select_related("clinic").first()


def send(row: Message, link: str) -> None:
    """Hand one message to the mail server. Raises OSError or ValueError when it is not taken."""
    template = mail_words.TEMPLATES[row.template]
    sender = row.clinic.sender_name
    host = urlsplit(settings.HOLDSPACE_URL).hostname or "localhost"
    # The same id at every try, so that a server which has it already can tell.
    headers = {"Message-ID": f"<{row.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    stop = ""
    if row.patient is not None:
        stop = absolute(stop_path(row.patient))
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with translation.override(row.language):
        letter = EmailMessage(
            subject=mail_words.subject(sender),
            body=mail_words.body(template, link=link, phone=row.clinic.phone, stop=stop),
            from_email=formataddr((sender, settings.DEFAULT_FROM_EMAIL)),
            to=[row.address],
            headers=headers,
        )
    letter.send()


def named(problem: Exception) -> str:
    """What went wrong, without the address that the server repeats."""
    kind = type(problem).__name__
    code = _code(problem)
    return f"{kind} {code}" if code else kind


def in_words(error: str) -> str:
    """What went wrong, for the desk: the kept word of a mail server means nothing to it."""
    kind, _sep, code = error.partition(" ")
    if kind == "SMTPRecipientsRefused":
        refused = code.isdigit() and int(code) >= FINAL_FROM
        return _("the address was refused") if refused else _("the address was not taken now")
    if kind.endswith(("Error", "Disconnected", "Exception", "Refused")):
        return _("the mail server could not be reached")
    return error


def is_final(problem: Exception) -> bool:
    """Whether the address was refused for good (a bounce while we were still connected)."""
    if isinstance(problem, ValueError):
        return True
    return isinstance(problem, SMTPRecipientsRefused) and _code(problem) >= FINAL_FROM


def _code(problem: Exception) -> int:
    if isinstance(problem, SMTPRecipientsRefused):
        return min((code for code, _ in problem.recipients.values()), default=0)
    return problem.smtp_code if isinstance(problem, SMTPResponseException) else 0
