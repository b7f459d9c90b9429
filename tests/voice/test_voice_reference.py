"""What the echo canceller gets of what is played: all of it, in order, with its time."""

import numpy as np
import pytest

from tests.voice.voice_sounds import sweep
from voice.deck import resample
from voice.reference import Reference


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("every", [1, 7, 90])
def test_it_gives_all_that_was_played_however_often_it_is_asked(rate: int, every: int) -> None:
    reference = Reference()
    reference.set_rate(rate)
    said = sweep(5.0, rate)
    block = rate // 90
    parts, times = [], []
    for number in range(len(said) // block):
        reference.write(said[number * block : (number + 1) * block], 100 + number * block / rate)
        if number % every == 0:
            samples, at = reference.take()
            parts.append(samples)
            times.append(at)
    heard = np.concatenate(parts)
    wanted = resample(said, rate, 16_000)[: len(heard)]
    assert len(heard) > 3.9 * 16_000
    assert np.corrcoef(heard, wanted)[0, 1] > 0.99
    if rate == 16_000:
        assert np.array_equal(heard, wanted)
    assert times[0] == pytest.approx(100)
    assert times[2] == pytest.approx(100 + (every + 1) * block / rate)


def test_a_reader_that_was_away_loses_the_oldest() -> None:
    reference = Reference()
    reference.set_rate(16_000)
    said = sweep(6.0, 16_000)
    for begin in range(0, len(said), 160):
        reference.write(said[begin : begin + 160], begin / 16_000)
    samples, at = reference.take()
    assert np.array_equal(samples, said[-24_000:])
    assert at == pytest.approx(4.5)
    assert len(reference.take()[0]) == 0
