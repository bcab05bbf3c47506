"""`python -m holdspace.config COMMAND` is `holdspace COMMAND`, where no script is installed."""

from holdspace.config.cli import main

main()
