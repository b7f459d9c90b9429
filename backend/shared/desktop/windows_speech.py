"""The voices of Windows, through System.Speech (SAPI 5) in a PowerShell that is kept open.

Written after Microsoft's documentation and not yet run on Windows. Everything runs in memory.
"""

import base64
import math
import os

_FASTEST = 10
# The rate 10 is three times as fast as 0, -10 a third of it: SpVoice.Rate in the documentation of SAPI 5.
_FASTEST_TIMES = 3.0

# Where a script has the variable of this name, PowerShell reads all input itself and leaves none to others.
FORBIDDEN_WORD = "$input"
SCRIPT = r"""
$ErrorActionPreference = 'Stop'
$utf8 = New-Object System.Text.UTF8Encoding $false
$answers = New-Object System.IO.StreamWriter ([Console]::OpenStandardOutput()), $utf8
$requests = New-Object System.IO.StreamReader ([Console]::OpenStandardInput()), $utf8
Add-Type -AssemblyName System.Speech
$synthesizer = New-Object System.Speech.Synthesis.SpeechSynthesizer
while ($null -ne ($line = $requests.ReadLine())) {
    $number, $data = $line.Split(' ')
    try {
        $request = $utf8.GetString([Convert]::FromBase64String($data)) | ConvertFrom-Json
        if ($request.do -eq 'voices') {
            $rows = @(foreach ($installed in $synthesizer.GetInstalledVoices()) {
                if ($installed.Enabled) {
                    $info = $installed.VoiceInfo
                    $gender = $info.Gender.ToString().ToLowerInvariant()
                    if ($gender -ne 'female' -and $gender -ne 'male') { $gender = '' }
                    @{ id = $info.Name; title = $info.Name; language = $info.Culture.Name; gender = $gender }
                }
            })
            $kind = 'voices'
            $bytes = $utf8.GetBytes((ConvertTo-Json -InputObject $rows -Compress))
        } else {
            if ($request.voice) { $synthesizer.SelectVoice($request.voice) }
            $synthesizer.Rate = [int]$request.rate
            $sound = New-Object System.IO.MemoryStream
            $synthesizer.SetOutputToWaveStream($sound)
            $synthesizer.Speak([string]$request.text)
            $synthesizer.SetOutputToNull()
            $kind = 'wav'
            $bytes = $sound.ToArray()
        }
    } catch {
        $kind = 'error'
        $bytes = $utf8.GetBytes($_.Exception.Message)
    }
    $answers.WriteLine($number + ' ' + $kind + ' ' + [Convert]::ToBase64String($bytes))
    $answers.Flush()
}
"""


def command() -> list[str]:
    """Starts Windows PowerShell, which every Windows has, with the script as one argument."""
    folder = os.environ.get("SYSTEMROOT", r"C:\Windows")
    program = rf"{folder}\System32\WindowsPowerShell\v1.0\powershell.exe"
    script = base64.b64encode(SCRIPT.encode("utf-16-le")).decode("ascii")
    return [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand", script]


def rate_number(rate: float) -> float:
    """The number of SAPI for a pace: whole, -10 to 10."""
    return min(max(round(_FASTEST * math.log(rate, _FASTEST_TIMES)), -_FASTEST), _FASTEST)
