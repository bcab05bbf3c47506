#!/usr/bin/env python3
"""Take the README's pictures from a demo that is played up to one fixed moment.

tools/screenshots.py              the pictures of docs/pictures
tools/screenshots.py --all DIR    every screen, wide and narrow, light and low light, for review
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402
from tests.browser.clinic import CHROMIUM_FLAGS, ClinicHouse, Server  # noqa: E402
from tests.browser.conftest import CHROMIUM_NAMES  # noqa: E402
from tests.browser.screens import SCREENS, Places, Screen  # noqa: E402

MOMENT = datetime.fromisoformat("2027-03-03T10:40:00-07:00")  # a Wednesday morning
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
BYTES_MAX = 250_000
# The name of the picture, the screen it shows, its size and its light.
PICTURES = (
    ("board", "board", WIDE, "light"),
    ("chart", "chart-completed", WIDE, "light"),
    ("decision", "decision", WIDE, "light"),
    ("session", "session", WIDE, "low-light"),
    ("register", "vial", WIDE, "light"),
    ("get-started", "get-started", PHONE, "light"),
)


@contextmanager
def clinic() -> Iterator[ClinicHouse]:
    """A clinic of invented people at the fixed moment, and a browser."""
    found = next(filter(None, map(which, CHROMIUM_NAMES)), None)
    if found is None:
        sys.exit("No Chromium on PATH; tools/system-packages installs one.")
    with tempfile.TemporaryDirectory(prefix="hs-pictures-") as folder:
        server = Server(Path(folder) / "data")
        print("Playing the demo ...")
        server.play(MOMENT)
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=found, args=list(CHROMIUM_FLAGS)
                )
                house = ClinicHouse(server, browser)
                yield house
                house.close()
                browser.close()
        finally:
            server.stop()


def take(
    house: ClinicHouse, places: Places, screen: Screen, file: Path, size: Any, light: str, *,
    whole: bool = False,
) -> None:  # fmt: skip
    """One picture of one screen."""
    desk = house.desk(screen.who) if screen.who else house.visitor()
    desk.context.add_cookies([{"name": "theme", "value": light, "url": house.server.url}])
    desk.page.set_viewport_size(size)
    desk.page.emulate_media(reduced_motion="reduce")
    desk.open(screen.path(places))
    desk.page.screenshot(path=file, full_page=whole)
    if not screen.who:
        desk.context.close()


def for_the_readme(house: ClinicHouse) -> None:
    places, by_name = Places(house), {screen.name: screen for screen in SCREENS}
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, shows, size, light in PICTURES:
        file = folder / f"{name}.png"
        take(house, places, by_name[shows], file, size, light)
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")
        if file.stat().st_size > BYTES_MAX:
            sys.exit(f"{file.name} is larger than {BYTES_MAX // 1000} kB")


def everything(house: ClinicHouse, folder: Path, only: str) -> None:
    places = Places(house)
    folder.mkdir(parents=True, exist_ok=True)
    for screen in SCREENS:
        if only and only not in screen.name:
            continue
        for width, size in ((1280, WIDE), (390, PHONE)):
            for light in ("light", "low-light"):
                file = folder / f"{screen.name}-{width}-{light}.png"
                try:
                    take(house, places, screen, file, size, light, whole=True)
                except AssertionError as problem:
                    print(f"{screen.name}: {problem}")
        print(screen.name, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="DIR", help="every screen into DIR")
    parser.add_argument("--only", default="", help="with --all: screens with this in their name")
    options = parser.parse_args()
    with clinic() as house:
        if options.all:
            everything(house, options.all, options.only)
        else:
            for_the_readme(house)


if __name__ == "__main__":
    main()
