"""What is typed about a track."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.core.audio import ACCEPTED

YES_NO = [("no", _("No")), ("yes", _("Yes"))]


class TrackForm(forms.Form):
    """A sound file with what has to be known of it before it is played to anybody."""

    file = forms.FileField(
        label=_("Sound file"),
        help_text=_("%(kinds)s, up to 40 MB. Its length is read from the file.")
        % {"kinds": ACCEPTED},
        widget=forms.ClearableFileInput(attrs={"accept": ".ogg,.opus,.mp3,.flac,.wav"}),
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    maker = forms.CharField(label=_("Made by"), max_length=120)
    licence = forms.CharField(
        label=_("Why the clinic may play it"),
        max_length=300,
        help_text=_("Such as: CC BY 4.0, or: bought, with a licence for use in treatment."),
    )
    has_lyrics = forms.ChoiceField(
        label=_("Does it have words that are sung or spoken?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
    )
    loudness = forms.CharField(
        label=_("How loud it is"),
        max_length=80,
        required=False,
        help_text=_("Such as: quiet throughout, or: one loud swell at 3:10."),
    )


class RetireForm(forms.Form):
    """Why a track is no longer played."""

    track = forms.UUIDField(widget=forms.HiddenInput)
    because = forms.CharField(label=_("Why it is retired"), max_length=200)
