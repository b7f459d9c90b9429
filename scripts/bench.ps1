# Runs a benchmark, such as `scripts\bench.ps1 hub --quick`, with what `scripts\test.ps1` has installed.
$root = Split-Path -Parent $PSScriptRoot
$python = if ($env:BENCH_PYTHON) { $env:BENCH_PYTHON } else { Join-Path $root '.venv\Scripts\python.exe' }
if (-not (Test-Path $python)) {
    Write-Error 'Run scripts\test.ps1 first: it installs what the benchmarks need.'
    exit 1
}
$env:PYTHONPATH = $root + [IO.Path]::PathSeparator + (Join-Path $root 'scripts')
& $python '-m' 'benchmarks' @args
exit $LASTEXITCODE
