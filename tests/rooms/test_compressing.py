"""A page is sent compressed; sound, files and streams keep their length."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from holdspace.config.compressing import CompressedPages

LONG = b"<p>calm</p>" * 500
SENT = [
    ("a page", HttpResponse(LONG), True),
    ("a short page", HttpResponse(b"<p>calm</p>"), False),
    ("sound", HttpResponse(LONG, content_type="audio/ogg"), False),
    ("an export", HttpResponse(LONG, content_type="application/zip"), False),
    ("a stream", StreamingHttpResponse([LONG]), False),
]


@pytest.mark.parametrize(("what", "answer", "compressed"), SENT, ids=[what for what, *_ in SENT])
def test_only_a_whole_page_is_compressed(what, answer, compressed):
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    sent = CompressedPages(lambda _request: answer)(request)
    assert (sent.get("Content-Encoding") == "gzip") is compressed, what
    if compressed:
        assert gzip.decompress(sent.content) == LONG and len(sent.content) < len(LONG) / 5


def test_who_can_not_read_it_compressed_gets_it_plain():
    answer = CompressedPages(lambda _request: HttpResponse(LONG))(RequestFactory().get("/"))
    assert answer.content == LONG
