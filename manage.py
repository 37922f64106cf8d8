#!/usr/bin/env python
"""Django's command line for Carsite."""

import os
import sys


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. `make run` makes the virtual environment and uses it.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
