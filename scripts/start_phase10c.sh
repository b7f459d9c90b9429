#!/bin/sh
# Starts everything, with actions on the desktop and the memory of tasks. What follows goes on to alisa.py: see --help.
exec sh "$(dirname -- "$0")/start.sh" start "$@"
