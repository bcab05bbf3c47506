"""Who belongs to a clinic and since when: every row names its clinic, and nothing joins across.

Roles, credentials and audit belong to the membership; an account may belong to several clinics.
Only `people.actions` writes these tables.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from holdspace.core.facts import CredentialKind, Discipline, Role
from holdspace.core.quiet import Quiet
from holdspace.people.access import ROLE_WORDS, May, capabilities
from holdspace.people.finding import name_key, phone_key, read_date
from holdspace.records.models import Sealed


def _choices(enum: Iterable[Any]) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in enum]


def default_crisis_lines() -> list[dict[str, str]]:
    """The US lines; a clinic elsewhere puts its own in their place."""
    return [
        {"label": "988 Suicide and Crisis Lifeline", "number": "988", "href": "tel:988"},
        {"label": "Emergency", "number": "911", "href": "tel:911"},
    ]


class Clinic(models.Model):
    """One clinic: the scope of every other row."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    crisis_lines = models.JSONField(default=default_crisis_lines)
    emergency_phone = models.CharField(max_length=40, default="911")
    emergency_address = models.CharField(max_length=300, blank=True)
    # Under which name, and outside which hours, the clinic writes: core/neutral.py, core/quiet.py.
    sender_name = models.CharField(max_length=60, blank=True, default="")
    quiet_from = models.TimeField(default=time(21, 0))
    quiet_until = models.TimeField(default=time(8, 0))
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    @property
    def quiet(self) -> Quiet:
        """When nobody is written to, unless it cannot wait."""
        return Quiet(self.quiet_from, self.quiet_until)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day(self, now: datetime) -> date:
        """The date on the clinic's wall at this moment."""
        return now.astimezone(self.zone).date()


class Site(models.Model):
    """One address at which a clinic works; stock and rooms hang on it."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    state = models.CharField(max_length=2)
    # 21 CFR 1301.12: stock and administration only at an address with its own registration.
    dea_registered_address = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="people_site_name_once"),
        ]


class UserManager(BaseUserManager["User"]):
    """Finds accounts by e-mail, whatever the case it is typed in."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser, PermissionsMixin):
    """An account: it signs in. What it may do stands in its memberships, never here."""

    id = models.UUIDField(primary_key=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, editable=False)
    sign_in_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(null=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Raising `sign_in_epoch` ends every open sign-in of this account at its next request."""
        value = f"{self.password}/{self.sign_in_epoch}"
        salt = "holdspace.people.models.User.get_session_auth_hash"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class Membership(models.Model):
    """One account in one clinic: the `by=` of every action."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    title = models.CharField(max_length=60, blank=True)  # "MD", "LCSW": shown after the name
    started_on = models.DateField(null=True)  # None until the invitation is accepted
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "user"],
                condition=Q(ended_at__isnull=True),
                name="people_membership_once_at_a_time",
            ),
        ]

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def signed_name(self) -> str:
        """The printed name of a signature: "Amara Osei, MD"."""
        return f"{self.user.name}, {self.title}" if self.title else self.user.name

    @property
    def is_active(self) -> bool:
        return self.ended_at is None and self.started_on is not None and self.user.is_active

    def roles_at(self, now: datetime | None = None) -> frozenset[Role]:
        """The roles in force at a moment (None: as the rows stand)."""
        if self.started_on is None or (self.ended_at and (now is None or self.ended_at <= now)):
            return frozenset()
        return frozenset(Role(g.role) for g in self.grants.all() if g.in_force(now))

    def may(self, capability: May, now: datetime | None = None) -> bool:
        """Whether this membership holds a capability at a moment (None: as the rows stand)."""
        return capability in capabilities(self.roles_at(now))

    @property
    def can(self) -> dict[str, bool]:
        """For templates: `{% if actor.can.read_chart %}`."""
        held = capabilities(self.roles_at())
        return {may.value: may in held for may in May}

    @property
    def role_words(self) -> list[str]:
        held = self.roles_at()
        return [ROLE_WORDS[role] for role in Role if role in held]


