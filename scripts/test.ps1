# Installs what the tests need and runs all checks and tests; with arguments only pytest, which gets them.
& (Join-Path $PSScriptRoot 'start.ps1') 'test' @args
exit $LASTEXITCODE
