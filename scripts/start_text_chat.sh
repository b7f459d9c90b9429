#!/bin/sh
# Starts the chat in the terminal alone. What follows goes on to alisa.py: see --help.
exec sh "$(dirname -- "$0")/start.sh" start --only chat "$@"