class RoleGrant(models.Model):
    """A role given to a membership: by one person, by two, or at the founding of the clinic."""

    class Basis(models.TextChoices):
        ONE = "one_person", "one person"
        TWO = "two_people", "two people"
        FOUNDING = "founding", "the founding of the clinic"

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=_choices(Role))
    basis = models.CharField(max_length=12, choices=Basis)
    granted_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField()
    second_granted_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    second_granted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "role"],
                condition=Q(ended_at__isnull=True),
                name="people_role_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(second_granted_by__isnull=True)
                | ~Q(second_granted_by=models.F("granted_by")),
                name="people_role_two_different_granters",
            ),
            models.CheckConstraint(
                condition=Q(basis="founding") | Q(granted_by__isnull=False),
                name="people_role_has_a_granter",
            ),
        ]

    @property
    def is_waiting(self) -> bool:
        """Whether a second person still has to grant this role."""
        return (
            self.basis == self.Basis.TWO
            and self.second_granted_by_id is None
            and self.ended_at is None
        )

    def in_force(self, now: datetime | None = None) -> bool:
        if self.basis == self.Basis.TWO and self.second_granted_at is None:
            return False
        if now is None:
            return self.ended_at is None
        begins = self.second_granted_at or self.granted_at
        return begins <= now and (self.ended_at is None or now < self.ended_at)

    @property
    def words(self) -> str:
        return ROLE_WORDS[Role(self.role)]


class Credential(models.Model):
    """A licence, registration, training or privilege, checked again at every act that needs it."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=20, choices=_choices(CredentialKind))
    number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=2, blank=True)
    discipline = models.CharField(max_length=6, blank=True, choices=_choices(Discipline))
    subject = models.CharField(max_length=80, blank=True)  # which privilege or specialty
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    registered_address = models.CharField(max_length=300, blank=True)
    schedules = models.JSONField(default=list, blank=True)  # ["II", "III"]
    verified_on = models.DateField(null=True, blank=True)
    verified_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    verification_source = models.CharField(max_length=200, blank=True)
    is_associate = models.BooleanField(default=False)  # a licence to work supervised
    supervisor = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="supervises"
    )
    added_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=200, blank=True)


class ExclusionCheck(Sealed):
    """One look-up of the exclusion lists (OIG LEIE, SAM.gov) for one member, and what it found."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="exclusion_checks"
    )
    checked_on = models.DateField()
    found = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")


class StateRecord(Sealed):
    """What a clinic's director recorded of a state: a profession's acts, or the clinic's duties.

    Without a `discipline` it speaks of the duties. The newest one of its kind holds.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="state_records")
    state = models.CharField(max_length=2)
    discipline = models.CharField(max_length=6, blank=True)
    acts = models.JSONField(default=list, blank=True)
    csr_required = models.BooleanField(null=True)
    pdmp_each_dose = models.BooleanField(default=False)
    pdmp_days_max = models.PositiveSmallIntegerField(null=True)
    pdmp_delegate = models.BooleanField(default=False)
    source = models.CharField(max_length=300)
    meaning = models.CharField(max_length=200)
    signed_at = models.DateTimeField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")


class SafeContact(models.TextChoices):
    """How the clinic may reach a person without telling anybody else."""

    PHONE = "phone", "phone call"
    SMS = "sms", "text message"
    EMAIL = "email", "e-mail"
    POST = "post", "post"
    NONE = "none", "do not contact; the person contacts us"


class Sex(models.TextChoices):
    FEMALE = "female", "female"
    MALE = "male", "male"
    INTERSEX = "intersex", "intersex"
    NOT_SAID = "", "not said"


SOUGHT_MAX = 200  # characters; no name is longer, and a database can't look for a whole page


class PatientQuerySet(models.QuerySet["Patient"]):
    """People, always through somebody's eyes."""

    def visible_to(self, actor: Membership, now: datetime | None = None) -> PatientQuerySet:
        """People of the actor's clinic whose page this actor may open.

        A restricted file is left out, unless the actor keeps contact details (the desk), is on
        the person's team, or has emergency access that is running.
        """
        if not (actor.may(May.SEE_PEOPLE_LIST, now) or actor.may(May.READ_CHART, now)):
            return self.none()
        mine = self.filter(clinic_id=actor.clinic_id)
        if actor.may(May.EDIT_PERSON, now) and not actor.may(May.READ_CHART, now):
            return mine
        team = TeamMember.objects.filter(membership=actor, ended_at__isnull=True)
        allowed = Q(is_restricted=False) | Q(pk__in=team.values("patient_id"))
        if now is not None:
            opened = EmergencyAccess.objects.filter(
                membership=actor, started_at__lte=now, ends_at__gt=now
            )
            allowed |= Q(pk__in=opened.values("patient_id"))
        return mine.filter(allowed)

    def search(self, text: str) -> PatientQuerySet:
        """People whose name, display id, birth date or phone fits what was typed."""
        text = " ".join(text.replace("\0", " ").split())
        if not text:
            return self
        if len(text) > SOUGHT_MAX:
            return self.none()
        wanted = Q(display_id__iexact=text)
        born = read_date(text)
        if born:
            wanted |= Q(birth_date=born)
        digits = phone_key(text)
        if len(digits) >= 4 and not born:
            wanted |= Q(phone_key__contains=digits)
        words = name_key(text).split()
        if words and not born:
            by_name = Q()
            for word in words:
                by_name &= Q(name_key__contains=word)
            wanted |= by_name
        return self.filter(wanted)


