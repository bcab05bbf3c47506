"""What the queue runs: a row in the queue is only a call to look; the message says what is true."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from holdspace.people import clock


@task()
def deliver(message: str) -> str:
    """Send one message if it is still to be sent now."""
    from holdspace.care.actions.messages import deliver as send  # it enqueues this very job

    return send(message=UUID(message), now=clock.read())
