"""Staff, their roles and their credentials; what needs two people is asked of two."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdspace.core.facts import CredentialKind
from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.forms import (
    CredentialForm,
    ExclusionForm,
    InvitationForm,
    ReasonForm,
    RoleForm,
    SignatureForm,
    VerifyForm,
)
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Credential, FactorRecovery, Invitation, Membership, RoleGrant
from holdspace.people.signing import Signature
from holdspace.people.staff import exclusion_check_of, exclusion_words, shown_credentials, staff_of
from holdspace.people.typed import line_of
from holdspace.people.views.common import attempt, told

GRANT_MEANING = "I agree, as the second person, that this member of staff holds this role."
RECOVER_MEANING = "I know that this is the owner of the account, and give them a new start."


@require_GET
@requires(May.SEE_STAFF)
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody who works or worked here, with what needs attention first."""
    actor = actor_or_404(request)
    now = request.now  # type: ignore[attr-defined]
    rows = []
    for member in staff_of(actor.clinic).order_by("user__name"):
        if member.ended_at is None:
            shown = shown_credentials(member.credentials.all(), actor.clinic, now)
            warnings = [s for s in shown if s.tone in ("stop", "attention")]
            waiting = [g for g in member.grants.all() if g.is_waiting]
            words, tone = exclusion_words(member, now)
            lists = {"word": words, "tone": tone} if shown and tone != "good" else None
            rows.append(
                {"member": member, "warnings": warnings, "waiting": waiting, "lists": lists}
            )
    former = staff_of(actor.clinic).filter(ended_at__isnull=False).order_by("-ended_at")[:50]
    context = {"rows": rows, "former": former, "may_manage": actor.may(May.MANAGE_STAFF)}
    if context["may_manage"]:
        context["recoveries"] = FactorRecovery.objects.filter(
            clinic_id=actor.clinic_id, done_at=None, refused_at=None
        ).select_related("membership__user", "requested_by__user")
    return render(request, "people/staff.html", context)


@require_GET
@requires(May.SEE_STAFF)
def member(request: HttpRequest, key: UUID) -> HttpResponse:
    """One member of staff."""
    return _page(request, _member(request, key))


@require_POST
@requires(May.MANAGE_STAFF)
def grant(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give a role; a clinical or register role then waits for somebody else."""
    who = _member(request, key)
    form = RoleForm(request.POST)
    if form.is_valid():
        given = attempt(
            form,
            lambda: actions.grant_role(
                membership=who,
                role=form.cleaned_data["role"],
                by=actor_or_404(request),
                now=request.now,  # type: ignore[attr-defined]
            ),
        )
        if given:
            waits = _("It waits for a second person.") if given.is_waiting else _("It holds now.")
            messages.success(request, f"{given.words}: {waits}")
            return redirect("people:staff_member", who.pk)
    return _page(request, who, role_form=form)


@require_POST
@requires(May.MANAGE_STAFF)
def second(request: HttpRequest, key: UUID, grant_key: UUID) -> HttpResponse:
    """The second person's signature under a role."""
    who = _member(request, key)
    waiting = get_object_or_404(RoleGrant, pk=grant_key, membership=who)
    form = SignatureForm(request.POST, request=request, meaning=GRANT_MEANING)
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.second_grant(
                grant=waiting,
                by=actor_or_404(request),
                signature=_of(form),
                now=request.now,  # type: ignore[attr-defined]
            ),
        )
        if done:
            messages.success(request, _("%s holds from now.") % done.words)
            return redirect("people:staff_member", who.pk)
    return _page(request, who, second_form=form)


@require_POST
@requires(May.MANAGE_STAFF)
def end_role(request: HttpRequest, key: UUID, grant_key: UUID) -> HttpResponse:
    """End one role, at once."""
    who = _member(request, key)
    held = get_object_or_404(RoleGrant, pk=grant_key, membership=who)
    told(
        request,
        lambda: actions.end_role(
            grant=held,
            by=actor_or_404(request),
            now=request.now,  # type: ignore[attr-defined]
        ),
        _("%s ended now.") % held.words,
    )
    return redirect("people:staff_member", who.pk)


