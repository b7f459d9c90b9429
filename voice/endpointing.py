"""Tells from the chance of speech, frame by frame, when the user begins to speak and when he has finished."""

from collections import deque
from dataclasses import dataclass

import msgspec

from voice.phrases import completeness

FRAME_SECONDS = 0.032
"""Length of a frame: 512 samples at 16 kHz, what Silero takes."""


@dataclass(frozen=True)
class EndpointTiming:
    """How long to wait for what, in seconds, and what counts as speech."""

    start_probability: float = 0.6
    """With 4 of 5 frames: no start in clicks, hum or noise, no speech missed (measured on five clips)."""
    start_frames: int = 4
    window_frames: int = 5
    silence_probability: float = 0.35
    """Below it is silence; between the two the state stays. Silero's own gap is 0.15, wider is calmer."""
    preroll_seconds: float = 0.3
    """Kept before the first frame of speech; Silero comes 75 to 146 ms late on clean speech."""
    try_seconds: float = 0.2
    """Of silence, before a transcription is worth a try: 150 to 200 ms in the field."""
    finished_seconds: float = 0.35
    """Of silence after words that sound finished: 0 of 12 cut off, with 1.1 s for the others."""
    unclear_seconds: float = 0.6
    """Of silence without a text to judge by; fixed 0.7 s cuts off 3 of 12, products wait 0.5 to 1.4 s."""
    unfinished_seconds: float = 1.1
    """Of silence after words that sound unfinished: hesitations are 0.45 to 0.9 s long."""
    false_start_seconds: float = 0.4
    """Of silence after a sound too short for a word."""
    word_seconds: float = 0.2
    """Less speech than this is a click or a cough."""
    sustained_seconds: float = 0.5
    """More speech than this is meant: LiveKit's least length of an interruption."""
    stale_seconds: float = 0.1
    """Speech that a text may have missed and still count: the tail of its last word."""
    longest_seconds: float = 30.0
    """Of sound in one utterance: the window of Whisper."""
    fixed_seconds: float | None = None
    """Wait always so long, whatever was said; to compare with. None: by what was said."""


class SpeechBegan(msgspec.Struct, frozen=True):
    """The user speaks."""

    since: float
    """From when on the sound belongs to it, the pre-roll included."""


class SpeechSustained(msgspec.Struct, frozen=True):
    """The user has spoken for longer than a cough or a "mm-hm"; once in an utterance."""


class SpeechPaused(msgspec.Struct, frozen=True):
    """The user is silent for a moment: a transcription of this stretch is worth a try."""

    since: float
    until: float


class SpeechWentOn(msgspec.Struct, frozen=True):
    """The user speaks again after a pause in the same utterance: what was tried is out of date."""


class SpeechEnded(msgspec.Struct, frozen=True):
    """The user has finished; the sound of this stretch is what he said."""

    since: float
    until: float


class SpeechDropped(msgspec.Struct, frozen=True):
    """It was no speech after all: a click or a cough."""


SpeechEvent = SpeechBegan | SpeechSustained | SpeechPaused | SpeechWentOn | SpeechEnded | SpeechDropped


@dataclass
class _Utterance:
    since: float
    last_speech: float
    """End of the last frame of speech."""
    voiced_seconds: float = 0.0
    silent_since: float | None = None
    has_paused: bool = False
    is_sustained: bool = False
    text: str = ""
    language: str = ""
    text_until: float = 0.0
    awaits_text: bool = False


