"""Whether this program can serve: its database answers and has the tables this version needs."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from holdspace import __version__


@dataclass
class _Seen:
    """Reading the migrations from disk is slow; once all are applied they stay applied."""

    migrated: bool = False


_seen = _Seen()


def unapplied_migrations() -> list[str]:
    """Names ("care.0003_task") of migrations that the database has not had yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def problem() -> str:
    """Empty when ready; otherwise one sentence that names no host, person or path."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _seen.migrated:
            _seen.migrated = not unapplied_migrations()
    except DatabaseError:
        return "the database does not answer"
    return "" if _seen.migrated else "migrations are waiting: run holdspace migrate"


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 with `{"status": "ok", ...}` when ready, else 503 with the problem."""
    trouble = problem()
    body = {"status": "unready" if trouble else "ok", "version": __version__}
    if trouble:
        body["problem"] = trouble
    return JsonResponse(body, status=503 if trouble else 200)
