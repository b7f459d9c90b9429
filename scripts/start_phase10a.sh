#!/bin/sh
# Starts everything but the actions on the desktop. What follows goes on to alisa.py: see --help.
exec sh "$(dirname -- "$0")/start.sh" start --only hub,overlay,voice,screen,chat "$@"
