# Starts her eyes alone: the webcam. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'vision' @args
exit $LASTEXITCODE
