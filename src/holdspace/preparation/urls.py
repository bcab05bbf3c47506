"""Addresses of preparation."""

from django.urls import path

from holdspace.preparation import music, views

app_name = "preparation"
urlpatterns = [
    path("<uuid:course_id>/visit/", views.visit, name="visit"),
    path("<uuid:course_id>/consent/", views.consent, name="consent"),
    path("<uuid:course_id>/music/", music.music, name="music"),
    path("<uuid:course_id>/withdraw/", views.withdraw, name="withdraw"),
]
