"""What a sound file is, by its bytes and not by its name: its kind and how long it plays.

Enough of four formats is read to know the length. Nothing is decoded, and what cannot be read to
its end is refused: a player that stops in the middle of a session is worse than one track less.
"""

from __future__ import annotations

from dataclasses import dataclass

ACCEPTED = "Ogg (Vorbis or Opus), MP3, FLAC or WAV"
MILLISECONDS_MIN = 1_000
MILLISECONDS_MAX = 2 * 60 * 60 * 1000


class AudioError(ValueError):
    """The bytes are no sound that can be played to its end; the words say why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that plays: its media type, its usual ending and its length."""

    media_type: str
    ending: str
    milliseconds: int


def read(content: bytes) -> Sound:
    """What these bytes are. Raises AudioError for anything that is not one of the four formats."""
    for starts, media_type, ending, length in _FORMATS:
        if starts(content):
            try:
                found = length(content)
            except (IndexError, ZeroDivisionError) as error:
                raise AudioError("The file ends too soon.") from error
            if not MILLISECONDS_MIN <= found <= MILLISECONDS_MAX:
                raise AudioError("It is shorter than a second or longer than two hours.")
            return Sound(media_type, ending, found)
    raise AudioError("These bytes are no sound file that is kept here.")


def _little(content: bytes, at: int, size: int) -> int:
    if len(content) < at + size:
        raise IndexError(at)
    return int.from_bytes(content[at : at + size], "little")


def _big(content: bytes, at: int, size: int) -> int:
    if len(content) < at + size:
        raise IndexError(at)
    return int.from_bytes(content[at : at + size], "big")


# -- WAV: chunks of a name and a length; `fmt ` says bytes per second, `data` how many there are


def _is_wav(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WAVE"


def _wav(content: bytes) -> int:
    at, per_second = 12, 0
    while at + 8 <= len(content):
        name, size = content[at : at + 4], _little(content, at + 4, 4)
        if name == b"fmt ":
            per_second = _little(content, at + 16, 4)
        if name == b"data":
            if at + 8 + size > len(content):
                raise AudioError("The file ends before its sound does.")
            return size * 1000 // per_second
        at += 8 + size + size % 2
    raise AudioError("There is no sound in the file.")


# -- FLAC: the first block says the rate (20 bits) and the number of samples (36 bits)


def _is_flac(content: bytes) -> bool:
    return content[:4] == b"fLaC"


def _flac(content: bytes) -> int:
    if content[4] & 0x7F:
        raise AudioError("The file does not begin as FLAC does.")
    packed = _big(content, 18, 8)
    samples, rate = packed & (2**36 - 1), packed >> 44
    if not samples:
        raise AudioError("The file does not say how long it is.")
    return samples * 1000 // rate


# -- Ogg: the first page names the codec and its rate, the last one the number of samples


def _is_ogg(content: bytes) -> bool:
    return content[:4] == b"OggS"


def _ogg(content: bytes) -> int:
    head = content[27 + content[26] :][:64]
    if head.startswith(b"\x01vorbis"):
        rate, skipped = _little(head, 12, 4), 0
    elif head.startswith(b"OpusHead"):
        rate, skipped = 48_000, _little(head, 10, 2)
    else:
        raise AudioError("The Ogg file holds neither Vorbis nor Opus.")
    last = content.rfind(b"OggS")
    if not content[last + 5] & 0x04:
        raise AudioError("The file ends before its sound does.")
    return (_little(content, last + 6, 8) - skipped) * 1000 // rate


# -- MP3: frame after frame, after an optional ID3 head

_MP3_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_FRAMES_MIN = 8
_MP3_TAIL_MAX = 64 * 1024  # tags of other programs behind the last frame


def _is_mp3(content: bytes) -> bool:
    return content[:3] == b"ID3" or _mp3_frame(content, 0) is not None


def _mp3_frame(content: bytes, at: int) -> tuple[int, int, int] | None:
    """(bytes, samples, samples a second) of the frame that begins here; None where none does."""
    if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = content[at + 1] >> 3 & 3, content[at + 1] >> 1 & 3
    kbps, rate = content[at + 2] >> 4, content[at + 2] >> 2 & 3
    if version == 1 or layer != 1 or rate == 3 or kbps in (0, 15):
        return None
    is_first = version == 3
    samples = 1152 if is_first else 576
    hertz = _MP3_RATES[version][rate]
    bits = _MP3_KBPS[1 if is_first else 2][kbps] * 1000
    return samples // 8 * bits // hertz + (content[at + 2] >> 1 & 1), samples, hertz


def _mp3(content: bytes) -> int:
    at = 0
    if content[:3] == b"ID3":
        size = [content[i] & 0x7F for i in range(6, 10)]
        at = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    while at < len(content) and content[at] == 0:  # padding after the tag
        at += 1
    frames = samples = 0
    hertz = 1
    while found := _mp3_frame(content, at):
        length, count, hertz = found
        at, frames, samples = at + length, frames + 1, samples + count
    if frames < _MP3_FRAMES_MIN or len(content) - at > _MP3_TAIL_MAX:
        raise AudioError("The MP3 file is damaged.")
    return samples * 1000 // hertz


_FORMATS = (
    (_is_wav, "audio/wav", "wav", _wav),
    (_is_flac, "audio/flac", "flac", _flac),
    (_is_ogg, "audio/ogg", "ogg", _ogg),
    (_is_mp3, "audio/mpeg", "mp3", _mp3),
)
