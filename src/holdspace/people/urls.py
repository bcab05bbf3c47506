"""The addresses of people."""

from django.urls import path

from holdspace.people.views import demo, joining, on_call, persons, place, staff, states, trust

app_name = "people"

urlpatterns = [
    path("", persons.people, name="list"),
    path("new", persons.new, name="new"),
    path("<uuid:key>/", persons.person, name="person"),
    path("<uuid:key>/edit", persons.edit, name="person_edit"),
    path("<uuid:key>/restrict", persons.restrict, name="restrict"),
    path("<uuid:key>/team", persons.team, name="team"),
    path("clinic/", place.clinic, name="clinic"),
    path("on-call/", on_call.week, name="on_call"),
    path("on-call/<uuid:key>/", on_call.change, name="on_call_change"),
    path("staff/", staff.staff, name="staff"),
    path("states/", states.states, name="states"),
    path("staff/invite", staff.invite, name="invite"),
    path("staff/recovery/<uuid:key>/", staff.recovery, name="recovery"),
    path("staff/<uuid:key>/", staff.member, name="staff_member"),
    path("staff/<uuid:key>/grant", staff.grant, name="grant"),
    path("staff/<uuid:key>/second/<uuid:grant_key>", staff.second, name="second"),
    path("staff/<uuid:key>/end/<uuid:grant_key>", staff.end_role, name="end_role"),
    path("staff/<uuid:key>/end", staff.end_membership, name="end_membership"),
    path("staff/<uuid:key>/exclusion", staff.exclusion, name="exclusion"),
    path(
        "staff/<uuid:key>/credential/<uuid:credential_key>/verify",
        staff.verify,
        name="verify_credential",
    ),
    path("staff/<uuid:key>/credential", staff.add_credential, name="add_credential"),
    path(
        "staff/<uuid:key>/credential/<uuid:credential_key>/end",
        staff.revoke_credential,
        name="revoke_credential",
    ),
    path(
        "staff/<uuid:key>/link/<uuid:invitation_key>/cancel",
        staff.cancel_invitation,
        name="cancel_invitation",
    ),
    path("staff/<uuid:key>/recovery", staff.ask_recovery, name="ask_recovery"),
    path("join/<str:token>/", joining.join, name="join"),
    path("switch/", joining.switch, name="switch"),
    path("demo-time/", demo.let_time_pass, name="demo_time"),
    path("access-log/", trust.access_log, name="access_log"),
    path("access-log/verify", trust.verify_record, name="verify"),
    path("emergency/", trust.emergency, name="emergency"),
    path("emergency/review", trust.emergency_review, name="emergency_review"),
    path("emergency/<uuid:key>/", trust.emergency_open, name="emergency_open"),
]
