"""Addresses of the schedule."""

from django.urls import path

from holdspace.schedule import views

app_name = "schedule"
urlpatterns = [
    path("", views.day, name="day"),
    path("rooms/", views.rooms, name="rooms"),
    path("<uuid:appointment_id>/<slug:verb>/", views.change, name="change"),
]
