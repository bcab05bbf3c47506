"""The parts that every page is made of say the same thing about the same value."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from holdspace.config import context
from holdspace.config.templatetags import ui
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.words import WORDS

NOW = datetime(2025, 3, 3, 14, 2, tzinfo=UTC)


def draw(text: str, **values: Any) -> str:
    drawn = Template("{% load ui %}" + text).render(Context({"now": NOW, **values}))
    return " ".join(drawn.split())


def finding(verdict: str, **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "evidence": "E", "rule": "R", "source": "S", **more}


def groups(*items: Any) -> list[str]:
    return [group["key"] for group in ui.findings(items)["groups"]]


def test_findings_are_grouped_by_weight_whatever_order_they_come_in() -> None:
    items = [finding(v) for v in ("pass", "note", "hold", "unknown", "fail")]
    assert groups(*items) == ["fail", "unknown", "hold", "note", "pass"]


def test_a_waived_failure_is_shown_as_waived_and_not_as_met() -> None:
    assert groups(finding("fail", waived_by="Amara Osei: usual value")) == ["waived"]


def test_what_is_not_known_stays_not_known_even_if_somebody_claims_to_have_waived_it() -> None:
    assert groups(finding("unknown", waived_by="Amara Osei")) == ["unknown"]


def test_a_core_finding_is_drawn_without_being_copied_into_a_dict_first() -> None:
    code = Code.CONSENT_MISSING
    drawn = draw("{% findings items %}", items=[Finding(code, Verdict.FAIL, "E", "R", "S")])
    assert WORDS[code].sentence in drawn
    assert "this limit is hard" not in drawn  # what is missing is put right, not waived
    limit = Finding(
        Code.DOSE_CEILING_EXCEEDED, Verdict.FAIL, "E", "R", "S", value=Decimal(9), limit=Decimal(8)
    )
    assert "Nobody: this limit is hard." in draw("{% findings items %}", items=[limit])


def test_a_rule_that_passed_shows_its_label_and_never_the_sentence_of_its_refusal() -> None:
    code = Code.CONSENT_MISSING
    words = WORDS[code]
    passed = finding("pass", code=code, sentence=words.sentence, remedy=words.remedy)
    drawn = draw("{% findings items %}", items=[passed])
    assert words.label in drawn
    assert words.sentence not in drawn and words.remedy not in drawn


def test_every_finding_shows_rule_source_and_who_can_change_it() -> None:
    item = finding("fail", waivable_by=("prescriber",), awaiting_signature=True, remedy="Rest.")
    drawn = draw("{% findings items %}", items=[item])
    for words in ("R", "S", "May be waived by: prescriber", "Rest.", "director’s signature"):
        assert words in drawn


def test_text_of_the_record_is_escaped() -> None:
    drawn = draw("{% findings items %}", items=[finding("fail", sentence="<script>x</script>")])
    assert "<script>" not in drawn


def test_yes_and_no_are_the_same_list_under_another_headline() -> None:
    passed = finding("pass", evidence="132/84 mmHg")
    yes = draw("{% decision d %}", d={"allowed": True, "findings": [passed]})
    no = draw("{% decision d %}", d={"allowed": False, "findings": [passed, finding("fail")]})
    assert "Yes, this may happen now" in yes and "Not now" in no
    assert "132/84 mmHg" in yes and "132/84 mmHg" in no
    assert "1 thing stands in the way" in no


def test_the_most_limiting_finding_of_a_decision_is_open_and_the_others_are_not() -> None:
    items = [finding("pass"), finding("unknown"), finding("fail")]
    drawn = draw("{% decision d %}", d={"allowed": False, "findings": items})
    assert drawn.count("<details open>") == 1
    assert drawn.index("<details open>") < drawn.index('data-verdict="unknown"')


def test_the_journey_names_each_phase_and_what_its_doors_need() -> None:
    door = {"name": "Clearance", "verdict": "unknown", "needs": 2}
    phases = [{"name": "Assessment", "word": "Assessing", "state": "current", "doors": [door]}]
    drawn = draw("{% journey phases %}", phases=phases)
    assert 'aria-current="step"' in drawn
    assert "Assessing" in drawn and "needs 2 things" in drawn


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (59, "just now"), (60, "1 min ago"), (5399, "89 min ago"),
     (5400, "1 h ago"), (129_599, "35 h ago"), (129_600, "1 day ago"), (-240, "in 4 min")],
)  # fmt: skip
def test_an_age_is_said_in_the_unit_that_matters(seconds: int, said: str) -> None:
    assert ui.age_words(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "now"), (59, "now"), (60, "1 min"), (5400, "1 h"), (-240, "in 4 min")]
)
def test_an_age_is_said_in_short_where_little_room_is(seconds: int, said: str) -> None:
    assert ui.age_words(NOW - timedelta(seconds=seconds), NOW, short=True) == said


def test_a_countdown_that_has_passed_says_by_how_much() -> None:
    late = draw("{% countdown at %}", at=NOW - timedelta(minutes=4))
    assert "overdue by 4 min" in late and "overdue" in late


def test_a_running_clock_shows_hours_minutes_and_seconds() -> None:
    since = NOW - timedelta(hours=1, minutes=2, seconds=3)
    assert ">1:02:03<" in draw("{% elapsed at %}", at=since)


def test_a_number_has_its_unit_its_time_its_age_and_its_source() -> None:
    drawn = draw('{% quantity 142 "mmHg" at=at source="cuff" %}', at=NOW - timedelta(minutes=4))
    for words in ("142", "mmHg", "13:58", "4 min ago", "cuff"):
        assert words in drawn


def test_kilograms_stand_beside_pounds() -> None:
    assert "(157 lb)" in draw('{% quantity 71.4 "kg" %}')


def test_a_missing_number_is_a_gap_and_not_a_nought() -> None:
    drawn = draw('{% quantity None "%" %}')
    assert "not measured" in drawn and "0" not in drawn


def test_allergies_that_were_never_asked_are_not_shown_as_none() -> None:
    assert "Allergies not recorded" in draw("{% person_banner p %}", p={"name": "M"})
    assert "No known allergies" in draw("{% person_banner p %}", p={"name": "M", "allergies": []})


def test_a_state_has_the_same_tone_everywhere_unless_the_page_says_otherwise() -> None:
    assert 'class="status good"' in draw('{% status "Ready" %}')
    assert 'class="status attention"' in draw('{% status "Ready" tone="attention" %}')


def test_an_icon_that_does_not_exist_is_refused_with_the_list_of_those_that_do() -> None:
    with pytest.raises(TemplateSyntaxError, match="check"):
        draw('{% icon "unicorn" %}')


def test_every_verdict_has_an_icon_on_the_sheet() -> None:
    assert set(ui.VERDICT_ICON.values()) <= ui.ICONS
    assert {verdict.value for verdict in Verdict} <= set(ui.VERDICT_WORD)


class Reading(forms.Form):
    systolic = forms.IntegerField(label="Systolic", max_value=260)
    fasted = forms.ChoiceField(choices=[("y", "Yes")], widget=forms.RadioSelect)
    note = forms.CharField(required=False)


def test_a_wrong_answer_names_its_field_and_what_would_be_accepted() -> None:
    form = Reading({"systolic": "1500"})
    drawn = draw('{% field form.systolic unit="mmHg" accepted="50 to 260" %}', form=form)
    assert 'aria-invalid="true"' in drawn
    assert "id_systolic_error" in drawn and "Accepted: 50 to 260 mmHg" in drawn
    assert 'value="1500"' in drawn, "what was typed is still there"


def test_choices_are_a_fieldset_with_its_question_as_legend() -> None:
    drawn = draw("{% field form.fasted %}", form=Reading())
    assert "<fieldset" in drawn and "<legend>Fasted" in drawn and "Yes" in drawn


def test_an_optional_field_says_so() -> None:
    assert "(optional)" in draw("{% field form.note %}", form=Reading())


def test_pages_of_a_list_keep_the_question_that_was_asked() -> None:
    request = RequestFactory().get("/people/?q=mar&page=2")
    page = Paginator(range(50), 20).page(2)
    drawn = draw("{% pager page %}", page=page, request=request)
    assert "?q=mar&amp;page=1" in drawn and "?q=mar&amp;page=3" in drawn


def test_the_navigation_holds_only_what_the_person_may_open_and_marks_where_they_are() -> None:
    held = {"see_people_list": True, "see_access_log": True, "see_register": False}
    items = context.nav(held, "/people/access-log/")
    assert [(str(i["label"]), i["current"]) for i in items] == [("People", False), ("Trust", True)]


def test_an_unknown_theme_in_the_cookie_is_ignored() -> None:
    request = RequestFactory().get("/", HTTP_COOKIE='theme="><script>')
    assert context.ui(request)["theme"] == ""
