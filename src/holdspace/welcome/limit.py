"""One address sends ten enquiries an hour at most, so that a flood buries nobody who is waiting."""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache

ENQUIRIES_AN_HOUR = 10
HOUR_SECONDS = 3600


def too_many(address: str) -> bool:
    """Count one enquiry from this address; whether it is one more than an hour allows.

    A household, a library or a shelter may share an address, so the page that says no shows the
    numbers where somebody answers. The address is kept as a digest, for an hour.
    """
    key = f"enquiries:{sha256(address.encode()).hexdigest()}"
    cache.add(key, 0, HOUR_SECONDS)
    try:
        return cache.incr(key) > ENQUIRIES_AN_HOUR
    except ValueError:  # the hour ended between the two lines
        return False
