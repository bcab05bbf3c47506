"""Django's name for this room."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "holdspace.schedule"
    label = "schedule"
