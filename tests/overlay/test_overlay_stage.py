"""Where and how she is shown, on a real desktop."""

import pytest

from backend.shared import settings
from overlay.packs.loader import SHIPPED, load
from overlay.placement import Placement
from overlay.schedule import Schedule
from overlay.stage import Stage


@pytest.fixture
def stage(desk, tmp_path):
    root = desk.tk()
    schedule = Schedule(root)
    stage = Stage(root, schedule, None, Placement(tmp_path), load(SHIPPED / "alisa"), settings.Overlay())
    yield stage
    stage.close()
    schedule.close()


def test_a_size_of_the_menu_at_which_nothing_is_reduced_is_taken_where_one_is_near(stage):
    # The screen is 900 pixels high, she is drawn 450 and 900 high.
    assert stage.sizes == {"Small": 180, "Medium": 360, "Large": 540, "Very large": 900}
    assert stage.outline.height == 360


@pytest.mark.parametrize("bring", [Stage.lift, Stage.come_forward, lambda stage: stage.set_in_front(True)])
def test_what_belongs_before_her_hears_whenever_she_comes_forward(stage, bring):
    heard = []
    stage.on_lift = lambda: heard.append(stage.surface)
    bring(stage)
    assert heard == [stage.surface]
