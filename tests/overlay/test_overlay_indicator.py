"""The indicator on a real desktop: seen and clicked from outside."""

import numpy as np
import pytest

from backend.shared.records import Sense
from overlay.bubble.style import Style
from overlay.indicator.indicator import HANDLE_TEXT, Indicator
from overlay.indicator.lights import PATIENCE_SECONDS
from overlay.schedule import Schedule
from overlay.surfaces.choice import open_surface
from tests.overlay.desk import backdrop
from tests.overlay.paper_surface import PaperSurface

WORK = (0, 0, 1280, 900)
FIGURE = (500, 300, 200, 300)
WARM = (0xFF, 0x8A, 0x3D)


class Clock:
    """Real time, with a jump ahead when a test asks for it."""

    def __init__(self, schedule: Schedule) -> None:
        self.ahead = 0.0
        self.real, schedule.now = schedule.now, self
        self.schedule = schedule

    def __call__(self) -> float:
        return self.real() + self.ahead

    def jump(self, seconds: float) -> None:
        self.ahead += seconds
        self.schedule.at(0.0, lambda: None)  # earlier than what it waits for


class Stand:
    """An indicator, and all that it said and asked for."""

    def __init__(self, desk, open_one) -> None:
        self.desk = desk
        self.open_one = open_one
        self.root = desk.tk()
        self.schedule = Schedule(self.root)
        self.clock = Clock(self.schedule)
        self.surfaces: list[PaperSurface] = []
        self.switched: list[tuple[str, bool]] = []
        self.said: list[str] = []
        self.indicator = Indicator(
            self.root,
            self.schedule,
            self.open,
            lambda name, is_on: self.switched.append((name, is_on)),
            self.said.append,
            Style(),
        )
        self.indicator.place(FIGURE, WORK)

    def open(self) -> PaperSurface:
        self.surfaces.append(self.open_one(self.root))
        return self.surfaces[-1]

    def wait(self, condition, what="it") -> None:
        self.desk.wait_for(condition, what, meanwhile=self.root.update)

    def is_bare(self) -> bool:
        return np.array_equal(self.desk.grab(), backdrop(*WORK))

    def warm_dots(self, box) -> bool:
        return bool((self.desk.grab(*box) == WARM).all(axis=2).sum() >= 6)

    def middle(self, place: str) -> tuple[int, int]:
        x, y, width, height = self.indicator.box_of(place)
        return x + width // 2, y + height // 2

    def click(self, place: str) -> None:
        self.desk.click(*self.middle(place))

    def show(self, *senses: Sense, is_linked: bool = True, **switches: bool) -> None:
        self.indicator.show(senses, switches, is_linked)


@pytest.fixture
def stand(desk):
    yield from running(desk, PaperSurface)


@pytest.fixture
def real_stand(desk):
    yield from running(desk, open_surface)


@pytest.fixture
def glass_stand(glass_desk):
    yield from running(glass_desk, open_surface)


def running(desk, open_one):
    stand = Stand(desk, open_one)
    yield stand
    stand.indicator.close()
    stand.schedule.close()


def test_nothing_captures_and_nothing_is_shown(stand):
    stand.show(Sense("microphone", False), Sense("camera", False))
    stand.root.update()
    assert stand.surfaces == []
    assert stand.is_bare()


def test_what_captures_is_lit_with_a_warm_dot_and_goes_when_it_is_over(stand):
    stand.show(Sense("microphone", True))
    box = stand.indicator.box_of("microphone")
    stand.wait(lambda: stand.warm_dots(box), "the dot")
    assert stand.indicator.box_of("camera") is None
    stand.show(Sense("microphone", False))
    stand.wait(stand.is_bare, "the bare desktop")


def test_over_her_it_shows_what_there_is_and_folds_again(stand):
    stand.show(Sense("microphone", False), Sense("screen", False))
    stand.indicator.hover(True)
    assert stand.indicator.box_of("microphone") is not None
    assert stand.indicator.box_of("screen") is not None
    assert stand.indicator.box_of("camera") is None
    stand.wait(lambda: not stand.is_bare(), "the pill")
    stand.indicator.hover(False)
    stand.wait(stand.is_bare, "the bare desktop")


