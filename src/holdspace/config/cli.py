"""`holdspace COMMAND` runs from any folder and always with this project's settings."""

import os
import sys

from holdspace import __version__


def main(argv: list[str] | None = None) -> None:
    """Run one management command; `argv` without the program's name, default the real one."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        print(f"holdspace {__version__}")  # noqa: T201
        return
    if arguments[:1] == ["screen"]:
        # It asks the rules and nothing else: no settings are read, so no data folder is made.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        from holdspace.care.management.commands.screen import Command

        Command().run_from_argv(["holdspace", *arguments])
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "holdspace.config.settings"
    if arguments[:1] == ["serve"] and any(word.startswith("--tls-cert") for word in arguments):
        # Settings are read before the command is; cookies must be secure from the first one on.
        os.environ.setdefault("HOLDSPACE_SECURE", "yes")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["holdspace", *arguments])
