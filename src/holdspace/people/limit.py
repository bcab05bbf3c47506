"""One connection may do a thing so often an hour, so that a flood buries nobody who is waiting."""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache

HOUR_SECONDS = 3600


def too_many(what: str, address: str, an_hour: int) -> bool:
    """Count once more that `address` did `what`; whether that is more than an hour allows.

    A household, a library or a shelter may share an address, so the page that says no shows the
    numbers where somebody answers. The address is kept as a digest, for an hour.
    """
    key = f"{what}:{sha256(address.encode()).hexdigest()}"
    cache.add(key, 0, HOUR_SECONDS)
    try:
        return cache.incr(key) > an_hour
    except ValueError:  # the hour ended between the two lines
        return False