def test_a_sense_keeps_its_place_when_the_pointer_comes(stand):
    stand.show(Sense("microphone", False), Sense("camera", True), Sense("screen", False))
    before = stand.indicator.box_of("camera")
    assert stand.indicator.box_of("microphone") is None
    stand.indicator.hover(True)
    assert stand.indicator.box_of("microphone") is not None
    assert stand.indicator.box_of("camera") == before


def test_a_click_switches_off_at_once_and_the_dot_stays_until_it_is_off(stand):
    stand.show(Sense("microphone", True, "default microphone"))
    box = stand.indicator.box_of("microphone")
    stand.wait(lambda: stand.warm_dots(box), "the dot")
    stand.click("microphone")
    stand.wait(lambda: stand.switched, "the switch")
    assert stand.switched == [("microphone", False)]
    assert "still on" in stand.indicator.tooltip
    assert stand.warm_dots(stand.indicator.box_of("microphone"))
    stand.show(Sense("microphone", False), microphone=False)
    stand.desk.point(5, 5)
    stand.wait(stand.is_bare, "the bare desktop")
    assert stand.said == []


def test_a_click_on_what_is_off_switches_it_on(stand):
    stand.show(Sense("microphone", True), Sense("camera", False))
    stand.indicator.hover(True)
    stand.wait(lambda: stand.warm_dots(stand.indicator.box_of("microphone")), "the pill")
    stand.click("camera")
    stand.wait(lambda: stand.switched, "the switch")
    assert stand.switched == [("camera", True)]


def test_a_sense_that_does_not_obey_is_said_in_plain_words(stand):
    stand.show(Sense("microphone", True))
    stand.wait(lambda: stand.warm_dots(stand.indicator.box_of("microphone")), "the pill")
    stand.click("microphone")
    stand.wait(lambda: stand.switched, "the switch")
    stand.clock.jump(PATIENCE_SECONDS)
    stand.wait(lambda: stand.said, "the sentence")
    assert "still on" in stand.said[0]
    x, y, side, _ = stand.indicator.box_of("microphone")

    def has_alarm() -> bool:
        red, green, blue = np.moveaxis(stand.desk.grab(x, y, side, side).astype(int), 2, 0)
        return ((red > 180) & (green < 110) & (blue < 120)).mean() > 0.2

    stand.wait(has_alarm, "the red ground")


def test_pointing_at_a_sense_tells_about_it(stand):
    stand.show(Sense("microphone", True, "default microphone"))
    stand.wait(lambda: stand.warm_dots(stand.indicator.box_of("microphone")), "the pill")
    before = stand.desk.grab()
    stand.desk.point(*stand.middle("microphone"))
    words = "Microphone is on: default microphone. Click to switch it off."
    stand.wait(lambda: stand.indicator.tooltip == words, "the words")
    x, y, *_ = stand.indicator.box_of("microphone")
    above = (slice(y - 40, y - 2), slice(x - 80, x + 80))
    stand.wait(lambda: (stand.desk.grab()[above] != before[above]).any(axis=2).mean() > 0.4, "the tooltip")
    stand.desk.point(5, 5)
    stand.wait(lambda: np.array_equal(stand.desk.grab()[above], before[above]), "the tooltip's end")


def test_without_the_hub_there_is_a_plug_and_what_was_on_is_unknown(stand):
    stand.show(Sense("microphone", True), Sense("camera", False))
    stand.show(is_linked=False)
    assert stand.indicator.box_of("offline") is not None
    assert stand.indicator.box_of("microphone") is not None
    assert stand.indicator.box_of("camera") is None
    box = stand.indicator.box_of("microphone")
    stand.wait(lambda: not stand.is_bare() and not stand.warm_dots(box), "the pill without a dot")
    stand.click("microphone")
    stand.wait(lambda: "not known" in stand.indicator.tooltip, "the words")
    assert stand.switched == []


