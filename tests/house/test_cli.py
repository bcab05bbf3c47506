"""The `holdspace` command says which program it is."""

import pytest

from holdspace import __version__
from holdspace.config import cli


def test_version_is_told_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["--version"])
    assert capsys.readouterr().out == f"holdspace {__version__}\n"
