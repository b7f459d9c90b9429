"""The windows of the bubble."""

from tests.overlay.bubble_bench import Stage


def test_whoever_must_stay_above_it_hears_when_it_comes_forward(desk):
    stage = Stage(desk)
    heard = []
    stage.bubble.balloon.on_lift = lambda: heard.append(stage.bubble.is_shown)
    stage.speak("Hello there.")
    stage.wait(lambda: heard == [True])
    stage.bubble.balloon.lift()
    assert heard == [True, True]
