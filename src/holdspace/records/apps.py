"""Places the record in the house."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The room below every other room that keeps rows."""

    name = "holdspace.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
