"""Addresses of the clinic's music."""

from django.urls import path

from holdspace.comfort import views

app_name = "comfort"
urlpatterns = [
    path("music/", views.tracks, name="tracks"),
    path("music/<uuid:track_id>/", views.track_file, name="file"),
]
