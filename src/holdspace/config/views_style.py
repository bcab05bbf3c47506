"""The style page shows every part in every state, from made-up values, in demo and debug only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

YES_NO = (("yes", "Yes"), ("no", "No"), ("unsure", "Not sure"))


class VitalsForm(forms.Form):
    """One question of each shape."""

    systolic = forms.IntegerField(label="Systolic", min_value=50, max_value=260)
    diastolic = forms.IntegerField(label="Diastolic", min_value=30, max_value=160)
    weight = forms.DecimalField(label="Weight", help_text="Without shoes, today.")
    posture = forms.ChoiceField(
        label="Posture", choices=(("sitting", "Sitting"), ("lying", "Lying"))
    )
    fasted = forms.ChoiceField(
        label="Nothing eaten for six hours?", choices=YES_NO, widget=forms.RadioSelect
    )
    told = forms.BooleanField(label="I have read this page to the person")
    note = forms.CharField(
        label="What you saw", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    password = forms.CharField(label="Your password", widget=forms.PasswordInput)


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    """All parts on one page; it does not exist outside the demo and debug."""
    if not (settings.DEBUG or getattr(settings, "HOLDSPACE_DEMO", False)):
        raise Http404
    now = timezone.now()
    form = VitalsForm(request.POST or {"systolic": "1500", "diastolic": "80", "posture": "sitting"})
    form.fields["systolic"].unit = form.fields["diastolic"].unit = "mmHg"
    form.fields["systolic"].accepted = "50 to 260"
    form.fields["weight"].unit = "kg"
    return render(
        request,
        "style/session.html" if "room" in request.GET else "style/page.html",
        {
            "now": now,
            "form": form,
            "person": _person(),
            "phases": _phases(),
            "no": _decision(now, FINDINGS, protocol="kap-clinic 1.0"),
            "yes": _decision(now, [f for f in FINDINGS if f["verdict"] in ("pass", "note")]),
            "ages": [now - timedelta(minutes=m) for m in (0, 4, 125, 4000)],
            "due": now + timedelta(minutes=2, seconds=14),
            "late": now - timedelta(minutes=4),
            "dosed": now - timedelta(minutes=37, seconds=12),
            "page": Paginator(range(95), 20).page(2),
        },
    )


def _person() -> dict[str, Any]:
    return {
        "name": "Marisol Quintero",
        "display_id": "HS-0417",
        "age": 41,
        "allergies": ["penicillin (rash)"],
        "demo": True,
        "flags": [{"word": "Preparing"}],
    }


def _phases() -> list[dict[str, Any]]:
    return [
        {
            "name": "Assessment",
            "word": "Cleared until 14 June",
            "state": "done",
            "href": "#",
            "doors": [{"name": "Clearance", "verdict": "pass", "word": "signed by Amara Osei, MD"}],
        },
        {
            "name": "Preparation",
            "word": "Preparing",
            "state": "current",
            "href": "#",
            "doors": [
                {"name": "Open the session day", "verdict": "unknown", "needs": 3, "href": "#"}
            ],
        },
        {"name": "Medicine", "word": "Not yet", "state": "ahead"},
        {"name": "Integration", "word": "Not yet", "state": "ahead"},
    ]


def _decision(now: datetime, findings: list[dict[str, Any]], protocol: str = "") -> dict[str, Any]:
    return {
        "allowed": all(finding["verdict"] in ("pass", "note") for finding in findings),
        "decided_at": now,
        "findings": findings,
        "protocol": protocol,
    }


def _finding(verdict: str, evidence: str, rule: str, **more: Any) -> dict[str, Any]:
    source = more.pop("source", "Clinic's protocol kap-clinic 1.0, readiness")
    return {"verdict": verdict, "evidence": evidence, "rule": rule, "source": source, **more}


FINDINGS = [
    _finding(
        "fail",
        "152/88 mmHg at 08:52, repeated 154/90 at 08:58",
        "at most 140/90 mmHg, two readings",
        sentence="The upper pressure is above the limit for giving a dose.",
        waivable_by=("prescriber", "second prescriber or RN"),
        awaiting_signature=True,
        remedy="Rest, and measure again after 15 minutes.",
    ),
    _finding(
        "unknown",
        "no reading today",
        "SpO2 on room air, at most 30 minutes old",
        sentence="Oxygen saturation has not been measured.",
        remedy="Measure it.",
        remedy_href="#",
        remedy_label="Chart a reading",
    ),
    _finding(
        "hold",
        "sertraline and lithium, listed 3 March",
        "lithium needs a prescriber's plan",
        sentence="A medicine on the list needs a plan.",
        waivable_by=("prescriber",),
        remedy="A prescriber records a plan.",
    ),
    _finding(
        "fail",
        "58 beats/min at 08:52",
        "at least 60 beats/min",
        sentence="The heart rate is below the limit.",
        waivable_by=("prescriber",),
        waived_by="Amara Osei, MD, 08:55, until 17:00 today: endurance runner, usual value",
    ),
    _finding(
        "note",
        "last meal 21:30, water at 06:10",
        "fasting 6 h solids, 2 h clear fluids",
        code="fasting_too_short",
    ),
    _finding(
        "pass",
        "Jonah Reyes, LCSW, in the room since 08:45",
        "the assigned therapist is present",
        code="therapist_not_assigned",
    ),
    _finding(
        "pass",
        "signed 3 March, read back today",
        "consent at most 90 days old",
        code="consent_missing",
    ),
    _finding(
        "pass",
        "Priya Quintero, sister, phone answered 08:20",
        "a named adult takes the person home",
        code="escort_not_confirmed",
    ),
]
