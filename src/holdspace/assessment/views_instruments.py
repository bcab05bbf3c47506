"""The questionnaires of the clinic: which have their words, which wait for a licence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_http_methods

from holdspace.assessment import actions
from holdspace.assessment.actions.wording import WORDS_MAX
from holdspace.assessment.instruments import instruments, scale, standing_wording
from holdspace.care.actions import WrongInput
from holdspace.care.typed import in_words
from holdspace.core.scale_wording import FILE_CHARACTERS_MAX, read_wording, with_wording
from holdspace.core.scales import Scale, ScaleError
from holdspace.people.access import May
from holdspace.people.guard import requires


class WordingForm(forms.Form):
    """The licence, and the words: a file, or the same pasted."""

    holder = forms.CharField(
        label=__("Who holds the licence"),
        max_length=WORDS_MAX,
        help_text=__("The clinic or person that the rights holder named."),
    )
    reference = forms.CharField(
        label=__("Licence reference"),
        max_length=WORDS_MAX,
        help_text=__("A number, or the letter with its date."),
    )
    licensed_on = forms.DateField(
        label=__("Licensed on"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    file = forms.FileField(
        label=__("File with the words"),
        required=False,
        help_text=__("JSON, or CSV with the columns item, option, text."),
    )
    words = forms.CharField(
        label=__("Or the same text, pasted"),
        required=False,
        max_length=FILE_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        sent = data.get("file")
        if sent is not None:
            read = sent.read(4 * FILE_CHARACTERS_MAX + 1).decode("utf-8", errors="replace")
            data["words"] = read
        if not data.get("words") and "words" not in self.errors:
            self.add_error("words", _("Choose a file or paste its text."))
        return data


@requires(May.KEEP_INSTRUMENTS)
def instruments_here(request: HttpRequest) -> HttpResponse:
    """Every instrument: its words, its licence, and how far its file was checked."""
    clinic = request.actor.clinic  # type: ignore[attr-defined]
    loaded = standing_wording(clinic)
    rows = [(each, loaded.get(each.id)) for each in instruments(clinic).values()]
    return render(request, "assessment/instruments.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@requires(May.KEEP_INSTRUMENTS)
def instrument(request: HttpRequest, name: str) -> HttpResponse:
    """One instrument: what it is, its words as they are shown, load them or end them."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    asked = instruments(actor.clinic).get(name)
    if asked is None:
        raise Http404
    loadable = asked.fillable and not scale(name).wording_included
    if request.method == "POST" and not loadable:
        raise Http404
    if "end" in request.POST:
        try:
            actions.end_wording(clinic=actor.clinic, instrument=name, by=actor, now=now)
        except WrongInput:
            messages.info(request, _("It was ended already."))
        else:
            messages.success(request, _("This wording is no longer used."))
        return redirect("assessment:instrument", name)
    form = WordingForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    shown = asked
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            shown = _preview(form, scale(name)) or asked
        elif _loaded(form, name, request):
            messages.success(request, _("Loaded. The form is asked in these words from now on."))
            return redirect("assessment:instrument", name)
    context = {
        "scale": shown,
        "form": _kept(form) if form.is_bound else form,
        "loadable": loadable,
        "previewed": shown is not asked,
        "standing": standing_wording(actor.clinic).get(name),
    }
    return render(request, "assessment/instrument.html", context)


def _preview(form: WordingForm, asked: Scale) -> Scale | None:
    try:
        return with_wording(asked, read_wording(asked, form.cleaned_data["words"]), "")
    except ScaleError as error:
        said = f"{error.path}: {in_words(error)}"
        form.add_error("words", said)
        return None


def _loaded(form: WordingForm, name: str, request: HttpRequest) -> bool:
    data, actor = form.cleaned_data, request.actor  # type: ignore[attr-defined]
    try:
        actions.load_wording(
            clinic=actor.clinic,
            instrument=name,
            text=data["words"],
            holder=data["holder"],
            reference=data["reference"],
            licensed_on=data["licensed_on"],
            by=actor,
            now=request.now,  # type: ignore[attr-defined]
        )
    except WrongInput as wrong:
        field = wrong.field if wrong.field in ("holder", "reference", "licensed_on") else "words"
        form.add_error(field, in_words(wrong))
        return False
    return True


def _kept(form: WordingForm) -> WordingForm:
    """The form again with the text of a chosen file in its box, so that nothing is lost."""
    words = form.cleaned_data.get("words") if hasattr(form, "cleaned_data") else None
    if words and not form.data.get("words"):
        form.data = form.data.copy()
        form.data["words"] = words
    return form
