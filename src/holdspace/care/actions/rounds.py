"""A round over many rows: each by itself, so that one that fails keeps no other from its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError
from django.db.models import Model

M = TypeVar("M", bound=Model)
R = TypeVar("R")
AWAY = (OperationalError, InterfaceError)  # the database is away: the whole round waits for it


def each(what: str, rows: Iterable[M], act: Callable[[M], R]) -> list[R]:
    """What `act` made of every row, in their order; a row at which it fails is named in the log.

    What `act` writes is a transaction of its own. A row that failed is looked at again in the
    next round. Raises OperationalError or InterfaceError: then no row can be done.
    """
    done = []
    for row in rows:
        try:
            done.append(act(row))
        except AWAY:
            raise
        except Exception:
            log = logging.getLogger("holdspace")
            log.exception("%s: %s %s failed, the others go on", what, row._meta.label, row.pk)
    return done