class Patient(models.Model):
    """A person who asks for, or is in, treatment: contact details only, nothing clinical."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    display_id = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    preferred_name = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex_at_birth = models.CharField(max_length=10, blank=True, choices=Sex)
    pronouns = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=2, blank=True)  # where the person is during care
    emergency_name = models.CharField(max_length=120, blank=True)
    emergency_phone = models.CharField(max_length=40, blank=True)
    emergency_relation = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=40, blank=True)
    interpreter_needed = models.BooleanField(null=True, blank=True)
    has_guardian = models.BooleanField(null=True, blank=True)
    safe_contact = models.CharField(max_length=6, blank=True, choices=SafeContact)
    safe_contact_note = models.CharField(max_length=200, blank=True)
    is_restricted = models.BooleanField(default=False)
    name_key = models.CharField(max_length=240, editable=False, db_index=True)
    phone_key = models.CharField(max_length=40, editable=False, db_index=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "display_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "display_id"], name="people_patient_display_id_once"
            ),
        ]
        indexes = [models.Index(fields=["clinic", "birth_date"])]

    @property
    def called(self) -> str:
        """The name the person is called by."""
        return self.preferred_name or self.name

    def age_on(self, day: date) -> int | None:
        """Whole years on a day; None while the birth date is not known."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class PatientRevision(Sealed):
    """One change of a person's contact details: what it was, what it became, who and why."""

    erasable = ("changes",)

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="revisions")
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(null=True)  # {"phone": ["before", "after"]}

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """What changed as (words, before, after), for the page."""
        words = {True: "yes", False: "no", None: ""}
        return [
            (
                name.removeprefix("is_").replace("_", " "),
                *(words[v] if v is None or isinstance(v, bool) else str(v) for v in pair),
            )
            for name, pair in (self.changes or {}).items()
        ]


class TeamMember(models.Model):
    """Who looks after a person: those who see a restricted file without emergency access."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="team")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "membership"],
                condition=Q(ended_at__isnull=True),
                name="people_team_once_at_a_time",
            ),
        ]


class Invitation(models.Model):
    """A single-use link, kept only as a digest: to join, to sign in first, or to start again."""

    class Purpose(models.TextChoices):
        JOIN = "join", "join the clinic"
        FIRST = "first_sign_in", "first sign-in"
        RECOVERY = "recovery", "start again after a lost factor"

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="invitations")
    purpose = models.CharField(max_length=14, choices=Purpose)
    token_digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    def is_open(self, now: datetime) -> bool:
        return self.used_at is None and self.cancelled_at is None and now < self.expires_at


class EmergencyAccess(models.Model):
    """A restricted file opened for an hour, reading only; the reason is read by somebody else."""

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", "justified"
        QUESTIONED = "questioned", "questioned: follow-up needed"
        NOT_JUSTIFIED = "not_justified", "not justified"

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_due_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=14, blank=True, choices=Outcome)
    review_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("membership")),
                name="people_emergency_reviewed_by_another",
            ),
        ]


class FactorRecovery(models.Model):
    """A lost second factor, given back by two people who are not its owner."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    requested_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("requested_by")),
                name="people_recovery_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(requested_by=models.F("membership")),
                name="people_recovery_not_by_its_owner",
            ),
        ]


class OnCall(models.Model):
    """Who reads an answer about safety from when to when: first, or second behind them.

    `ended_at` is when it was taken back or given away; the time itself ends at `ends_at`.
    """

    class Rank(models.IntegerChoices):
        FIRST = 1, "first on call"
        SECOND = 2, "second on call"

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(choices=Rank)
    phone = models.CharField(
        max_length=40, blank=True, default=""
    )  # reached on this, by colleagues
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    set_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["clinic", "ends_at"], name="people_on_call_clinic_ends")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="people_on_call_has_a_length"
            ),
        ]


def key_or_none(text: str) -> uuid.UUID | None:
    """A typed key, or None when it is not one."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
