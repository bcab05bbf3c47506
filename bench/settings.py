"""The program's own settings, with one more address: the readings as data, for the bench alone."""

from holdspace.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
