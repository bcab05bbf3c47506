"""What a live page rests on: the newest links of some courses' records, its reader, and a moment.

Everything that is charted is a link of its course's own chain, so the chains' heads are a tag that
no new act can forget. What time alone changes, such as a set that becomes due, and what lies
outside those records is looked at again after a while
(docs/adr/0040-ask-whether-anything-changed.md); how long its question is held, docs/adr/0042.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from holdspace.records.models import StreamHead

# From the program to the server around it (config/holding.py); it never leaves the house.
RESTS_ON = "Holdspace-Rests-On"
SERVER_NOW = "X-Server-Now"  # by which a page measures how far its own clock is off

AnswerT = TypeVar("AnswerT", bound=HttpResponseBase)
Heads = Mapping[str, int]  # by stream: the number of its last link


def heads_of(streams: Collection[str]) -> Heads:
    """The last link of each of these streams; 0 where there is none yet."""
    rows = StreamHead.objects.filter(stream__in=streams).values_list("stream", "seq")
    return dict.fromkeys(streams, 0) | dict(rows)


def as_line(heads: Heads) -> str:
    """`course:…=7 course:…=9`."""
    return " ".join(f"{stream}={seq}" for stream, seq in sorted(heads.items()))


def from_line(line: str) -> Heads:
    """What `as_line` wrote."""
    pairs = (pair.rpartition("=") for pair in line.split())
    return {stream: int(seq) for stream, _, seq in pairs}


def live_answer(
    request: HttpRequest,
    streams: Iterable[str],
    *,
    again_after: timedelta,
    make: Callable[[], HttpResponse],
) -> HttpResponse:
    """What `make` makes, or 304 where the page that asks already has it.

    The heads are read before the page is, so that an entry between the two is asked for once more.
    """
    now: datetime = request.now  # type: ignore[attr-defined]
    heads = heads_of(set(streams))
    tag = _tag(str(request.actor.id), heads, now, again_after)  # type: ignore[attr-defined]
    answer: HttpResponse | None = get_conditional_response(request, etag=tag)
    if answer is None:
        answer = make()
        answer["ETag"] = tag
    answer[RESTS_ON] = as_line(heads)
    return with_time(answer, now)


def with_time(answer: AnswerT, now: datetime) -> AnswerT:
    """The answer with the server's time."""
    answer[SERVER_NOW] = now.isoformat()
    return answer


def _tag(reader: str, heads: Heads, now: datetime, again_after: timedelta) -> str:
    """Changes with the reader, with every link, and with time: not for all pages at one instant."""
    whose = sha256(f"{reader} {' '.join(sorted(heads))}".encode()).hexdigest()[:32]
    share = int(whose[:8], 16) / 0x1_0000_0000
    turn = now.timestamp() / again_after.total_seconds() + share
    return f'W/"{whose}.{sum(heads.values())}.{turn // 1:.0f}"'
