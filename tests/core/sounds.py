"""Small true sound files of each format, made by hand: the heads of real ones, and silence."""

from __future__ import annotations

import io
import struct
import wave


def wav(seconds: int = 3, rate: int = 8000, loud: int = 0) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack("<h", loud) * rate * seconds)
    return written.getvalue()


def mp3(frames: int = 100) -> bytes:
    """MPEG 1 layer III, 128 kbit/s at 44,100: 417 bytes and 1,152 samples a frame."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def flac(samples: int = 44100 * 5, rate: int = 44100) -> bytes:
    packed = rate << 44 | 1 << 41 | 15 << 36 | samples
    return b"fLaC\x80\x00\x00\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(16)


def _page(kind: int, granule: int, body: bytes) -> bytes:
    head = b"OggS\x00" + bytes([kind]) + struct.pack("<qIII", granule, 7, 0, 0)
    return head + bytes([1, len(body)]) + body


def vorbis(seconds: int = 4, rate: int = 44100) -> bytes:
    first = b"\x01vorbis" + struct.pack("<IBI", 0, 2, rate) + bytes(14)
    return _page(2, 0, first) + _page(4, seconds * rate, b"sound")


def opus(seconds: int = 4) -> bytes:
    first = b"OpusHead\x01\x02" + struct.pack("<H", 312) + struct.pack("<I", 44100) + bytes(3)
    return _page(2, 0, first) + _page(4, seconds * 48000 + 312, b"sound")
