"""The browser's tests share one played demo; each module walks in its own copy of the folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.clinic import CHROMIUM_FLAGS, ClinicHouse, Server, morning

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is `browser`."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was played up to tomorrow morning."""
    server = Server(tmp_path_factory.mktemp("played") / "data")
    server.play(morning())
    return server.folder


@pytest.fixture(scope="module")
def server(played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("served") / "data")
    shutil.copytree(played, server.folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def house(server: Server) -> Iterator[ClinicHouse]:
    """Staff and visitors at the real pages, in Debian's Chromium.

    For one module only: while it runs, its event loop stands in the way of Django's own tests.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    assert found, "no Chromium on PATH; tools/system-packages installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        house = ClinicHouse(server, browser)
        yield house
        house.close()
        browser.close()
