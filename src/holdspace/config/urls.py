"""Every address begins here; each room answers for what lies under its own prefix."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from holdspace.config.health import healthz
from holdspace.config.views_style import style

PREFIXES = {
    "people/": "people",
    "chart/": "care",
    "assessment/": "assessment",
    "preparation/": "preparation",
    "schedule/": "schedule",
    "medicine/": "medicine",
    "register/": "pharmacy",
    "comfort/": "comfort",
    "integration/": "integration",
    "forms/": "portal",
    "interop/": "interop",
    "records/": "records",
    "": "welcome",
}


def _rooms() -> list[URLResolver]:
    """The rooms that have pages; one without work yet has no urls.py."""
    return [
        path(prefix, include(f"holdspace.{room}.urls"))
        for prefix, room in PREFIXES.items()
        if find_spec(f"holdspace.{room}.urls")
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("style/", style, name="style"),  # demo and debug only
    path("accounts/", include("allauth.urls")),
    *_rooms(),
]
