"""The doctor for her voice: `python -m voice.doctor` says what works, how quick it is, and what to change."""

import argparse
import asyncio
import contextlib
import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from backend.shared import events, settings
from backend.shared.client import HubClient, Unlinked
from backend.shared.errors import AlisaError
from backend.shared.program import guard
from backend.shared.settings import Settings
from voice import checkup, mouth_to_ear, soundings
from voice.checkup import Finding
from voice.devices import Device, Sound, SoundError
from voice.mouth_to_ear import Step, StepName
from voice.soundings import Echo
from voice.stt.engine import Engine as Transcribing
from voice.tts import ladder as ladders
from voice.tts.engine import Manner, Spoken

WELL, ILL, WRONG_SETTINGS = 0, 1, 2
_LISTEN_SECONDS = 3.0
_ASK_SECONDS, _LINK_SECONDS = 20.0, 3.0
_QUESTION = "Please say hello to me in one short sentence."
_BAR_WIDTH, _BAR_LOWEST_DB = 40, -60.0


@dataclass
class Report:
    """All that was found."""

    devices: list[tuple[Device, bool]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    echo: Echo | None = None
    advice: str = ""

    @property
    def is_well(self) -> bool:
        """Whether she can hear and speak."""
        return all(finding.state != "broken" for finding in self.findings)


class Doctor:
    """One examination.

    Args:
        home: Alisa's folder.
        chosen: The settings.
        is_quiet: Say nothing until the end.
    """

    def __init__(self, home: Path, chosen: Settings, *, is_quiet: bool) -> None:
        self._home, self._chosen, self._is_quiet = home, chosen.voice, is_quiet
        self._language = chosen.voice.language or chosen.companion.language
        self.report = Report()

    async def examine(self, *, has_sound: bool, asks: bool) -> Report:
        """Look at everything.

        Args:
            has_sound: Play and record, and time what she does.
            asks: Ask the language model a real question.
        """
        report, sound = self.report, Sound()
        report.devices, found = checkup.list_devices(sound, self._chosen)
        report.findings += found
        ears = asyncio.create_task(asyncio.to_thread(checkup.load_ears, self._chosen, self._home))
        latencies: dict[StepName, float] = {}
        if has_sound:
            await asyncio.to_thread(self._try_devices, sound, latencies)
        report.findings += [*self._try_echo(), checkup.try_key(self._chosen)]
        report.findings += checkup.try_conversion(self._chosen, self._home)
        voiced = await checkup.try_voices(self._chosen, self._home)
        report.findings += voiced.findings
        finding, engine = await ears
        report.findings.append(finding)
        if has_sound:
            await self._time(latencies, voiced.seconds, engine, asks=asks)
        if engine is not None:
            engine.close()
        report.advice = self._advise(voiced.seconds)
        return report

    # -- Devices ----------------------------------------------------------------------------------------

    def _try_devices(self, sound: Sound, latencies: dict[StepName, float]) -> None:
        report, chosen = self.report, self._chosen
        with contextlib.ExitStack() as stack:
            try:
                microphone = stack.enter_context(soundings.open_microphone(sound, chosen.microphone))
                latencies["microphone"] = microphone.format[2]
                self._say(f"Say something for {_LISTEN_SECONDS:.0f} seconds; nothing of it is kept.")
                level = soundings.listen(microphone, _LISTEN_SECONDS, self._draw)
                self._say("", end="\n" if sys.stderr.isatty() and not self._is_quiet else "")
                report.findings.append(
                    checkup.describe_level(
                        level.loudest_db,
                        level.quietest_db,
                        is_dead=level.is_dead,
                        is_clipped=level.is_clipped,
                    )
                )
            except SoundError as error:
                self._replace("microphone", error)
                microphone = None
            try:
                player = stack.enter_context(
                    soundings.open_player(sound, chosen.speaker, lambda _event: None)
                )
                latencies["loudspeaker"] = player.format[2]
                if microphone is not None:
                    self._say("Now she plays a short sign.")
                    report.echo = soundings.find_echo(player, microphone)
                    report.findings.append(_describe_echo(report.echo))
            except SoundError as error:
                self._replace("loudspeaker", error)

    def _replace(self, name: str, error: SoundError) -> None:
        """A device that is listed but cannot be used is one fault, not two lines."""
        self.report.findings = [one for one in self.report.findings if one.name != name]
        self.report.findings.append(checkup.split(name, "broken", error.message))

    def _try_echo(self) -> list[Finding]:
        finding, canceller = checkup.try_echo(self._chosen)
        if canceller is not None:
            canceller.close()
        if self.report.echo is None and finding.fix and self._was_heard("echo path"):
            return [Finding(finding.name, "ok", "none, and none is needed: she does not hear herself")]
        return [finding]

    def _was_heard(self, name: str) -> bool:
        return any(finding.name == name for finding in self.report.findings)

    def _say(self, text: str, end: str = "\n") -> None:
        if not self._is_quiet:
            print(text, end=end, file=sys.stderr, flush=True)

    def _draw(self, level_db: float) -> None:
        if self._is_quiet or not sys.stderr.isatty():
            return
        share = min(1.0, max(0.0, 1 - level_db / _BAR_LOWEST_DB))
        bar = "#" * round(share * _BAR_WIDTH)
        self._say(f"\r[{bar:<{_BAR_WIDTH}}] {level_db:4.0f} dB ", end="")

    # -- Times ------------------------------------------------------------------------------------------

    async def _time(
        self,
        latencies: dict[StepName, float],
        voices: dict[str, float],
        engine: Transcribing | None,
        *,
        asks: bool,
    ) -> None:
        steps = self.report.steps
        heard = latencies.get("microphone")
        steps.append(Step("microphone", heard, "as it says itself" if heard else "it cannot be used"))
        steps.append(mouth_to_ear.endpoint())
        steps.append(await self._time_ears(engine))
        steps.append(await self._time_model() if asks else _not_asked())
        steps.append(self._time_voice(voices))
        played = latencies.get("loudspeaker")
        steps.append(Step("loudspeaker", played, "as it says itself" if played else "it cannot be used"))

    async def _time_ears(self, engine: Transcribing | None) -> Step:
        if engine is None:
            return Step("transcription", None, "there is nothing to write it down")
        spoken = await self._speak_sample()
        if spoken is None:
            return Step("transcription", None, "no voice here can say a sample")
        try:
            found = await asyncio.to_thread(checkup.time_transcription, engine, spoken)
        except AlisaError as error:
            return Step("transcription", None, error.message)
        return mouth_to_ear.transcription(found.seconds, f'"{checkup.SAMPLE}" became "{found.text}"')

    async def _speak_sample(self) -> Spoken | None:
        # A cloud voice has no part in it, whatever the settings allow.
        ladder = ladders.build(self._chosen, self._home, is_cloud_allowed=lambda: False)
        try:
            spoken = await ladder.speak(checkup.SAMPLE, Manner(language="en"))
            return None if ladder.current in {"", "silent"} else spoken
        finally:
            await ladder.close()

    def _time_voice(self, voices: dict[str, float]) -> Step:
        if not voices:
            return Step("voice", None, "no voice works here")
        name = next(iter(voices))
        return Step("voice", voices[name], f"{name}, the beginning of a sentence")

    async def _time_model(self) -> Step:
        client = HubClient(self._home, events.Hello(name="doctor"))
        asked = threading.Event()
        start = 0.0
        try:
            async with (
                asyncio.timeout(_ASK_SECONDS),
                contextlib.aclosing(client.listen()) as listening,
            ):
                async for event in listening:
                    if isinstance(event, Unlinked):
                        return Step("model", None, "no hub is running")
                    if isinstance(event, events.Token) and asked.is_set():
                        seconds = time.monotonic() - start
                        await client.send(events.Interrupt())
                        return Step("model", seconds, "one real question, the prompt partly in its cache")
                    if not asked.is_set() and client.is_linked:
                        start = time.monotonic()
                        asked.set()
                        await client.send(events.UserMessage(text=_QUESTION))
        except TimeoutError:
            pass
        return Step("model", None, f"no answer within {_ASK_SECONDS:.0f} s")

    def _advise(self, voices: dict[str, float]) -> str:
        report = self.report
        broken = next((one for one in report.findings if one.state == "broken"), None)
        if broken is not None:
            return f"{broken.name}: {broken.text}." + (f" Fix: {broken.fix}." if broken.fix else "")
        canceller = next(one for one in report.findings if one.name == "echo canceller")
        if report.echo is not None and canceller.fix:
            return f"The microphone hears her, and {canceller.text}. Fix: {canceller.fix}."
        if not report.steps:
            return ""
        quickest = min(voices, key=lambda name: voices[name], default="")
        better: dict[StepName, str] = {"voice": f" ({quickest} takes {voices[quickest]:.2f} s)"}
        return mouth_to_ear.advise(report.steps, better)


def _not_asked() -> Step:
    return Step("model", None, "--ask asks it a question, which becomes part of your conversation")


def _describe_echo(echo: Echo | None) -> Finding:
    if echo is None:
        return Finding("echo path", "ok", "the microphone does not hear the loudspeaker")
    softer = f"{-echo.gain_db:.0f} dB softer" if echo.gain_db <= 0 else f"{echo.gain_db:.0f} dB louder"
    text = f"the microphone hears the loudspeaker, {echo.delay_seconds * 1000:.0f} ms later and {softer}"
    return Finding("echo path", "ok", text)


def _as_json(report: Report) -> str:
    content = {
        "is_well": report.is_well,
        "devices": [{**asdict(device), "is_used": is_used} for device, is_used in report.devices],
        "findings": [asdict(finding) for finding in report.findings],
        "echo": asdict(report.echo) if report.echo else None,
        "steps": [asdict(step) for step in report.steps],
        "seconds": mouth_to_ear.total(report.steps) if report.steps else None,
        "advice": report.advice,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _print(report: Report) -> None:
    for kind, title in (("input", "Microphones"), ("output", "Loudspeakers")):
        rows = [(device, is_used) for device, is_used in report.devices if device.kind == kind]
        print(f"{title}: {'' if rows else 'none'}")
        for device, is_used in rows:
            default = ", the system's default" if device.is_default else ""
            channels = f"{device.channels} channel{'s' if device.channels > 1 else ''}"
            print(f"  {'->' if is_used else '  '} {device.name} ({channels}, {device.rate} Hz{default})")
    width = max(len(finding.name) for finding in report.findings)
    print()
    for finding in report.findings:
        print(f"{finding.state:<6}  {finding.name:<{width}}  {finding.text}")
        if finding.fix:
            print(f"{'':<6}  {'':<{width}}  fix: {finding.fix}")
    if report.steps:
        print("\nFrom your mouth to your ear")
        for step in report.steps:
            took = "     -   " if step.seconds is None else f"{step.seconds * 1000:6.0f} ms"
            print(f"  {took}  {step.title}" + (f" ({step.note})" if step.note else ""))
        is_whole = all(step.seconds is not None for step in report.steps)
        what = "in all" if is_whole else "in all, without what could not be measured"
        print(f"  {mouth_to_ear.total(report.steps) * 1000:6.0f} ms  {what}")
    if report.advice:
        print(f"\nThe one thing to change: {report.advice}")
    print("\nShe can hear and speak." if report.is_well else "\nShe cannot hear and speak yet.")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m voice.doctor",
        description="Says what of her voice and her ears works here, and how quick it is. "
        "Plays a short sign and listens for three seconds; nothing of it is kept.",
        epilog="Exit codes: 0 she can hear and speak, 1 something is broken, 2 a setting is wrong.",
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--no-sound", action="store_true", help="only list: play and record nothing")
    help_text = "ask the language model one question too; it becomes part of your conversation"
    parser.add_argument("--ask", action="store_true", help=help_text)
    return parser.parse_args()


def main() -> int:
    """Examine and print; returns the exit code."""
    options = _parse()
    chosen, home = settings.load(), settings.home()
    doctor = Doctor(home, chosen, is_quiet=options.json)
    report = asyncio.run(doctor.examine(has_sound=not options.no_sound, asks=options.ask))
    if options.json:
        print(_as_json(report))
    else:
        _print(report)
    return WELL if report.is_well else ILL


if __name__ == "__main__":
    sys.exit(guard(main, WRONG_SETTINGS))
