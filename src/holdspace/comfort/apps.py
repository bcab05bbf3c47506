"""Django's name for this room."""

from django.apps import AppConfig


class ComfortConfig(AppConfig):
    name = "holdspace.comfort"
    label = "comfort"
