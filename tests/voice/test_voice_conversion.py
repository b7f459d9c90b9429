"""Her voice goes through another program and comes back changed; whatever that program does, she speaks."""

import asyncio
import contextlib
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend.shared.desktop import process_exists
from backend.shared.settings import Voice
from voice.conversion import converted, places, worker
from voice.conversion.converted import Converted
from voice.conversion.converter import ConversionError
from voice.conversion.rvc import Limits, Rvc
from voice.tts.engine import Manner, Spoken

RATE = 24_000
QUICK = Limits(piece_seconds=1.0, loading_patience_seconds=10.0, rest_seconds=(0.2,))
SELF_TEST = [sys.executable, "-I", str(places.WORKER), "--self-test"]
OWN = "import os, sys, time\nimport numpy as np\ndef load(weights, index):\n    return convert\n"


def tone(seconds: float = 0.5, pitch: float = 220.0) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def pitch_of(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def own(tmp_path: Path, body: str) -> list[str]:
    """A real worker with a converter of the user's that does this."""
    file = tmp_path / "own.py"
    file.write_text(f"{OWN}def convert(samples, rate):\n    {body}\n", encoding="utf-8")
    return [sys.executable, "-I", str(places.WORKER), f"--own={file}"]


@contextlib.asynccontextmanager
async def running(tmp_path: Path, command: list[str], limits: Limits = QUICK):
    converter = Rvc(tmp_path, command=command, limits=limits)
    try:
        yield converter
    finally:
        await converter.close()


async def test_a_piece_comes_back_four_semitones_higher_and_as_long(tmp_path):
    async with running(tmp_path, SELF_TEST) as converter:
        found, rate = await converter.convert(tone(1.0), RATE)
        assert (rate, len(found), found.dtype) == (RATE, RATE, np.float32)
        assert pitch_of(found, rate) == pytest.approx(220 * 2 ** (4 / 12), rel=0.05)
        assert 0.5 < np.sqrt(np.mean(found**2)) / np.sqrt(np.mean(tone() ** 2)) < 1.5


async def test_one_program_converts_all_pieces_and_ends_with_the_adapter(tmp_path):
    async with running(tmp_path, SELF_TEST) as converter:
        assert converter.pid is None, "nothing runs before it is needed"
        await converter.convert(tone(), RATE)
        pid = converter.pid
        await converter.convert(tone(), RATE)
        assert converter.pid == pid and process_exists(pid)
    assert converter.pid is None
    assert not process_exists(pid)


async def test_the_program_may_choose_another_rate_and_is_told_the_one_of_the_piece(tmp_path):
    command = own(
        tmp_path,
        "return np.interp(np.arange(0, len(samples), rate / 40000),"
        " np.arange(len(samples)), samples) if rate == 24000 else None, 40000",
    )
    async with running(tmp_path, command) as converter:
        found, rate = await converter.convert(tone(1.0), RATE)
        assert (rate, len(found)) == (40_000, 40_000)


async def test_what_a_library_prints_is_not_taken_for_sound(tmp_path):
    command = own(tmp_path, "print('x' * 9999, flush=True); os.system('echo y'); return -samples, rate")
    async with running(tmp_path, command) as converter:
        found, _ = await converter.convert(tone(), RATE)
        assert np.allclose(found, -tone())


async def test_louder_than_loud_is_cut(tmp_path):
    async with running(tmp_path, own(tmp_path, "return samples * 9, rate")) as converter:
        found, _ = await converter.convert(tone(), RATE)
        assert np.abs(found).max() == 1.0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("os._exit(3)", "conversion-broken"),
        ("raise ValueError('no')", "conversion-broken"),
        ("time.sleep(60)", "conversion-slow"),
        ("return samples * np.nan, rate", "conversion-broken"),
        ("return samples[:100], rate", "conversion-broken"),
        ("return np.tile(samples, 9), rate", "conversion-broken"),
        ("return samples, 3", "conversion-broken"),
        ("return samples, 10**9", "conversion-broken"),
    ],
)
async def test_a_piece_that_is_not_converted_says_why_and_the_program_is_ended(tmp_path, body, code):
    limits = Limits(piece_seconds=0.2, loading_patience_seconds=10.0, rest_seconds=(30.0,))
    async with running(tmp_path, own(tmp_path, body), limits) as converter:
        await converter.ready()
        pid = converter.pid
        start = time.monotonic()
        with pytest.raises(ConversionError) as caught:
            await converter.convert(tone(), RATE)
        assert caught.value.code == code
        assert time.monotonic() - start < 10
        assert converter.pid is None
        assert not process_exists(pid)
        with pytest.raises(ConversionError) as caught:
            await converter.convert(tone(), RATE)
        assert caught.value.code == "conversion-rests"


