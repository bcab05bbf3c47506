"""The keys of private notes live in a file beside the database, never in it and never in a backup.

One line, one key, the newest first: notes are written with the first and read with any. Whoever
has the database, a backup or an export has no word of a note; whoever loses the file has lost them
all. `docs/private-notes.md` says how it is kept and renewed.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FORMAT = "1"
KEY_BYTES, NONCE_BYTES = 32, 12
KEY_ID_LENGTH = 12


class KeyMissing(Exception):
    """The key that a text was written with is not in the file; the text cannot be read here."""


def key_file() -> Path:
    return Path(settings.HOLDSPACE_NOTES_KEY)


def seal(text: str, *, clinic: UUID, author: UUID, bound_to: str, may_begin: bool) -> str:
    """Encrypt one text; `bound_to` must be given again to read it, so that rows can't be swapped.

    `may_begin` lets the very first text make the key file. Raises KeyMissing without a key.
    """
    keys = _keys()
    if not keys and not may_begin:
        raise KeyMissing(f"{key_file()} is missing")
    key = keys[0] if keys else add_key(only_the_first=True)
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(key, clinic, author).encrypt(nonce, text.encode(), bound_to.encode())
    return ":".join((FORMAT, key_id(key), base64.b64encode(nonce + sealed).decode()))


def unseal(sealed: str, *, clinic: UUID, author: UUID, bound_to: str) -> str:
    """The text again. Raises KeyMissing when its key is not here, or when it was tampered with."""
    form, name, body = sealed.split(":", 2)
    key = next((k for k in _keys() if key_id(k) == name), None)
    if form != FORMAT or key is None:
        raise KeyMissing(f"the key {name} is not in {key_file()}")
    raw = base64.b64decode(body)
    try:
        text = _cipher(key, clinic, author).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()
        )
    except InvalidTag as error:
        raise KeyMissing("this text is not what was written here") from error
    return text.decode()


def key_of(sealed: str) -> str:
    """The short name of the key that a text was written with."""
    return sealed.split(":", 2)[1]


def key_id(key: bytes) -> str:
    """A short name of a key that says nothing about it."""
    return hashlib.sha256(b"holdspace notes key\n" + key).hexdigest()[:KEY_ID_LENGTH]


def key_names() -> list[str]:
    """The names of the keys in the file, the one that is written with first."""
    return [key_id(key) for key in _keys()]


def add_key(*, only_the_first: bool = False) -> bytes:
    """Put a new key first; the older ones stay, since notes are never written anew.

    `only_the_first`: two first notes at once agree on one key.
    """
    path = key_file()
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = _keys()
        if before and only_the_first:
            return before[0]
        key = os.urandom(KEY_BYTES)
        lines = [base64.b64encode(k).decode() for k in [key, *before]]
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        return key


def _keys() -> list[bytes]:
    path = key_file()
    try:
        stamp = path.stat()
    except FileNotFoundError:
        return []
    return list(_read(str(path), stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=4)
def _read(path: str, changed: int, size: int) -> tuple[bytes, ...]:
    keys = []
    for line in Path(path).read_text().split():
        key = base64.b64decode(line, validate=True)
        if len(key) != KEY_BYTES:
            raise KeyMissing(f"{path} holds a line that is no key; put the kept copy back")
        keys.append(key)
    return tuple(keys)


def _cipher(key: bytes, clinic: UUID, author: UUID) -> AESGCM:
    """Every author in every clinic has a key of their own, made from the one in the file."""
    info = f"holdspace private note {FORMAT}|{clinic}|{author}".encode()
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key))
