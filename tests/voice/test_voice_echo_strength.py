"""Who can be in the microphone: her echo, or somebody else."""

import numpy as np

from voice.echo.strength import EchoStrength

USER, QUIET = 0.05, 0.0005
DELAY_FRAMES = 3


class Room:
    """Her voice in the loudspeakers, and in the microphone what comes back of it and what is said there."""

    def __init__(self, echo: float = 0.0) -> None:
        self.echo = echo
        self._strength = EchoStrength()
        self._random = np.random.default_rng(5)
        self._way = [np.zeros(512, np.float32)] * DELAY_FRAMES

    def noise(self, loudness: float) -> np.ndarray:
        return self._random.normal(0, loudness, 512).astype(np.float32)

    def hear(self, user: float = 0.0, her: float = 0.1) -> bool:
        played = self.noise(her)
        self._way.append(played)
        return self._strength.is_somebody_else(
            self.echo * self._way.pop(0) + self.noise(QUIET) + self.noise(user), played
        )


def heard_in_a_room(echo: float, frames: int = 150) -> Room:
    room = Room(echo)
    assert not any(room.hear() for _ in range(frames))
    return room


def test_where_nothing_comes_back_who_speaks_is_the_user() -> None:
    assert heard_in_a_room(0.0).hear(USER)


def test_where_her_voice_comes_back_nobody_can_tell_by_loudness_alone() -> None:
    assert not heard_in_a_room(0.3).hear(USER)


def test_a_room_that_is_not_known_yet_says_nothing() -> None:
    assert not heard_in_a_room(0.0, frames=20).hear(USER)


def test_a_soft_end_of_a_word_still_belongs_to_it_but_not_what_comes_after() -> None:
    room = heard_in_a_room(0.0)
    assert room.hear(USER)
    after = [room.hear() for _ in range(20)]
    assert after[0]
    assert not after[-1]


def test_an_echo_that_appears_is_known_for_her_own_voice() -> None:
    room = heard_in_a_room(0.0)
    room.echo = 0.3
    told = [room.hear() for _ in range(200)]
    assert sum(told[:20]) <= 8, "her first sound after it has too little to compare with"
    assert not any(told[20:])


def test_what_is_hardly_audible_is_nobody() -> None:
    assert not heard_in_a_room(0.0).hear(0.0025)
