"""People's place in the program."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "holdspace.people"
    label = "people"
    verbose_name = "People"
