"""Pages are sent compressed: a tablet at the edge of the network waits for a fifth of the bytes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Whole pages only: a stream, sound and files keep their length, and can be asked in parts.

    Django masks the form's secret on every page and pads what it compresses (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
