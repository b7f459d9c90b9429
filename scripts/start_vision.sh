#!/bin/sh
# Starts her eyes alone: the webcam. What follows goes on to alisa.py: see --help.
exec sh "$(dirname -- "$0")/start.sh" start --only vision "$@"
