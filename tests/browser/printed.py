"""A page as Chromium prints it: how many sheets of paper, and how small its smallest word is."""

from __future__ import annotations

import re

from playwright.sync_api import Page

PAPERS = ("A4", "Letter")
# Chromium writes each page of a PDF as an object of this type, and their list as /Pages.
A_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
NARROWEST = {"width": 718, "height": 1000}  # A4 less the widest margin that a paper has here
SMALLEST = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), owner = walker.currentNode.parentElement;
    if (!words || !owner.checkVisibility() || owner.closest(".visually-hidden, title")) continue;
    const drawn = owner.closest("svg");
    const scale = drawn ? drawn.getScreenCTM().a : 1;
    found.push([parseFloat(getComputedStyle(owner).fontSize) * scale * 0.75, words.slice(0, 40)]);
  }
  return found.sort((one, other) => one[0] - other[0])[0];
}"""


def sheets_of_paper(page: Page, paper: str) -> int:
    """How many pages of A4 or Letter the page in front of the desk prints."""
    return len(A_PAGE.findall(page.pdf(format=paper)))


def smallest_words(page: Page) -> tuple[float, str]:
    """The size in points of the smallest words on paper, and those words; nothing overflows."""
    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
    page.emulate_media(media="print")
    points, words = page.evaluate(SMALLEST)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.emulate_media(media="null")
    assert wide <= NARROWEST["width"], f"{wide} px are shrunk onto the paper"
    return points, words
