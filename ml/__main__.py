"""`python -m ml COMMAND`: the commands are in `ml.cli`."""

from __future__ import annotations

import sys

from ml.cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
