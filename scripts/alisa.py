"""Alisa's launcher: `scripts/alisa.py --help` says what it can do. Needs nothing but Python itself."""

import sys

# Nothing newer may stand above this check: an old Python must get as far as saying what is wrong.
if sys.version_info < (3, 11):  # noqa: UP036 - that is the point
    found = ".".join(str(number) for number in sys.version_info[:2])
    sys.exit(
        "Alisa needs Python 3.11 or newer; this is " + found + ". Install one from "
        "https://www.python.org/downloads/ (Debian, Ubuntu: sudo apt-get install python3 python3-venv)."
    )

from launcher import cli

sys.exit(cli.main(sys.argv[1:]))
