# Starts everything, with actions on the desktop. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'hub,overlay,hands,voice,screen,chat' @args
exit $LASTEXITCODE
