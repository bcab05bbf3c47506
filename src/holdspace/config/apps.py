"""Django's name for the room that wires the others together."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "holdspace.config"
    label = "config"
