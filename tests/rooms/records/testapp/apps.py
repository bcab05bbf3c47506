"""An app only tests have, so that sealed rows can be tried without any room's own rules."""

from django.apps import AppConfig


class TestAppConfig(AppConfig):
    name = "tests.rooms.records.testapp"
    label = "records_testapp"
