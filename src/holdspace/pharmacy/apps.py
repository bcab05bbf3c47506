"""Django's name for this room."""

from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    name = "holdspace.pharmacy"
    label = "pharmacy"
