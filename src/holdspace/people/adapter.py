"""Sign-in by a well-kept library, with our three rules: no open sign-up, no account of someone
whose work here has ended, and second-factor secrets never stored in the clear."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People join by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def can_delete_email(self, email_address: Any) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps TOTP keys and recovery seeds encrypted under the program's secret."""

    def encrypt(self, text: str) -> str:
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _vault().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return "Holdspace"


def _vault() -> MultiFernet:
    """The newest secret encrypts; older ones (`SECRET_KEY_FALLBACKS`) still decrypt."""
    secrets = [str(s) for s in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = (hashlib.sha256(b"holdspace second factor" + s.encode()).digest() for s in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(d)) for d in digests])
