# Starts her eyes alone: the webcam and the screen. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'screen' @args
exit $LASTEXITCODE
