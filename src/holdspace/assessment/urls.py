"""Addresses of the assessment."""

from django.urls import path

from holdspace.assessment import (
    views,
    views_due,
    views_forms,
    views_harm,
    views_instruments,
    views_outcomes,
)

app_name = "assessment"
urlpatterns = [
    path("questionnaires/", views_instruments.instruments_here, name="instruments"),
    path("questionnaires/<slug:name>/", views_instruments.instrument, name="instrument"),
    path("<uuid:course_id>/medical/", views.medical, name="medical"),
    path("medicine/", views.medicine, name="medicine"),
    path("<uuid:course_id>/mental-health/", views.mental_health, name="mental_health"),
    path("<uuid:course_id>/screen/", views.screen, name="screen"),
    path("<uuid:course_id>/phq-9/", views_forms.phq9, name="phq9"),
    path("<uuid:course_id>/questionnaires/", views_forms.questionnaires, name="questionnaires"),
    path("<uuid:course_id>/follow-up/", views_harm.follow_up, name="follow_up"),
    path("<uuid:course_id>/outcomes/", views_outcomes.outcomes, name="outcomes"),
    path("<uuid:course_id>/fill/<slug:instrument>/", views_forms.fill, name="fill"),
    path("<uuid:course_id>/blank/<slug:instrument>/", views_forms.blank, name="blank"),
    path("forms/", views_due.due, name="due"),
    path("<uuid:course_id>/form/", views_due.act, name="form_act"),
    path("filled/<uuid:event_id>/", views_forms.filled, name="filled"),
    path("<uuid:course_id>/clearance/", views.clearance, name="clearance"),
    path("<uuid:course_id>/clearance/ask/", views.ask, name="ask"),
    path("<uuid:course_id>/clearance/ask-for/", views.ask_for, name="ask_for"),
    path("<uuid:course_id>/clearance/suspend/", views.suspend, name="suspend"),
]
