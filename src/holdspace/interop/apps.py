"""Django's name for this room."""

from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "holdspace.interop"
    label = "interop"
