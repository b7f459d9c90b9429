# Starts Alisa with the newest Python 3.11+ of this machine. What follows goes to alisa.py: see --help.
# Runs in Windows PowerShell 5.1 and in PowerShell 7, there also on Linux and macOS.

$candidates = @(
    @('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'), @('py', '-3'),
    @('python3.13'), @('python3.12'), @('python3.11'), @('python3'), @('python')
)

function Find-Python {
    foreach ($candidate in $candidates) {
        if (-not (Get-Command $candidate[0] -CommandType Application -ErrorAction SilentlyContinue)) { continue }
        $options = @($candidate | Select-Object -Skip 1)
        try {
            & $candidate[0] @options -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>$null | Out-Null
            if ($LASTEXITCODE -eq 0) { return , @($candidate) }
        } catch {
            continue
        }
    }
    return $null
}

# Before version 7.3, PowerShell drops empty arguments and the double quotes inside others.
function ConvertTo-Argument([string] $text) {
    if ($PSVersionTable.PSVersion -ge [version] '7.3') { return $text }
    if ($text -eq '') { return '""' }
    $text = $text -replace '(\\*)"', '$1$1\"'
    if ($text -match '\s') { $text = $text -replace '(\\+)$', '$1$1' }
    return $text
}

[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
$OutputEncoding = [Console]::OutputEncoding

$found = Find-Python
if (-not $found) {
    $advice = 'Install it with: winget install Python.Python.3.12, or from https://www.python.org/downloads/'
    [Console]::Error.WriteLine("Alisa needs Python 3.11 or newer, and none was found here. $advice")
    exit 1
}

# PowerShell turns a,b into a list: alisa.py wants it as it was typed.
$words = @($args | ForEach-Object { ConvertTo-Argument ($_ -join ',') })
$options = @($found | Select-Object -Skip 1)
$launcher = ConvertTo-Argument (Join-Path $PSScriptRoot 'alisa.py')
& $found[0] @options $launcher @words
exit $LASTEXITCODE
