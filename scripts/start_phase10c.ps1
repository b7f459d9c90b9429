# Starts everything, with actions on the desktop and the memory of tasks. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' @args
exit $LASTEXITCODE
