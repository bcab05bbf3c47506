"""Django's name for this room."""

from django.apps import AppConfig


class MedicineConfig(AppConfig):
    name = "holdspace.medicine"
    label = "medicine"
