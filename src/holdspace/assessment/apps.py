"""Django's name for this room."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "holdspace.assessment"
    label = "assessment"
