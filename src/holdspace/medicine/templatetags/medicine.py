"""The form of an act by its name, since names have hyphens; and which of its fields sign."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def formof(forms: Any, key: str) -> Any:
    """The page's form for an act."""
    return forms[key]


register.filter("formof", formof)

SIGNS = frozenset({"password", "code", "second_email", "second_password"})


@register.filter
def signs(bound: Any) -> bool:
    """Whether a field belongs to the signature, which a form shows at its end."""
    return bound.name in SIGNS
