"""What a sound file is, by its bytes; nothing else is ever taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import audio
from tests.core import sounds


@pytest.mark.parametrize(
    ("content", "media_type", "milliseconds"),
    [
        pytest.param(sounds.wav(3), "audio/wav", 3000, id="WAV"),
        pytest.param(sounds.flac(), "audio/flac", 5000, id="FLAC"),
        pytest.param(sounds.vorbis(4), "audio/ogg", 4000, id="Ogg Vorbis"),
        pytest.param(sounds.opus(4), "audio/ogg", 4000, id="Ogg Opus"),
        pytest.param(sounds.mp3(100), "audio/mpeg", 100 * 1152 * 1000 // 44100, id="MP3"),
        pytest.param(
            b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + sounds.mp3(50) + b"TAG" + bytes(125),
            "audio/mpeg",
            50 * 1152 * 1000 // 44100,
            id="MP3 between two tags",
        ),
    ],
)
def test_a_sound_is_known_with_its_length(
    content: bytes, media_type: str, milliseconds: int
) -> None:
    found = audio.read(content)
    assert (found.media_type, found.milliseconds) == (media_type, milliseconds)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"%PDF-1.7 a letter", id="a letter"),
        pytest.param(b"<svg onload='x'/>", id="a picture with a script"),
        pytest.param(b"RIFF\x00\x00\x00\x00AVI LIST", id="a film"),
        pytest.param(sounds.wav(3)[:-100], id="a WAV that was cut off"),
        pytest.param(sounds.wav(3)[:40], id="the head of a WAV"),
        pytest.param(sounds.vorbis()[:-40], id="an Ogg without its last page"),
        pytest.param(sounds.flac(samples=0), id="a FLAC that does not say how long it is"),
        pytest.param(sounds.mp3(3), id="three frames of an MP3"),
        pytest.param(sounds.mp3(20) + b"x" * 70_000 + sounds.mp3(20), id="an MP3 with a hole"),
        pytest.param(sounds.flac(samples=44100 * 7201), id="longer than two hours"),
        pytest.param(sounds.flac(samples=4410), id="a click"),
    ],
)
def test_what_cannot_be_played_to_its_end_is_refused(content: bytes) -> None:
    with pytest.raises(audio.AudioError):
        audio.read(content)


HEADS = st.sampled_from(
    [sounds.wav(1), sounds.mp3(9), sounds.flac(), sounds.vorbis(), sounds.opus()]
)


@given(HEADS, st.data())
def test_damage_is_refused_and_never_breaks_the_reader(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, min(len(whole) - 1, 80)))
    damaged = (
        whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 9)) :]
    )
    try:
        found = audio.read(damaged)
    except audio.AudioError:
        return
    assert audio.MILLISECONDS_MIN <= found.milliseconds <= audio.MILLISECONDS_MAX