@pytest.mark.parametrize(
    "said",
    [
        b"hello, here I am\n" * 9,
        b"\xff\xff\xff\xff",
        worker.pack({"ready": "x"}) + b"\0\0\0\0",
        worker.pack({"ready": "x"}) + worker.pack({"id": [], "rate": 1}),
        worker.pack({"ready": "x"}) + worker.pack({"id": 1, "rate": "loud"}),
        worker.pack({"ready": "x"}) + b"\0\0\0\x02[]",
        worker.pack({"ready": "x"}) + b'\0\0\0\x19{"samples": 999999999999}',
        b"",
    ],
    ids=["words", "bytes", "no length", "no number", "no rate", "no header", "too much", "nothing"],
)
async def test_garbage_is_no_answer(tmp_path, said):
    write = f"import sys; sys.stdout.buffer.write({said!r}); sys.stdout.flush()"
    script = f"{write}; {bool(said)} and sys.stdin.buffer.read(4)"
    async with running(tmp_path, [sys.executable, "-I", "-c", script]) as converter:
        with pytest.raises(ConversionError) as caught:
            await converter.convert(tone(), RATE)
        assert caught.value.code == "conversion-broken"


async def test_after_its_rest_a_program_that_died_is_started_again(tmp_path):
    once = tmp_path / "died"
    body = (
        f"d = {str(once)!r}; (os.path.exists(d) or (open(d, 'w').close(), os._exit(1))); return samples, rate"
    )
    async with running(tmp_path, own(tmp_path, body)) as converter:
        with pytest.raises(ConversionError):
            await converter.convert(tone(), RATE)
        await asyncio.sleep(QUICK.rest_seconds[0])
        found, _ = await converter.convert(tone(), RATE)
        assert np.allclose(found, tone())


async def test_a_piece_does_not_wait_for_a_program_that_is_still_being_loaded(tmp_path):
    gate = tmp_path / "gate"
    file = tmp_path / "own.py"
    file.write_text(
        f"import os, time\ndef load(w, i):\n    while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "    return lambda samples, rate: (samples, rate)\n"
    )
    command = [sys.executable, "-I", str(places.WORKER), f"--own={file}"]
    async with running(tmp_path, command, Limits(loading_patience_seconds=0.05)) as converter:
        with pytest.raises(ConversionError) as caught:
            await converter.convert(tone(), RATE)
        assert caught.value.code == "conversion-loading"
        pid = converter.pid
        gate.touch()
        assert await converter.ready(10.0) == "own.py"
        await converter.convert(tone(), RATE)
        assert converter.pid == pid, "loading goes on behind the pieces"


