#!/bin/sh
# Starts her eyes alone: the webcam and the screen. What follows goes on to alisa.py: see --help.
exec sh "$(dirname -- "$0")/start.sh" start --only screen "$@"
