"""Django's name for this room."""

from django.apps import AppConfig


class WelcomeConfig(AppConfig):
    name = "holdspace.welcome"
    label = "welcome"