async def test_a_cancelled_piece_is_not_taken_for_the_next_one(tmp_path):
    command = own(tmp_path, "time.sleep(0.3 if samples[100] > 0 else 0); return samples, rate")
    async with running(tmp_path, command) as converter:
        await converter.ready()
        first = asyncio.create_task(converter.convert(np.full(RATE // 2, 0.5, np.float32), RATE))
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        found, _ = await converter.convert(np.full(RATE // 2, -0.5, np.float32), RATE)
        assert (found == -0.5).all()


async def test_closing_ends_a_program_that_listens_to_nothing(tmp_path):
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    say = f"sys.stdout.buffer.write({worker.pack({'ready': 'x'})!r}); sys.stdout.flush()"
    command = [sys.executable, "-I", "-c", f"{deaf}; {say}; time.sleep(60)"]
    converter = Rvc(tmp_path, command=command, limits=QUICK)
    assert await converter.ready() == "x"
    pid = converter.pid
    await converter.close()
    assert not process_exists(pid)


async def test_a_program_whose_owner_was_killed_ends_by_itself(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *own(tmp_path, "time.sleep(60)"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readexactly(4)
    process.stdin.write(worker.pack({"id": 1, "rate": RATE}, tone()))
    process.stdin.close()
    async with asyncio.timeout(10):
        assert await process.wait() == 0
        await process.stdout.read()


async def test_without_weights_or_environment_it_says_what_to_do(tmp_path):
    converter = Rvc(tmp_path)
    with pytest.raises(ConversionError, match=r"\.pth file into the folder voice/weights") as caught:
        await converter.convert(tone(), RATE)
    assert caught.value.code == "conversion-no-weights"
    (tmp_path / "voice" / "weights").mkdir(parents=True)
    (tmp_path / "voice" / "weights" / "mika.pth").touch()
    with pytest.raises(ConversionError, match=r"python -m voice\.conversion install") as caught:
        await converter.convert(tone(), RATE)
    assert caught.value.code == "conversion-not-installed"
    assert not (tmp_path / "voice" / "rvc").exists(), "nothing is made before it is installed"


async def test_a_broken_interpreter_is_one_plain_line(tmp_path):
    async with running(tmp_path, [str(tmp_path / "nothing")]) as converter:
        with pytest.raises(ConversionError, match="does not work"):
            await converter.convert(tone(), RATE)


def test_the_index_that_bears_the_name_of_the_voice_is_taken(tmp_path):
    for name in ("weights/Mika.pth", "weights/zoe.pth", "index/added_Zoe_v2.index"):
        (tmp_path / "voice" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "voice" / name).touch()
    assert places.model(tmp_path).weights.name == "Mika.pth"
    assert places.model(tmp_path).index.name == "added_Zoe_v2.index", "the only one there is"
    (tmp_path / "voice" / "index" / "added_IVF256_mika_v2.index").touch()
    assert places.model(tmp_path).index.name == "added_IVF256_mika_v2.index"
    (tmp_path / "voice" / "weights" / "Mika.pth").rename(tmp_path / "voice" / "weights" / "Ann.pth")
    assert places.model(tmp_path).index is None, "two of which none bears its name"


def test_the_command_line_has_the_users_own_converter_where_there_is_one(tmp_path):
    for name in ("weights/a.pth", "rvc/venv/bin/python"):
        (tmp_path / "voice" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "voice" / name).touch()
    assert not any("--own" in word for word in places.command(tmp_path))
    (tmp_path / "voice" / "rvc" / "own.py").touch()
    assert places.command(tmp_path)[-1] == f"--own={tmp_path / 'voice' / 'rvc' / 'own.py'}"


def test_the_program_gets_no_secret_of_alisa_and_no_way_to_the_network(tmp_path, monkeypatch):
    monkeypatch.setenv("ALISA_LLM_API_KEY", "secret")
    assert "ALISA_LLM_API_KEY" not in places.variables(tmp_path)
    assert places.variables(tmp_path)["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in places.variables(tmp_path, is_online=True)
    assert places.variables(tmp_path)["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] == "1"


async def test_no_sound_is_written_to_the_disk(tmp_path):
    async with running(tmp_path, SELF_TEST) as converter:
        await converter.convert(tone(), RATE)
        files = Path(f"/proc/{converter.pid}/fd").iterdir()
        links = [str(file.readlink()) for file in files]
    assert all(link.startswith(("pipe:", "/dev/null", "socket:", "anon_inode:")) for link in links), links
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# In the place of the ladder of engines.


class Ladder:
    """Says a tone; the surface that the mouth sees."""

    current, is_cloud, was_sent, problem = "tone", True, False, ""

    def __init__(self, sound: np.ndarray | None = None) -> None:
        self.sound, self.is_closed = tone() if sound is None else sound, False

    async def prepare(self, manner: Manner) -> None:
        self.sound = tone()

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        return Spoken(self.sound, RATE)

    async def voices(self):
        return {"tone": []}

    async def close(self) -> None:
        self.is_closed = True


async def test_what_the_ladder_says_is_heard_in_the_other_voice(tmp_path):
    ladder, told = Ladder(), []
    rvc = Rvc(tmp_path, command=SELF_TEST, limits=QUICK)
    voice = Converted(ladder, rvc, on_problem=told.append)
    try:
        spoken = await voice.speak("Hello", Manner())
        assert pitch_of(spoken.samples, spoken.rate) == pytest.approx(220 * 2 ** (4 / 12), rel=0.05)
        assert (voice.current, voice.is_cloud, voice.was_sent, voice.problem) == ("tone", True, False, "")
        assert (await voice.voices(), told) == ({"tone": []}, [])
    finally:
        await voice.close()
    assert ladder.is_closed and rvc.pid is None


async def test_a_conversion_that_fails_is_told_once_and_her_own_voice_is_heard(tmp_path):
    told: list[ConversionError | None] = []
    body = f"d = {str(tmp_path / 'well')!r}; assert os.path.exists(d); return -samples, rate"
    rvc = Rvc(tmp_path, command=own(tmp_path, body), limits=QUICK)
    voice = Converted(Ladder(), rvc, on_problem=told.append)
    try:
        for _ in range(3):
            spoken = await voice.speak("Hello", Manner())
            assert np.array_equal(spoken.samples, tone())
        assert [error.code for error in told] == ["conversion-broken"]
        (tmp_path / "well").touch()
        await asyncio.sleep(QUICK.rest_seconds[0])
        spoken = await voice.speak("Hello", Manner())
        assert np.allclose(spoken.samples, -tone())
        assert told[1:] == [None]
    finally:
        await voice.close()


async def test_silence_is_not_converted(tmp_path):
    rvc = Rvc(tmp_path, command=SELF_TEST, limits=QUICK)
    voice = Converted(Ladder(np.zeros(RATE, np.float32)), rvc, on_problem=lambda _: None)
    await voice.speak("Hello", Manner())
    assert rvc.pid is None
    await voice.close()


async def test_it_is_off_unless_the_user_wants_it(tmp_path):
    ladder = Ladder()
    assert converted.build(ladder, Voice(), tmp_path, on_problem=lambda _: None) is ladder
    voice = converted.build(ladder, Voice(convert=True), tmp_path, on_problem=lambda _: None)
    assert isinstance(voice, Converted)
    await voice.close()
