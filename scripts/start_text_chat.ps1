# Starts the chat in the terminal alone. What follows goes on to alisa.py: see --help.
& (Join-Path $PSScriptRoot 'start.ps1') 'start' '--only' 'chat' @args
exit $LASTEXITCODE
