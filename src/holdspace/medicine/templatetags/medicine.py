"""One tag: the form of an act by its name, since names have hyphens."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def formof(forms: Any, key: str) -> Any:
    """The page's form for an act."""
    return forms[key]


register.filter("formof", formof)
