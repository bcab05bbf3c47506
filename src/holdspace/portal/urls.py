"""A form that is filled in by link, without signing in."""

from django.urls import path

from holdspace.portal import music, views

app_name = "portal"
urlpatterns = [
    path("thank-you/", views.thank_you, name="thank_you"),
    path("music/<str:token>/", music.plan, name="music"),
    path("<str:token>/", views.start, name="start"),
    path("<str:token>/help/", views.help_now, name="help_now"),
    path("<str:token>/reach/", views.reach, name="reach"),
    path("<str:token>/pause/", views.pause, name="pause"),
    path("<str:token>/<int:number>/", views.question, name="question"),
]
