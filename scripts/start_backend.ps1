# Starts the hub alone. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'hub' @args
exit $LASTEXITCODE
