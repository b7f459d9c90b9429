"""The system's voice: a stand-in for the process that speaks; what runs on Windows and macOS is looked at."""

import asyncio
import base64
import ctypes
import io
import json
import struct
import sys
import wave
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from backend.shared.desktop import macos_speech, speech, windows_speech
from backend.shared.desktop.speech import SpeechError, SystemSpeech, SystemVoice, parse_line

# Speaks as the real processes do; what it is told to say is what it does.
STAND_IN = """
import base64, json, os, sys, time
for line in sys.stdin.buffer:
    number, data = line.split()
    request = json.loads(base64.b64decode(data))
    kind, answer = "wav", json.dumps(request).encode()
    if request["do"] == "voices":
        row = {"id": "zira", "title": "Zira", "language": "en-US", "gender": "female"}
        kind, answer = "voices", json.dumps([row, {**row, "id": "jo", "gender": None}]).encode()
    elif request["text"] == "fail":
        kind, answer = "error", b"no such voice"
    elif request["text"] == "die":
        sys.exit(1)
    elif request["text"] == "babble":
        print("hello", flush=True)
        continue
    elif request["text"] == "hang":
        time.sleep(600)
    elif request["text"] == "pid":
        answer = str(os.getpid()).encode()
    elif request["text"].startswith("slow"):
        time.sleep(0.2)
    elif request["text"] == "long":
        answer = b"x" * 10_000_000
    sys.stdout.write(f"{number.decode()} {kind} {base64.b64encode(answer).decode()}\\n")
    sys.stdout.flush()
"""


@pytest.fixture
async def spoken_by():
    found = SystemSpeech([sys.executable, "-I", "-c", STAND_IN], lambda rate: rate * 10, limit_seconds=5)
    yield found
    await found.close()


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_voices_come_from_the_process(spoken_by):
    assert await spoken_by.voices() == [
        SystemVoice("zira", "Zira", "en-US", "female"),
        SystemVoice("jo", "Zira", "en-US", ""),
    ]


async def test_text_voice_and_pace_reach_the_process_as_they_are(spoken_by):
    text = 'Grüße, "she" said;\n$(whoami) <break/> 日本 😀 \\ %PATH%'
    asked = json.loads(await spoken_by.speak(text, "zira", 1.5))
    assert asked == {"do": "speak", "text": text, "voice": "zira", "rate": 15}


async def test_half_a_character_and_a_zero_byte_do_no_harm(spoken_by):
    asked = json.loads(await spoken_by.speak("a\0b\ud800c", "", 1.0))
    assert asked["text"] == "a b?c"


async def test_one_process_serves_all_requests_and_answers_are_not_mixed_up(spoken_by):
    pids = {await spoken_by.speak("pid", "", 1.0) for _ in range(3)}
    assert len(pids) == 1
    texts = [f"text {number}" for number in range(10)]
    found = await asyncio.gather(*(spoken_by.speak(text, "", 1.0) for text in texts))
    assert [json.loads(data)["text"] for data in found] == texts


async def test_the_answer_to_a_cancelled_request_is_dropped(spoken_by):
    pid = await spoken_by.speak("pid", "", 1.0)
    task = asyncio.create_task(spoken_by.speak("slow", "", 1.0))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert json.loads(await spoken_by.speak("next", "", 1.0))["text"] == "next"
    assert await spoken_by.speak("pid", "", 1.0) == pid


async def test_a_minute_of_sound_fits(spoken_by):
    assert len(await spoken_by.speak("long", "", 1.0)) == 10_000_000


@pytest.mark.parametrize(
    ("text", "code"), [("fail", "speech-failed"), ("die", "speech-stopped"), ("babble", "speech-stopped")]
)
async def test_after_a_failure_the_next_request_works(spoken_by, text, code):
    with pytest.raises(SpeechError) as caught:
        await spoken_by.speak(text, "", 1.0)
    assert caught.value.code == code
    assert json.loads(await spoken_by.speak("again", "", 1.0))["text"] == "again"


async def test_a_process_that_babbled_to_nobody_is_replaced(spoken_by):
    pid = await spoken_by.speak("pid", "", 1.0)
    task = asyncio.create_task(spoken_by.speak("babble", "", 1.0))
    while not spoken_by._waiting:
        await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        while not spoken_by._reader.done():
            await asyncio.sleep(0.01)
    assert await spoken_by.speak("pid", "", 1.0) != pid


