"""Who can be in the microphone: her echo, or somebody else."""

from voice.echo.strength import EchoStrength

HER, USER = 0.1, 0.05
QUIET = 0.0005


def heard_in_a_room(echo: float, frames: int = 150) -> EchoStrength:
    strength = EchoStrength()
    for _ in range(frames):
        assert not strength.is_somebody_else(max(QUIET, echo * HER), HER)
    return strength


def test_where_nothing_comes_back_who_speaks_is_the_user() -> None:
    assert heard_in_a_room(0.0).is_somebody_else(USER, HER)


def test_where_her_voice_comes_back_nobody_can_tell_by_loudness_alone() -> None:
    assert not heard_in_a_room(0.3).is_somebody_else(USER, HER)


def test_a_room_that_is_not_known_yet_says_nothing() -> None:
    assert not heard_in_a_room(0.0, frames=20).is_somebody_else(USER, HER)


def test_a_soft_end_of_a_word_still_belongs_to_it_but_not_what_comes_after() -> None:
    strength = heard_in_a_room(0.0)
    assert strength.is_somebody_else(USER, HER)
    after = [strength.is_somebody_else(QUIET, HER) for _ in range(20)]
    assert after[0]
    assert not after[-1]


def test_an_echo_that_appears_is_learnt_within_seconds_of_her_speech() -> None:
    strength = heard_in_a_room(0.0)
    told = [strength.is_somebody_else(0.3 * HER, HER) for _ in range(200)]
    assert told[0], "for a moment she takes it for somebody"
    assert not any(told[-50:])


def test_the_tail_of_her_voice_is_not_taken_for_somebody() -> None:
    strength = EchoStrength()
    for _ in range(40):
        for heard, played in [(0.002, HER)] * 8 + [(0.002, 0.0)] * 8:
            assert not strength.is_somebody_else(heard, played)


def test_what_is_hardly_audible_is_nobody() -> None:
    assert not heard_in_a_room(0.0).is_somebody_else(0.003, HER)
