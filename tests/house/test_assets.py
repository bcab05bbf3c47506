"""A page is whole on a network with no way out, and nothing in it can run that we did not write."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "holdspace"
STATIC = SOURCE / "config" / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))
LOADING_TAG = re.compile(
    r"<(?!a\b)\w[^>]*?\s(?:src|href|action|srcset|poster|data)=[\"'](\S+?)[\"']"
)
INLINE = {
    "an inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))"),
    "an inline style sheet": re.compile(r"<style\b"),
    "a style attribute": re.compile(r"<[^>]*\sstyle=[\"']"),
    "an event attribute": re.compile(r"<[^>{%]*\son[a-z]+=[\"']"),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}


def elsewhere(address: str) -> bool:
    return address.startswith("//") or bool(re.match(r"(?:https?|wss?|ftp):", address))


def own_files(*suffixes: str) -> Iterator[Path]:
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in suffixes and VENDOR not in path.parents:
            yield path


def manifest() -> dict:
    return json.loads((VENDOR / "manifest.json").read_text())


def test_every_vendored_file_is_the_one_in_the_manifest() -> None:
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == manifest()["sha256"]


def test_every_vendored_package_names_its_version_and_brings_its_licence() -> None:
    folders = {path.name for path in VENDOR.iterdir() if path.is_dir()}
    assert folders == {package["folder"] for package in manifest()["packages"]}
    for package in manifest()["packages"]:
        assert package["version"] and package["licence"]
        assert (VENDOR / package["licence_file"]).stat().st_size > 0


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_template_loads_from_another_host_or_carries_code_inside(template: Path) -> None:
    text = template.read_text()
    assert not [address for address in LOADING_TAG.findall(text) if elsewhere(address)]
    for name, pattern in INLINE.items():
        assert not pattern.search(text), f"{name}: {pattern.search(text)}"


def test_no_style_sheet_or_script_of_ours_reaches_another_host() -> None:
    for path in own_files(".css", ".js"):
        text = path.read_text()
        assert not re.search(r"(?:https?:|wss?:)?//[a-z0-9-]+\.[a-z]{2,}", text), path.name
        assert "eval(" not in text and "innerHTML =" not in text, path.name


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r"{% static '([^']+)' %}", path.read_text())
    }
    bundled = {"mfa", "account"}  # allauth brings its own
    missing = [
        n
        for n in named
        if n.split("/")[0] not in bundled and not list(SOURCE.glob(f"*/static/{n}"))
    ]
    assert not missing


def test_every_file_that_a_style_sheet_or_module_names_exists() -> None:
    for path in own_files(".css"):
        for name in re.findall(r"url\(\"([^\"#]+)\"\)", path.read_text()):
            assert (path.parent / name).is_file(), f"{path.name} names {name}"
    for path in own_files(".js"):
        for name in re.findall(r"from \"(\./[^\"]+)\"", path.read_text()):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"