@require_POST
@requires(May.MANAGE_STAFF)
def end_membership(request: HttpRequest, key: UUID) -> HttpResponse:
    """End somebody's work here, at once."""
    who = _member(request, key)
    told(
        request,
        lambda: actions.end_membership(
            membership=who,
            by=actor_or_404(request),
            now=request.now,  # type: ignore[attr-defined]
        ),
        _("%s no longer works here. Every open sign-in has ended.") % who.name,
    )
    return redirect("people:staff")


@require_POST
@requires(May.MANAGE_STAFF, May.SIGN_PRIVILEGE)
def add_credential(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put a credential on file; a privilege is signed."""
    who = _member(request, key)
    form = CredentialForm(request.POST, clinic=who.clinic)
    if form.is_valid():
        saved = attempt(form, lambda: _save_credential(request, who, form))
        if saved:
            messages.success(request, _("On file."))
            return redirect("people:staff_member", who.pk)
    return _page(request, who, credential_form=form)


@require_POST
@requires(May.MANAGE_STAFF)
def revoke_credential(request: HttpRequest, key: UUID, credential_key: UUID) -> HttpResponse:
    """End a credential before its printed day."""
    who = _member(request, key)
    row = get_object_or_404(Credential, pk=credential_key, membership=who)
    told(
        request,
        lambda: actions.revoke_credential(
            credential=row,
            by=actor_or_404(request),
            now=request.now,  # type: ignore[attr-defined]
            because=line_of(request, "because"),
        ),
        _("It no longer counts."),
    )
    return redirect("people:staff_member", who.pk)


@require_http_methods(["GET", "POST"])
@requires(May.MANAGE_STAFF)
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; the link is shown once, to whoever made it."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: actions.invite(
                by=actor_or_404(request),
                now=request.now,  # type: ignore[attr-defined]
                **form.cleaned_data,
            ),
        )
        if made:
            return _link_page(request, made[0], made[1])
    return render(request, "people/invite.html", {"form": form})


@require_POST
@requires(May.MANAGE_STAFF)
def cancel_invitation(request: HttpRequest, key: UUID, invitation_key: UUID) -> HttpResponse:
    """Make a link stop working."""
    who = _member(request, key)
    row = get_object_or_404(Invitation, pk=invitation_key, membership=who)
    told(
        request,
        lambda: actions.cancel_invitation(
            invitation=row,
            by=actor_or_404(request),
            now=request.now,  # type: ignore[attr-defined]
        ),
        _("The link no longer works."),
    )
    return redirect("people:staff_member", who.pk)


@require_POST
@requires(May.MANAGE_STAFF)
def ask_recovery(request: HttpRequest, key: UUID) -> HttpResponse:
    """The first of two people gives somebody a new start."""
    who = _member(request, key)
    form = ReasonForm(request.POST)
    if form.is_valid():
        asked = attempt(
            form,
            lambda: actions.request_recovery(
                membership=who,
                by=actor_or_404(request),
                reason=form.cleaned_data["reason"],
                now=request.now,  # type: ignore[attr-defined]
            ),
        )
        if asked:
            messages.success(request, _("Now a second person approves it on the staff page."))
            return redirect("people:staff")
    return _page(request, who, recovery_form=form)


@require_http_methods(["GET", "POST"])
@requires(May.MANAGE_STAFF)
def recovery(request: HttpRequest, key: UUID) -> HttpResponse:
    """The second of two people approves (and gets the link) or stops it."""
    actor = actor_or_404(request)
    row = get_object_or_404(
        FactorRecovery, pk=key, clinic_id=actor.clinic_id, done_at=None, refused_at=None
    )
    now = request.now  # type: ignore[attr-defined]
    if request.POST.get("refuse"):
        told(
            request,
            lambda: actions.refuse_recovery(recovery=row, by=actor, now=now),
            _("Stopped."),
        )
        return redirect("people:staff")
    form = SignatureForm(request.POST or None, request=request, meaning=RECOVER_MEANING)
    if request.method == "POST" and form.is_valid():
        token = attempt(
            form,
            lambda: actions.approve_recovery(recovery=row, by=actor, signature=_of(form), now=now),
        )
        if token:
            return _link_page(request, row.membership, token)
    context = {"form": form, "recovery": row, "meaning": RECOVER_MEANING, "signer": actor}
    return render(request, "people/recovery.html", context)


@require_POST
@requires(May.MANAGE_STAFF)
def verify(request: HttpRequest, key: UUID, credential_key: UUID) -> HttpResponse:
    """Write down that a credential was looked up at its source."""
    who = _member(request, key)
    row = get_object_or_404(Credential, pk=credential_key, membership=who)
    form = VerifyForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.verify_credential(
                credential=row, on=data["verified_on"], source=data["source"],
                by=actor_or_404(request), now=request.now,  # type: ignore[attr-defined]
            ),
        )  # fmt: skip
        if done:
            messages.success(request, _("Looked up."))
            return redirect("people:staff_member", who.pk)
    return _page(request, who, verify_form=form, verified=row)


@require_POST
@requires(May.MANAGE_STAFF)
def exclusion(request: HttpRequest, key: UUID) -> HttpResponse:
    """Write down a look-up of the exclusion lists; a hit stops every clinical act at once."""
    who = _member(request, key)
    form = ExclusionForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.check_exclusion(
                membership=who, on=data["checked_on"], found=data["found"] == "yes",
                words=data["words"], by=actor_or_404(request),
                now=request.now,  # type: ignore[attr-defined]
            ),
        )  # fmt: skip
        if done:
            messages.success(request, _("Kept."))
            return redirect("people:staff_member", who.pk)
    return _page(request, who, exclusion_form=form)


def _member(request: HttpRequest, key: UUID) -> Membership:
    return get_object_or_404(staff_of(actor_or_404(request).clinic), pk=key)


def _of(form: SignatureForm) -> Signature:
    assert form.signature is not None, "a valid signature form has signed"
    return form.signature


def _page(request: HttpRequest, who: Membership, **bound: Any) -> HttpResponse:
    actor = actor_or_404(request)
    now = request.now  # type: ignore[attr-defined]
    rows = who.grants.select_related(
        "granted_by__user", "second_granted_by__user", "ended_by__user"
    )
    context = {
        "member": who,
        "grants": [g for g in rows if g.ended_at is None],
        "ended_grants": [g for g in rows if g.ended_at is not None],
        "credentials": shown_credentials(who.credentials.all(), actor.clinic, now),
        "links": [i for i in who.invitations.order_by("-made_at") if i.is_open(now)],
        "may_manage": actor.may(May.MANAGE_STAFF) and actor.pk != who.pk and not who.ended_at,
        "own": actor.pk == who.pk,
        "role_form": RoleForm(),
        "second_form": SignatureForm(request=request, meaning=GRANT_MEANING),
        "credential_form": CredentialForm(clinic=who.clinic),
        "recovery_form": ReasonForm(),
        "exclusion_form": ExclusionForm(),
        "verify_form": VerifyForm(),
        "exclusion": exclusion_check_of(who, now),
        "grant_meaning": GRANT_MEANING,
        **bound,
    }
    return render(request, "people/staff_member.html", context)


def _save_credential(request: HttpRequest, who: Membership, form: CredentialForm) -> Credential:
    data = dict(form.cleaned_data)
    kind, password = CredentialKind(data.pop("kind")), data.pop("password")
    actor = actor_or_404(request)
    now = request.now  # type: ignore[attr-defined]
    signature = None
    if kind is CredentialKind.PRIVILEGE:
        meaning = f"I grant {who.name} this privilege: {data['subject']}."
        signature = actions.sign(
            by=actor, password=password, meaning=meaning, now=now, request=request
        )
    return actions.add_credential(
        membership=who, kind=kind, by=actor, now=now, signature=signature, **data
    )


def _link_page(request: HttpRequest, who: Membership, token: str) -> HttpResponse:
    link = request.build_absolute_uri(reverse("people:join", args=[token]))
    answer = render(request, "people/link.html", {"member": who, "link": link})
    answer["Cache-Control"] = "no-store"
    return answer
