"""Django's name for this room."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "holdspace.assessment"
    label = "assessment"

    def ready(self) -> None:
        """Say how the links in messages about forms are made, and what stands on the chart."""
        from holdspace.assessment import mail, views_due  # noqa: F401