async def test_a_process_that_hangs_is_ended_and_another_one_started():
    spoken_by = SystemSpeech([sys.executable, "-I", "-c", STAND_IN], float, limit_seconds=1.0)
    pid = int(await spoken_by.speak("pid", "", 1.0))
    with pytest.raises(SpeechError) as caught:
        await spoken_by.speak("hang", "", 1.0)
    assert caught.value.code == "speech-slow"
    assert not is_there(pid)
    assert int(await spoken_by.speak("pid", "", 1.0)) != pid
    await spoken_by.close()


async def test_close_ends_the_process_and_whoever_waits(spoken_by):
    pid = int(await spoken_by.speak("pid", "", 1.0))
    task = asyncio.create_task(spoken_by.speak("hang", "", 1.0))
    await asyncio.sleep(0.05)
    await spoken_by.close()
    with pytest.raises(SpeechError):
        await task
    assert not is_there(pid)


async def test_a_program_that_cannot_be_started_is_an_error(tmp_path):
    spoken_by = SystemSpeech([str(tmp_path / "nothing")], float)
    with pytest.raises(SpeechError):
        await spoken_by.voices()


@pytest.mark.parametrize("line", [b"", b"7", b"x wav AAAA", b"7 wav !!!!", b"7 w\xff AAAA"])
def test_a_line_that_is_none_is_found_out(line):
    with pytest.raises(ValueError):
        parse_line(line)


def test_a_line_has_number_kind_and_data():
    assert parse_line(b"7 wav aGk=\r\n") == (7, "wav", b"hi")
    assert parse_line(b"7 wav \n") == (7, "wav", b"")


def test_linux_has_no_voice_of_its_own_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SpeechError, match="apt-get install espeak-ng"):
        speech.open_speech()


def test_the_older_espeak_will_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert speech.find_espeak() is None
    for name in ("espeak", "espeak-ng"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert speech.find_espeak() == str(tmp_path / name)


def test_the_script_for_windows_is_powershell_in_ascii():
    waiting = [
        tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
        .parse(windows_speech.SCRIPT.encode("ascii"))
        .root_node
    ]
    while waiting:
        node = waiting.pop()
        assert not node.is_error
        assert not node.is_missing
        waiting += node.children
    assert windows_speech.FORBIDDEN_WORD not in windows_speech.SCRIPT.lower()


def test_windows_gets_the_script_as_one_argument_that_fits(monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", r"D:\Win")
    program, *options, script = windows_speech.command()
    assert program == r"D:\Win\System32\WindowsPowerShell\v1.0\powershell.exe"
    assert options[-1] == "-EncodedCommand"
    assert base64.b64decode(script).decode("utf-16-le") == windows_speech.SCRIPT
    assert len(" ".join([program, *options, script])) < 30_000


@pytest.mark.parametrize(("rate", "number"), [(1, 0), (3, 10), (1 / 3, -10), (2, 6), (0.5, -6), (9, 10)])
def test_a_pace_becomes_the_number_of_sapi(rate, number):
    assert windows_speech.rate_number(rate) == number
    assert isinstance(windows_speech.rate_number(rate), int)


def test_a_pace_becomes_the_number_of_macos():
    numbers = [macos_speech.rate_number(rate) for rate in (0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 9.0)]
    assert numbers[2] == 0.5
    assert numbers == sorted(numbers)
    assert numbers[0] > 0
    assert numbers[-1] == 1.0


def test_macos_is_started_with_nothing_but_python_itself():
    program, option, file = macos_speech.command()
    assert (program, option) == (sys.executable, "-I")
    assert Path(file).name == "macos_speech.py"


def test_jokes_and_compact_voices_of_macos_come_last():
    rows = [("com.apple.speech.synthesis.voice.Bells", 1), ("com.apple.voice.compact.en-US.Samantha", 1)]
    rows += [("com.apple.eloquence.en-US.Flo", 1), ("com.apple.voice.premium.en-US.Zoe", 3)]
    names = [name.rsplit(".", 1)[-1] for name, _ in sorted(rows, key=lambda row: macos_speech.rank(*row))]
    assert names[:2] == ["Zoe", "Samantha"]


def test_the_wav_file_of_macos_is_one():
    with wave.open(io.BytesIO(macos_speech.wav(b"\1\2\3\4", 22_050, is_float=False))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (22_050, 1, 2)
        assert file.readframes(9) == b"\1\2\3\4"
    data = macos_speech.wav(struct.pack("<f", 0.5), 22_050, is_float=True)
    assert struct.unpack_from("<HHIIHH", data, 20) == (3, 1, 22_050, 88_200, 4, 32)
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8


def test_a_block_has_the_shape_that_objective_c_expects():
    assert ctypes.sizeof(macos_speech._Block) == 32
    assert macos_speech._Block.invoke.offset == 16
