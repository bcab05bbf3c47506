"""Addresses of the assessment."""

from django.urls import path

from holdspace.assessment import views

app_name = "assessment"
urlpatterns = [
    path("<uuid:course_id>/medical/", views.medical, name="medical"),
    path("<uuid:course_id>/mental-health/", views.mental_health, name="mental_health"),
    path("<uuid:course_id>/screen/", views.screen, name="screen"),
    path("<uuid:course_id>/phq-9/", views.phq9, name="phq9"),
    path("<uuid:course_id>/clearance/", views.clearance, name="clearance"),
    path("<uuid:course_id>/clearance/ask/", views.ask, name="ask"),
    path("<uuid:course_id>/clearance/suspend/", views.suspend, name="suspend"),
]