class Endpointer:
    """Cuts what the microphone hears into utterances. No device and no clock of its own.

    All times are seconds on the clock of the sound: the end of a frame is the beginning of the next.
    """

    def __init__(self, timing: EndpointTiming = EndpointTiming()) -> None:
        """Begin in silence."""
        self._timing = timing
        self._window: deque[bool] = deque(maxlen=timing.window_frames)
        self._utterance: _Utterance | None = None
        self._floor = float("-inf")
        self._pressed_at: float | None = None

    @property
    def is_speaking(self) -> bool:
        """Whether an utterance is under way."""
        return self._utterance is not None

    def frame(self, speech_probability: float, now: float) -> list[SpeechEvent]:
        """Take the next frame of `FRAME_SECONDS`, which ends at `now`."""
        is_speech = speech_probability >= self._timing.start_probability
        self._window.append(is_speech)
        utterance = self._utterance
        if utterance is None:
            return self._wait_for_speech(now)
        if is_speech:
            told = self._hear_speech(utterance, now)
        else:
            if utterance.silent_since is None and speech_probability < self._timing.silence_probability:
                utterance.silent_since = max(utterance.last_speech, now - FRAME_SECONDS)
            told = self._hear_pause(utterance, now)
        if self._utterance is utterance and now - utterance.since >= self._timing.longest_seconds:
            told += self._end(now)
        return told

    def partial(
        self, text: str, now: float, *, until: float | None = None, language: str = ""
    ) -> list[SpeechEvent]:
        """Take what has been understood of the utterance so far.

        Args:
            text: The words, empty when nothing was understood.
            now: The time.
            until: Up to where the text covers the sound; None: up to now.
            language: ISO 639-1 code of the text, empty when it is not known.
        """
        utterance = self._utterance
        if utterance is None:
            return []
        utterance.text, utterance.language = text.strip(), language
        utterance.text_until = now if until is None else until
        utterance.awaits_text = False
        return self._hear_pause(utterance, now)

    def await_text(self) -> None:
        """A transcription of this pause runs: its text is worth waiting for, up to the longest pause.

        Nothing is lost by it, as the utterance could not be answered without that text either.
        """
        if self._utterance is not None and self._utterance.has_paused:
            self._utterance.awaits_text = True

    def press(self, now: float) -> list[SpeechEvent]:
        """The user holds the key to talk: he speaks until `release`, whatever the frames say."""
        self._pressed_at = now
        if self._utterance is not None:
            return []
        return self._begin(now)

    def release(self, now: float) -> list[SpeechEvent]:
        """The user lets the key go: he has finished."""
        pressed_at, self._pressed_at = self._pressed_at, None
        utterance = self._utterance
        if utterance is None:
            return []
        # Who holds the key that long means it, however softly he speaks.
        is_meant = pressed_at is not None and now - pressed_at >= self._timing.sustained_seconds
        return self._end(now) if is_meant or self._has_word(utterance) else self._drop(now)

    def reset(self, now: float) -> list[SpeechEvent]:
        """Forget everything: the sound before `now` is not to be heard, not even as pre-roll."""
        self._window.clear()
        self._pressed_at = None
        self._floor = now
        return [] if self._utterance is None else self._drop(now)

    def _wait_for_speech(self, now: float) -> list[SpeechEvent]:
        if not self._window[-1] or sum(self._window) < self._timing.start_frames:
            return []
        frames = len(self._window) - self._window.index(True)
        first = now - frames * FRAME_SECONDS
        told = self._begin(first)
        utterance = self._utterance
        if utterance is not None:
            utterance.last_speech = now
            utterance.voiced_seconds = sum(self._window) * FRAME_SECONDS
        return told

    def _begin(self, first: float) -> list[SpeechEvent]:
        since = max(first - self._timing.preroll_seconds, self._floor)
        self._utterance = _Utterance(since=since, last_speech=first)
        return [SpeechBegan(since=since)]

    def _hear_speech(self, utterance: _Utterance, now: float) -> list[SpeechEvent]:
        told: list[SpeechEvent] = []
        utterance.voiced_seconds += FRAME_SECONDS
        utterance.last_speech = now
        utterance.silent_since = None
        utterance.awaits_text = False
        if utterance.has_paused:
            utterance.has_paused = False
            told.append(SpeechWentOn())
        if not utterance.is_sustained and utterance.voiced_seconds >= self._timing.sustained_seconds:
            utterance.is_sustained = True
            told.append(SpeechSustained())
        return told

    def _hear_pause(self, utterance: _Utterance, now: float) -> list[SpeechEvent]:
        if utterance.silent_since is None or self._pressed_at is not None:
            return []
        told: list[SpeechEvent] = []
        silence = now - utterance.silent_since + 1e-6  # frames do not add up to round numbers
        if not self._has_word(utterance):
            return self._drop(now) if silence >= self._timing.false_start_seconds else []
        if silence >= self._timing.try_seconds and not utterance.has_paused:
            utterance.has_paused = True
            told.append(SpeechPaused(since=utterance.since, until=now))
        if silence >= self._patience(utterance):
            told += self._end(now)
        return told

    def _has_word(self, utterance: _Utterance) -> bool:
        return utterance.voiced_seconds + 1e-6 >= self._timing.word_seconds

    def _patience(self, utterance: _Utterance) -> float:
        """Seconds of silence after which the user has finished."""
        timing = self._timing
        if timing.fixed_seconds is not None:
            return timing.fixed_seconds
        if utterance.awaits_text:
            return timing.unfinished_seconds
        if not utterance.text or utterance.last_speech > utterance.text_until + timing.stale_seconds:
            return timing.unclear_seconds
        return {
            "finished": timing.finished_seconds,
            "unclear": timing.unclear_seconds,
            "unfinished": timing.unfinished_seconds,
        }[completeness(utterance.text, utterance.language)]

    def _end(self, now: float) -> list[SpeechEvent]:
        utterance, self._utterance = self._utterance, None
        self._floor = now
        return [] if utterance is None else [SpeechEnded(since=utterance.since, until=now)]

    def _drop(self, now: float) -> list[SpeechEvent]:
        self._utterance = None
        self._floor = max(self._floor, now - self._timing.preroll_seconds)
        return [SpeechDropped()]
