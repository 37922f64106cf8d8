"""The tests' settings with the style guide among the addresses."""

from tests.settings import *  # noqa: F403

ROOT_URLCONF = "tests.e2e.styleguide"
