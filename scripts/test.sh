#!/bin/sh
# Installs what the tests need and runs all checks and tests; with arguments only pytest, which gets them.
exec sh "$(dirname -- "$0")/start.sh" test "$@"
