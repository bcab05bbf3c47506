"""Django's name for this room."""

from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    name = "holdspace.integration"
    label = "integration"
