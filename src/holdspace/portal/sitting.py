"""What one browser did with one form in one sitting; it forgets when the person has left.

No answer is kept here, only which questions were answered from this browser: the answers
themselves are in the record, and a link alone never shows them again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from holdspace.assessment.models import FormRequest

SITTINGS_KEY = "sittings"
DONE_KEY = "form_done"
FORGETS_SECONDS = 30 * 60
SITTINGS_MAX = 5  # in one browser at once; a tablet that is handed round does not gather them


class Sitting:
    """One form in this browser's session, read when it is made and written by each verb."""

    def __init__(self, http: HttpRequest, form_id: object, now: datetime) -> None:
        self._session, self._key, self._now = http.session, str(form_id), now
        known = http.session.get(SITTINGS_KEY, {}).get(self._key, {})
        too_old = int(now.timestamp()) - known.get("at", 0) > FORGETS_SECONDS
        self._kept: dict[str, Any] = {} if too_old else dict(known)

    @property
    def begun(self) -> bool:
        return bool(self._kept)

    @property
    def given(self) -> frozenset[str]:
        """The questions that were answered in this sitting."""
        return frozenset(self._kept.get("given", ()))

    @property
    def needs_help(self) -> bool:
        """Whether an answer of this sitting showed help; from then on help stays on the page."""
        return bool(self._kept.get("help"))

    @property
    def call(self) -> str:
        """What was said to "may a person call you?": "yes", "no", or nothing yet."""
        return str(self._kept.get("call", ""))

    def begin(self) -> None:
        self._write()

    def answered(self, item: str, *, needs_help: bool) -> None:
        self._kept["given"] = [*(code for code in self.given if code != item), item]
        if needs_help:
            self._kept["help"] = True
        self._write()

    def said_to_a_call(self, word: str) -> None:
        self._kept["call"] = word
        self._write()

    def _write(self) -> None:
        self._kept["at"] = int(self._now.timestamp())
        others = dict(self._session.get(SITTINGS_KEY, {}))
        others.pop(self._key, None)
        newest = dict(list(others.items())[1 - SITTINGS_MAX :])
        self._session[SITTINGS_KEY] = newest | {self._key: self._kept}


def sitting_of(http: HttpRequest, form: FormRequest) -> Sitting:
    return Sitting(http, form.id, http.now)  # type: ignore[attr-defined]
