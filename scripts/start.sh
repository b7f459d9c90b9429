#!/bin/sh
# Starts Alisa with the newest Python 3.11+ of this machine. What follows goes to alisa.py: see --help.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
for python in python3.13 python3.12 python3.11 python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" "$here/alisa.py" "$@"
    fi
done
echo "Alisa needs Python 3.11 or newer, and none was found here. Install one from" \
    "https://www.python.org/downloads/ (Debian, Ubuntu: sudo apt-get install python3 python3-venv)." >&2
exit 1
