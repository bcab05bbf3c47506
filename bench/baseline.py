"""What Django itself can do here: a view that does nothing, and one that inserts a durable row.

No middleware, no session, no permission; the same server, the same database and its settings.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

TABLE = "CREATE TABLE bench_row (id varchar(32) PRIMARY KEY, text varchar(200) NOT NULL)"


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def write(request: HttpRequest) -> HttpResponse:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row VALUES (%s, %s)", [uuid.uuid4().hex, "x" * 120])
    return HttpResponse("ok")


def worker() -> Any:
    """The bare application, configured here and nowhere else."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    from holdspace.config import env

    class Urls:
        urlpatterns = [path("view", view), path("write", write)]

    settings.configure(
        DATABASES={"default": env.database(env.data_folder())},
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=[],
        ROOT_URLCONF=Urls,
        SECRET_KEY="bench",
        USE_TZ=True,
    )
    return get_wsgi_application()
