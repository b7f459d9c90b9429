# Starts her face alone. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'overlay' @args
exit $LASTEXITCODE
