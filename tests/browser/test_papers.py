"""The papers of the room are one page each, on A4 and on US Letter, also on a busy day."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.busy import EVENTS, LONG_NOTE, SETS, SHOWN, TAKEN
from tests.browser.clinic import ClinicHouse, Server, morning
from tests.browser.printed import PAPERS, sheets_of_paper, smallest_words
from tests.browser.screens import IN_SESSION, Places

SMALLEST_POINTS = 7


@pytest.fixture(scope="module", params=["busy", "overfull"])
def day(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def server(day: str, played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp(day) / "data")
    shutil.copytree(played, server.folder)
    now = morning(12, 50)
    filled = subprocess.run(
        [sys.executable, "-m", "tests.browser.busy", now.isoformat(), day],
        env=server.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert filled.returncode == 0, filled.stdout[-2000:] + filled.stderr[-3000:]
    server.set_clock(now)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


def at(house: ClinicHouse, places: Places, paper: str) -> Page:
    path = paper if paper.startswith("/") else f"{places.session(IN_SESSION)}{paper}/"
    return house.desk("nurse").open(path)


def words(page: Page, part: str = "main") -> str:
    return " ".join((page.locator(part).text_content() or "").split())


@pytest.mark.parametrize("form", PAPERS)
@pytest.mark.parametrize("paper", ["hand-over", "timeline", "instructions"])
def test_the_paper_of_a_session_is_one_page(
    house: ClinicHouse, places: Places, paper: str, form: str
):
    assert sheets_of_paper(at(house, places, paper), form) == 1


@pytest.mark.parametrize("form", PAPERS)
def test_each_session_sheet_is_one_page(house: ClinicHouse, places: Places, form: str):
    page = at(house, places, "/medicine/downtime/")
    sheets = page.locator(".sheet").count()
    assert sheets >= 3, "the test needs rooms that are still at work"
    assert sheets_of_paper(page, form) == sheets


@pytest.mark.parametrize("paper", ["hand-over", "timeline", "instructions", "/medicine/downtime/"])
def test_every_word_on_paper_can_be_read(house: ClinicHouse, places: Places, paper: str):
    points, smallest = smallest_words(at(house, places, paper))
    assert points >= SMALLEST_POINTS, smallest


def test_the_hand_over_counts_the_sets_it_does_not_show_and_names_where_they_are(
    house: ClinicHouse, places: Places
):
    page = at(house, places, "hand-over")
    shown = page.locator(".paper-sets tbody tr:not(.last)").count()
    said = re.search(r"(\d+) more sets, taken [\d:]+ to [\d:]+, are not on this page", words(page))
    assert said and int(said[1]) + shown == SETS + 2  # the demo charted two sets before
    assert "they stand on the session’s timeline" in words(page)
    assert "184/112" in words(page, ".paper-sets") and "91 %" in words(page, ".paper-sets")


def test_the_hand_over_has_the_scores_and_names_what_has_no_place_on_it(
    house: ClinicHouse, places: Places
):
    said = words(at(house, places, "hand-over"))
    scores = r"0 to 10: Dissociation \d [\d:]+ · Distress \d [\d:]+ · Nausea \d [\d:]+ · Pain \d"
    assert re.search(scores, said) and "lowest sedation score" in said
    assert "timeline alone stand: notes (15), observations that could not be taken (2)" in said


def test_the_hand_over_names_every_dose_and_every_medicine(
    house: ClinicHouse, places: Places, day: str
):
    said = words(at(house, places, "hand-over"))
    events, medicines = SHOWN[day]
    assert all(name in said for name in TAKEN[:medicines])
    doses = at(house, places, "hand-over").locator("li", has_text="into a muscle (IM)").count()
    assert doses == {"busy": 3, "overfull": 7}[day]
    if day == "busy":
        assert all(term in said for term in EVENTS[:events]) and "Not on this page" not in said
    else:
        assert "Not on this page: earlier adverse events (2)" in said


def test_the_list_under_the_picture_says_what_it_leaves_out(
    house: ClinicHouse, places: Places, day: str
):
    page = at(house, places, "timeline")
    listed, said = words(page, ".one-list"), words(page, ".print-only")
    sets = (
        "sets of readings, whose pressures, rates, SpO2 (without the oxygen flow) and scores the"
        " picture has"
    )
    assert f"{sets} ({SETS + 3})" in said  # two of the demo's, and the answers of readiness
    assert "They stand on the timeline of this session on the screen." in said
    assert all(f"Gave {mg} mg IM" in listed for mg in (50, 20)) and "Ambulance called" in listed
    notes = page.locator(".one-list .note").count()
    left_out = re.search(r"notes \((\d+)\)", said)
    assert notes + int(left_out[1] if left_out else 0) == 15
    assert (notes == 15) is (day == "busy")
    assert LONG_NOTE.strip() not in listed
    assert (
        day == "overfull" or "Eyes closed, breathing slowly. Spoke for a while of the …" in listed
    )


def test_the_screen_still_has_every_line_of_the_day(house: ClinicHouse, places: Places):
    page = at(house, places, "timeline")
    assert page.locator("#timeline .timeline > li").count() > SETS
    assert LONG_NOTE.strip() in words(page, "#timeline")
    assert not page.locator(".one-list").is_visible()