def test_the_way_back_from_click_through_is_there_and_works(stand):
    done = []
    stand.indicator.set_click_through_way_back(True, lambda: done.append("back"))
    stand.show()
    x, y, side, _ = stand.indicator.box_of("click-through")
    stand.wait(lambda: (stand.desk.grab(x, y, side, side)[..., 0] > 240).mean() > 0.2, "the handle")
    stand.desk.point(x + side // 2, y + side // 2)
    stand.wait(lambda: stand.indicator.tooltip == HANDLE_TEXT, "the words")
    stand.click("click-through")
    stand.wait(lambda: done, "the way back")
    stand.indicator.set_click_through_way_back(False)
    stand.desk.point(5, 5)
    stand.wait(stand.is_bare, "the bare desktop")


@pytest.mark.parametrize(
    "figure",
    [
        (500, 560, 200, 340),
        (1080, 560, 200, 340),
        (1200, 700, 200, 340),
        (-150, 560, 200, 340),
        (-900, -900, 200, 300),
        (0, 0, 1280, 900),
    ],
)
def test_wherever_she_stands_it_is_on_the_screen(stand, figure):
    stand.indicator.set_click_through_way_back(True, lambda: None)
    stand.show(Sense("microphone", True), Sense("cloud-voice", True))
    work = (0, 30, 1280, 840)
    stand.indicator.place(figure, work)
    for place in ("click-through", "microphone", "cloud-voice"):
        x, y, width, height = stand.indicator.box_of(place)
        assert work[0] <= x <= work[0] + work[2] - width
        assert work[1] <= y <= work[1] + work[3] - height


def test_it_hides_comes_back_and_can_be_built_anew(stand):
    stand.show(Sense("microphone", True))
    box = stand.indicator.box_of("microphone")
    stand.wait(lambda: stand.warm_dots(box), "the pill")
    stand.indicator.hide()
    stand.wait(stand.is_bare, "the bare desktop")
    stand.indicator.unhide()
    stand.wait(lambda: stand.warm_dots(box), "the pill")
    stand.indicator.reopen()
    assert [surface.is_closed for surface in stand.surfaces] == [True, False]
    stand.wait(lambda: stand.warm_dots(box), "the pill")


def test_pictures_are_given_back(stand):
    for _ in range(10):
        stand.show(Sense("microphone", True))
        stand.show(Sense("microphone", True), Sense("camera", True))
    (surface,) = stand.surfaces
    assert sum(not picture.is_freed for picture in surface.pictures) == 1


@pytest.mark.parametrize("name", ["real_stand", "glass_stand"])
def test_on_her_own_kind_of_window_it_is_round_and_takes_clicks_only_where_it_is(name, request):
    stand = request.getfixturevalue(name)
    stand.indicator.set_click_through_way_back(True, lambda: stand.said.append("back"))
    stand.show(Sense("microphone", True), Sense("camera", False), Sense("screen", True))
    x, y, *_ = stand.indicator.box_of("click-through")
    stand.wait(lambda: stand.warm_dots(stand.indicator.box_of("screen")), "the pill")
    assert np.array_equal(stand.desk.grab(x, y, 3, 3), backdrop(x, y, 3, 3))
    stand.desk.click(x + 1, y + 1)
    stand.wait(lambda: (1, x + 1, y + 1) in stand.desk.backdrop.presses, "the click below")
    stand.click("click-through")
    stand.wait(lambda: stand.said == ["back"], "the way back")
    stand.click("screen")
    stand.wait(lambda: stand.switched == [("screen", False)], "the switch")
    assert len(stand.desk.backdrop.presses) == 1
    stand.indicator.close()
    stand.wait(stand.is_bare, "the bare desktop")


@pytest.mark.parametrize("name", ["real_stand", "glass_stand"])
def test_its_very_first_picture_is_painted(name, request):
    stand = request.getfixturevalue(name)
    stand.show(Sense("microphone", True))
    stand.wait(lambda: stand.warm_dots(stand.indicator.box_of("microphone")), "the pill")


def test_what_else_stands_beside_her_leaves_it_its_strip_at_the_edge(stand):
    on_the_edge = (500, WORK[3] - 300, 200, 300)
    left, top, width, height = stand.indicator.leave_room(on_the_edge, WORK)
    assert (left, top, width) == WORK[:3]
    stand.indicator.place(on_the_edge, WORK)
    stand.show(Sense("microphone", True))
    assert stand.indicator.box_of("microphone")[1] >= height
    assert WORK[3] - height < 60
    assert stand.indicator.leave_room(FIGURE, WORK) == WORK
