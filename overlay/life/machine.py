"""All her life in one place: what happens to her goes in, how she looks comes out."""

from collections.abc import Callable, Sequence
from random import Random

from backend.shared.records import EmotionName, PresenceState, Viseme
from overlay.life.blinking import RATES, Blinking
from overlay.life.breathing import Breathing
from overlay.life.fidgets import Fidgets
from overlay.life.gaze import Attention, Gaze, find_blink_share
from overlay.life.lips import Lips
from overlay.life.pose import Eyes, Pose
from overlay.life.slumber import Slumber
from overlay.life.timing import NEVER

STARE_SECONDS = 2.0
"""Surprise keeps the eyes open so long."""

SHORTEST_SLEEP_SECONDS = 0.01
"""Between two wake-ups, whatever is due."""

NARROW_SECONDS = (0.5, 1.1)

_MOODS_THAT_SMILE: tuple[EmotionName, ...] = ("neutral", "happy")


def _nowhere() -> None:
    """Where the pointer is when nobody knows."""


class Life:
    """The state of her face over time.

    Pure: it has no clock, no timer and no window. Whoever owns it calls `advance` when `next_due` has come
    and after anything was told to it, and shows the pose. The same calls with the same seed give the same
    poses. Any method may be called at any time, in any order; a time before the last one counts as the last
    one. After a pause of hours she goes on from where she is: nothing is made up for.

    Args:
        random: Where chance comes from.
        now: Seconds of any clock that does not go back; all later times are of the same clock.
        is_motion_reduced: She neither breathes nor sways nor looks anywhere; she blinks and moves her mouth.
        sleep_seconds: She falls asleep when the user has been away so long; 0: never.
        pointer: Where the pointer is relative to her eyes, in pixels of her pack's canvas (so that what is
            near grows with her), y down; None when nobody knows. Asked only while she looks at it.
    """

    def __init__(
        self,
        random: Random,
        now: float,
        is_motion_reduced: bool = False,
        sleep_seconds: float = 300,
        pointer: Callable[[], tuple[float, float] | None] = _nowhere,
    ) -> None:
        self._random = random
        self._now = self._earliest = now
        self._is_told = True
        self._is_hidden = self._is_listening = self._is_thinking = False
        self._was_awake = True
        self._emotion: EmotionName = "neutral"
        self._pose = Pose()
        self._lips = Lips(random)
        self._blinking = Blinking(random, now)
        self._breathing = Breathing(random, now, is_motion_reduced)
        self._gaze = Gaze(random, now, pointer, is_motion_reduced)
        self._fidgets = Fidgets(random, now, is_motion_reduced)
        self._slumber = Slumber(now, sleep_seconds)

    @property
    def next_due(self) -> float | None:
        """When to call `advance`; None: nothing is due before something is told to her."""
        if self._is_hidden:
            return None
        due = self._now if self._is_told else min(self._lips.due, self._breathing.due, self._slumber.due)
        if self._slumber.stage == "awake":
            due = min(due, self._blinking.due, self._gaze.due, self._fidgets.due)
        return None if due == NEVER else max(due, self._earliest)

    def feel(self, emotion: EmotionName, now: float) -> None:
        """Look like this from now on."""
        now = self._tell(now)
        self._slumber.calm_down()
        if emotion == self._emotion:
            return
        self._fidgets.restart(now)
        if emotion == "surprised":
            self._blinking.delay(now, STARE_SECONDS)
        self._emotion = emotion

    def utter(self, visemes: Sequence[Viseme], started: float, now: float) -> None:
        """Speak a sentence by its timeline; `started`: when it begins to sound, in the time of `now`."""
        now = self._tell(now)
        self._slumber.stir(now)
        self._lips.utter(visemes, started, now)

    def hear_level(self, level: float, now: float) -> None:
        """Speak so loud, 0 to 1; for voices without a timeline, as often as it changes."""
        now = self._reach(now)
        self._slumber.stir(now)
        self._lips.hear_level(level, now)

    def read(self, text: str, now: float) -> None:
        """Move the mouth to words as they are written, while no voice speaks."""
        now = self._reach(now)
        self._slumber.stir(now)
        self._lips.read(text, now)

    def finish_reading(self, now: float) -> None:
        """The text is complete: the mouth stops within a moment."""
        now = self._tell(now)
        self._lips.finish_reading(now)

    def hush(self, now: float) -> None:
        """Stop speaking at once."""
        self._tell(now)
        self._lips.hush()

    def voice(self, is_speaking: bool, now: float) -> None:
        """A voice of hers has begun to speak, or has ended."""
        now = self._tell(now)
        if is_speaking:
            self._slumber.stir(now)
        self._lips.voice(is_speaking)

    def listen(self, is_listening: bool, now: float) -> None:
        """Attend to the viewer, or no longer."""
        now = self._tell(now)
        self._is_listening = is_listening
        if is_listening:
            self._slumber.stir(now)

    def think(self, is_thinking: bool, now: float) -> None:
        """Think about what to say, or no longer."""
        now = self._tell(now)
        self._is_thinking = is_thinking
        if is_thinking:
            self._slumber.stir(now)

    def see_presence(self, presence: PresenceState, now: float) -> None:
        """The user is there, or not."""
        now = self._tell(now)
        self._slumber.see(presence, now)

    def touch(self, now: float) -> None:
        """Somebody clicked her, dragged her, typed to her."""
        now = self._tell(now)
        self._slumber.stir(now, is_sudden=True)

    def glance(self, dx: float, dy: float, now: float) -> None:
        """Look for a moment where something happened, relative to her eyes, in pixels, y down."""
        now = self._tell(now)
        self._gaze.glance(dx, dy, now)

    def rest(self, is_hidden: bool, now: float) -> None:
        """She is not shown, so nothing is ever due; or she is shown again."""
        now = self._tell(now)
        if self._is_hidden and not is_hidden:
            self._pose = Pose()
            self._breathing.restart(now)
            self._refresh(now)
        self._is_hidden = is_hidden

    def advance(self, now: float) -> Pose:
        """Do what is due, and return how she looks now."""
        now = self._reach(now)
        self._is_told = False
        self._earliest = now + SHORTEST_SLEEP_SECONDS
        if self._is_hidden:
            self._pose = Pose(emotion=self._emotion)
            return self._pose
        self._lips.advance(now)
        attention = self._find_attention()
        self._slumber.advance(now, is_busy=attention != "idle")
        self._breathing.slow_down(self._slumber.stage == "asleep")
        self._breathing.advance(now)
        is_awake = self._slumber.stage == "awake"
        if is_awake != self._was_awake:
            self._was_awake = is_awake
            self._refresh(now)
        if is_awake:
            self._live(attention, now)
        self._pose = self._find_pose()
        return self._pose

    def _reach(self, now: float) -> float:
        """Let the time be this, unless it would go back."""
        self._now = self._earliest = max(self._now, now)
        return self._now

    def _tell(self, now: float) -> float:
        """Something happens that may change how she looks at once."""
        self._is_told = True
        return self._reach(now)

    def _refresh(self, now: float) -> None:
        """Begin anew what only one who is awake does."""
        self._blinking.restart(now)
        self._gaze.restart(now)
        self._fidgets.restart(now)

    def _find_attention(self) -> Attention:
        if self._is_listening:
            return "listening"
        if self._lips.is_voice or self._lips.shape is not None:
            return "speaking"
        return "thinking" if self._is_thinking else "idle"

    def _live(self, attention: Attention, now: float) -> None:
        self._gaze.attend(attention, now)
        self._blinking.keep_pace(RATES[attention], now)
        if attention != "idle":
            self._fidgets.restart(now)
        else:
            self._fidget(now)
        self._gaze.advance(now)
        share = find_blink_share(self._pose.look, self._gaze.look)
        if share and self._random.random() < share:
            self._blinking.blink(now)
        self._blinking.advance(now)

    def _fidget(self, now: float) -> None:
        match self._fidgets.advance(now, may_smile=self._emotion in _MOODS_THAT_SMILE):
            case "double_blink":
                self._blinking.blink(now, times=2)
            case "look_around":
                self._gaze.look_around(now)
            case "narrow_eyes":
                self._blinking.narrow(now, self._random.uniform(*NARROW_SECONDS))
            case "deep_breath":
                self._breathing.deepen()

    def _find_pose(self) -> Pose:
        lids: Eyes = self._slumber.lids or self._blinking.lids
        mouth = self._lips.shape
        if mouth is None and self._fidgets.is_smiling:
            mouth = "smile"
        is_startled = self._slumber.is_startled and self._emotion == "neutral"
        return Pose(
            emotion="surprised" if is_startled else self._emotion,
            eyes=lids,
            mouth=mouth,
            look=self._gaze.look,
            breath=self._breathing.breath,
            sway=self._breathing.sway,
            is_asleep=self._slumber.stage == "asleep",
        )
