"""What went badly is named by a term of the list or in plain words, and graded by nobody but us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from holdspace.care.actions import WrongInput
from holdspace.care.events import AdverseEvent, body_of
from holdspace.care.models import EventKind
from holdspace.care.shipped import event_terms
from holdspace.core.canonical import to_text
from holdspace.medicine import actions, handing_over, page
from tests.rooms.factory import Day, played

pytestmark = pytest.mark.django_db
# The 26 system organ classes of CTCAE v5.0.
CLASSES = {
    "Blood and lymphatic system disorders", "Cardiac disorders",
    "Congenital, familial and genetic disorders", "Ear and labyrinth disorders",
    "Endocrine disorders", "Eye disorders", "Gastrointestinal disorders",
    "General disorders and administration site conditions", "Hepatobiliary disorders",
    "Immune system disorders", "Infections and infestations",
    "Injury, poisoning and procedural complications", "Investigations",
    "Metabolism and nutrition disorders", "Musculoskeletal and connective tissue disorders",
    "Neoplasms benign, malignant and unspecified (incl cysts and polyps)",
    "Nervous system disorders", "Pregnancy, puerperium and perinatal conditions",
    "Psychiatric disorders", "Renal and urinary disorders",
    "Reproductive system and breast disorders",
    "Respiratory, thoracic and mediastinal disorders", "Skin and subcutaneous tissue disorders",
    "Social circumstances", "Surgical and medical procedures", "Vascular disorders",
}  # fmt: skip
# Often taken for terms of CTCAE v5.0, and none of them is one.
NO_TERMS = (
    "dissociation", "depersonalization", "panic attack", "flashback", "diplopia",
    "feeling drunk", "hydronephrosis", "respiratory depression",
)  # fmt: skip
TYPED = [  # what is typed; the list's own spelling; how it is read
    ("Nausea", "Nausea", "Nausea (CTCAE 5)"),
    ("nausea", "Nausea", "Nausea (CTCAE 5)"),
    ("SINUS  tachycardia", "Sinus tachycardia", "Sinus tachycardia (CTCAE 5)"),
    ("chest pain - cardiac", "Chest pain - cardiac", "Chest pain - cardiac (CTCAE 5)"),
    ("felt very far away", "", "felt very far away (plain words)"),
    ("nausea and a headache", "", "nausea and a headache (plain words)"),
    ("Naus", "", "Naus (plain words)"),
    ("Dissociation", "", "Dissociation (plain words)"),
    ("🤢 queasy, Übelkeit", "", "🤢 queasy, Übelkeit (plain words)"),
]


@pytest.fixture
def day() -> Day:
    return played(stocked=False).guest().open()


def post(day: Day, screens: Any, **typed: str) -> Any:
    url = reverse("medicine:act", args=[day.session.id, "adverse-event"])
    return screens(day.house)(day.house.nurse).post(url, {"grade": "2", **typed})


def kept(day: Day) -> list[AdverseEvent]:
    rows = day.guest.course.events.filter(kind=EventKind.ADVERSE_EVENT)
    return [body_of(row.kind, row.body) for row in rows]


@pytest.mark.parametrize(("typed", "listed", "read"), TYPED, ids=[typed for typed, *_ in TYPED])
def test_a_term_is_kept_as_typed_with_the_lists_own_spelling(day, screens, typed, listed, read):
    assert post(day, screens, term=typed).status_code == 302
    (event,) = kept(day)
    assert (event.term, event.listed, event.grade) == (typed, listed, 2)
    assert event.edition == ("CTCAE 5" if listed else "")
    now = page.read(day.session, now=day.now, actor=day.house.nurse)
    (line,) = handing_over.sheet(now)["happened"]
    assert line["text"] == f"{read}, grade 2"
    browser = screens(day.house)(day.house.nurse)
    told = browser.get(reverse("medicine:timeline", args=[day.session.id])).content.decode()
    assert f"Adverse event: {read}, CTCAE grade 2" in told


@pytest.mark.parametrize("typed", ["", "   "])
def test_an_event_without_words_is_refused_at_its_field(day, screens, typed):
    answer = post(day, screens, term=typed, intervention="Sat up, cool cloth")
    assert answer.status_code == 422 and not kept(day)
    said = answer.content.decode()
    assert 'href="#adverse-event-term"' in said and "Sat up, cool cloth" in said
    with pytest.raises(WrongInput, match="CTCAE term, or plain words") as refused:
        actions.adverse_event(
            **day.common, event=AdverseEvent(typed, 2), at=day.now, by=day.house.nurse
        )
    assert refused.value.field == "term"


def test_a_term_without_the_clinicians_grade_is_refused(day, screens):
    assert post(day, screens, term="Nausea", grade="").status_code == 422
    assert not kept(day)


def test_nobody_hands_in_a_spelling_that_the_list_does_not_have(day):
    event = AdverseEvent("queasy", 1, listed="Nausea", edition="CTCAE 5")
    actions.adverse_event(**day.common, event=event, at=day.now, by=day.house.nurse)
    assert [(e.term, e.listed, e.edition) for e in kept(day)] == [("queasy", "", "")]


def test_the_field_offers_every_term_and_needs_no_script(day, screens):
    browser = screens(day.house)(day.house.nurse)
    html = browser.get(reverse("medicine:session", args=[day.session.id])).content.decode()
    assert html.count('<datalist id="event-terms">') == 1 and 'list="event-terms"' in html
    for term, system in event_terms().terms.items():
        assert f'<option value="{term}">{system}</option>' in html


def test_what_was_sealed_before_there_was_a_list_is_read_and_seals_the_same():
    text = '{"grade":2,"outcome":"settled","term":"nausea"}'
    event = body_of(EventKind.ADVERSE_EVENT, text)
    assert (event.term, event.listed, event.edition) == ("nausea", "", "")
    assert event.named == "nausea (plain words)" and to_text(event) == text
    assert json.loads(to_text(AdverseEvent("nausea", 2, listed="Nausea", edition="CTCAE 5"))) == {
        "edition": "CTCAE 5", "grade": 2, "listed": "Nausea", "term": "nausea",
    }  # fmt: skip


def test_the_list_has_terms_of_that_edition_alone_each_in_its_class():
    terms = event_terms().terms
    assert len(terms) == 79 and list(terms) == sorted(terms)
    assert set(terms.values()) <= CLASSES
    assert len({term.casefold() for term in terms}) == len(terms)
    for words in NO_TERMS:
        assert event_terms().recognise(words) == "", words
    for term in terms:
        assert event_terms().recognise(term.upper()) == term
