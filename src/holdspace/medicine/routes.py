"""By which way a dose went in: in words for paper, and as a choice beside the course's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from holdspace.core.facts import Route

ROUTE_WORDS = {
    Route.IM: "into a muscle", Route.IV: "into a vein", Route.SC: "under the skin",
    Route.SUBLINGUAL: "under the tongue", Route.INTRANASAL: "into the nose",
    Route.ESKETAMINE: "into the nose",
}  # fmt: skip
# As they are chosen: two go into the nose, and what goes in is not the same medicine.
CHOICE_WORDS = {
    Route.IM: _("into a muscle (IM)"), Route.IV: _("into a vein (IV)"),
    Route.SC: _("under the skin (SC)"), Route.SUBLINGUAL: _("under the tongue"),
    Route.INTRANASAL: _("into the nose, ketamine"),
    Route.ESKETAMINE: _("into the nose, esketamine"),
}  # fmt: skip
SAME = ""  # as the course has it: also what an entry says that was kept before there was a choice


class RouteField(forms.ChoiceField):
    """The route of a dose that was given. Cleaned to a Route; None means the course's own."""

    quiet_optional = True
    own: Route | None = None

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Route"), required=False, **more)
        self.is_of(None)

    def is_of(self, own: Route | None) -> None:
        """Offer the course's own route first, by its empty value, then the others in words."""
        self.own, first = own, _("as in this course")
        if own is not None:
            first = format_lazy("{} ({})", first, own.value.upper())
        others = [(route.value, CHOICE_WORDS[route]) for route in Route if route is not own]
        self.choices = [(SAME, first), *others]
        accepted = format_lazy("{}" + "; {}" * len(others), first, *(w for _key, w in others))
        self.error_messages["invalid_choice"] = format_lazy(
            "{} {} {}.", _("“%(value)s” is no route that is known here."), _("Accepted:"), accepted
        )

    def valid_value(self, value: Any) -> bool:
        """The course's own route may be named too: it is what the empty choice means."""
        return super().valid_value(value) or (self.own is not None and value == self.own.value)

    def clean(self, value: Any) -> Route | None:  # type: ignore[override]
        said = super().clean(value)
        return Route(said) if said else None
