"""Django's name for this room."""

from django.apps import AppConfig


class PreparationConfig(AppConfig):
    name = "holdspace.preparation"
    label = "preparation"
