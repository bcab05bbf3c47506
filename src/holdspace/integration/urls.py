"""Addresses of integration."""

from django.urls import path

from holdspace.integration import views

app_name = "integration"
urlpatterns = [
    path("<uuid:course_id>/visit/", views.visit, name="visit"),
    path("<uuid:course_id>/close/", views.close, name="close"),
]
