"""Django's name for this room."""

from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "holdspace.care"
    label = "care"
