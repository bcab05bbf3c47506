"""A link that opens a form is a key: it never stands in a log."""

from __future__ import annotations

import logging
import re

KEY_IN_ADDRESS = re.compile(r"(/(?:forms|forms/music|people/join)/)[^/\s?\"']{16,}")
HIDDEN = r"\1…"


class HideKeys(logging.Filter):
    """Puts an ellipsis where an address holds a token, in the words of a record and its parts."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes; a key in it does not."""
        record.msg = KEY_IN_ADDRESS.sub(HIDDEN, record.getMessage())
        record.args = ()
        return True
