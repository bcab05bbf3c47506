"""The clinic's own music: a file is added by what its bytes are, and retired with a reason."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from holdspace.care.actions import WrongInput
from holdspace.care.actions.files import keep_bytes
from holdspace.comfort.models import Track, TrackRetired
from holdspace.core import audio
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership
from holdspace.records.actions import record

TRACK_BYTES_MAX = 40 * 1024 * 1024
WORDS_MIN = 3


@dataclass(frozen=True, slots=True)
class NewTrack:
    """What somebody says of a file; its kind and its length are read from the bytes."""

    title: str
    maker: str
    licence: str
    has_lyrics: bool
    loudness: str = ""


@transaction.atomic
def add_track(*, said: NewTrack, content: bytes, by: Membership, now: datetime) -> Track:
    """Keep a sound file of the clinic.

    Raises WrongInput for words that are missing or too long, for bytes that are no sound that
    plays to its end, and for a file that the clinic has already.
    """
    if not by.may(May.KEEP_MUSIC, now):
        raise WrongInput("by", "Your role does not keep the music.", "a therapist")
    if not content:
        raise WrongInput("file", "The file is empty.", audio.ACCEPTED)
    if len(content) > TRACK_BYTES_MAX:
        raise WrongInput("file", "The file is too large.", f"up to {TRACK_BYTES_MAX >> 20} MB")
    try:
        sound = audio.read(content)
    except audio.AudioError as wrong:
        raise WrongInput("file", str(wrong), audio.ACCEPTED) from wrong
    digest = hashlib.sha256(content).hexdigest()
    row = Track.draft(
        now=now,
        clinic_id=by.clinic_id,
        title=_words("title", said.title, 120, 1, "what it is called"),
        maker=_words("maker", said.maker, 120, 1, "who made it"),
        licence=_words("licence", said.licence, 300, WORDS_MIN, "why the clinic may play it"),
        loudness=_words("loudness", said.loudness, 80, 0, "such as “quiet, one loud swell”"),
        has_lyrics=said.has_lyrics,
        milliseconds=sound.milliseconds,
        media_type=sound.media_type,
        file_digest=digest,
        size=len(content),
        by=by,
    )
    Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic_id)  # one of two at once is kept
    same = Track.objects.of(by.clinic).filter(file_digest=digest, retired=None).first()
    if same:
        raise WrongInput("file", f"This file is here already, as “{same.title}”.", "another file")
    keep_bytes(digest, content)
    record(
        rows=[row], stream=f"clinic:{by.clinic_id}", act="track_added", by=by, now=now,
        clinic_id=by.clinic_id,
    )  # fmt: skip
    return row


@transaction.atomic
def retire_track(*, track: Track, because: str, by: Membership, now: datetime) -> TrackRetired:
    """The clinic plays it no longer. Plans that name it say so. Raises WrongInput when it is."""
    if not by.may(May.KEEP_MUSIC, now):
        raise WrongInput("by", "Your role does not keep the music.", "a therapist")
    because = _words("because", because, 200, WORDS_MIN, "why, in a few words")
    track = Track.objects.select_for_update(of=("self",)).get(pk=track.pk)
    if TrackRetired.objects.filter(track=track).exists():
        raise WrongInput("track", "It is retired already.", "a track that is played")
    row = TrackRetired.draft(
        now=now, clinic_id=track.clinic_id, track=track, because=because, by=by
    )
    record(
        rows=[row], stream=f"clinic:{track.clinic_id}", act="track_retired", by=by, now=now,
        clinic_id=track.clinic_id,
    )  # fmt: skip
    return row


def _words(field: str, text: str, most: int, least: int, accepted: str) -> str:
    """Typed words in one line. Any script and any sign that can be seen will do."""
    cleaned = " ".join(text.split())
    if len(cleaned) < least:
        raise WrongInput(field, "This is needed.", accepted)
    if len(cleaned) > most:
        raise WrongInput(field, "This is too long.", f"up to {most} characters")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cleaned):
        raise WrongInput(field, "There is a sign in it that cannot be shown.", "plain words")
    return cleaned
