"""A sound file to whoever may have it: whole, or the part that a player asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from holdspace.care.actions.files import place_of
from holdspace.comfort.models import Track

KEPT_SECONDS = 30 * 24 * 3600
PART = 64 * 1024
RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")  # more digits are no place in a file


def sound(request: HttpRequest, track: Track) -> HttpResponseBase:
    """200 with the file, 206 with one range of it, 304 when the browser has it, 416 beyond it."""
    tag = f'"{track.file_digest[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return _with_heads(HttpResponse(status=304), track, tag)
    path = place_of(track.file_digest)
    if not path.is_file() or path.stat().st_size != track.size:
        return HttpResponse("The file is missing; restore it from a backup.", status=410)
    wanted = _range(request, track.size)
    if wanted is None:
        return _with_heads(FileResponse(path.open("rb")), track, tag)
    first, last = wanted
    if first > last or first >= track.size:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{track.size}"
        return answer
    part = StreamingHttpResponse(_parts(path, first, last), status=206)
    part["Content-Range"] = f"bytes {first}-{last}/{track.size}"
    part["Content-Length"] = str(last - first + 1)
    return _with_heads(part, track, tag)


def _range(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """The first and last byte that are asked for; None for all, or for what is no single range."""
    found = RANGE.fullmatch(request.headers.get("Range", ""))
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


def _parts(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left and (part := file.read(min(PART, left))):
            left -= len(part)
            yield part


def _with_heads(answer: HttpResponseBase, track: Track, tag: str) -> HttpResponseBase:
    answer["Content-Type"] = track.media_type
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = tag
    answer["Cache-Control"] = f"private, max-age={KEPT_SECONDS}, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    return answer
