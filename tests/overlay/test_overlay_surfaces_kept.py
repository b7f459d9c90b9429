"""What surfaces hold in the X server, what is left when they are closed, and compositors that come and go."""

import numpy as np
import pytest
from PIL import Image
from Xlib.ext import res

from overlay.surfaces.choice import is_right, open_surface
from tests.overlay.art import art
from tests.overlay.holdings import held
from tests.overlay.stage import Stage, X, Y

KINDS = {"x11_argb": "glass_desk", "x11_shape": "desk", "plain": "desk"}


@pytest.fixture(params=KINDS)
def stage(request):
    made = Stage(request.getfixturevalue(KINDS[request.param]), request.param)
    yield made
    made.surface.close()


def test_the_desk_can_ask_what_is_held(desk):
    assert desk.display.has_extension(res.extname)
    # A question with an answer: what Tk has kept back until now, e.g. of windows of before, is sent with it.
    desk.tk().winfo_pointerxy()
    before = held(desk)["PIXMAP"]
    stage = Stage(desk, "x11_shape")
    pictures = [stage.surface.prepare(stage.image) for _ in range(5)]
    # The masks are made when they are used.
    desk.wait_for(lambda: held(desk)["PIXMAP"] >= before + 5, "the pixmaps")
    for picture in pictures:
        picture.free()
    stage.surface.close()
    desk.wait_for(lambda: held(desk)["PIXMAP"] == before, "their end")


def test_five_hundred_pictures_leave_nothing_in_the_server(stage):
    images = [Image.new("RGBA", (60, 40 + 20 * (i % 2)), (9, 9, 9 * i, 255)) for i in range(4)]
    patch = Image.new("RGBA", (10, 10), (200, 0, 0, 255))
    surface = stage.surface

    def show_some(number: int) -> None:
        for i in range(number):
            picture, over = surface.prepare(images[i % 4]), surface.prepare(patch)
            surface.show(picture, over if i % 3 else None, (i % 40, i % 30))
            picture.free()
            over.free()
            if i % 50 == 0:
                stage.root.update()
        last = surface.prepare(images[0])
        surface.show(last)
        last.free()
        surface.set_click_through(True)
        surface.set_click_through(False)
        stage.root.update()

    show_some(10)
    before = held(stage.desk)
    show_some(500)
    stage.wait(lambda: held(stage.desk)["PIXMAP"] == before["PIXMAP"], "pixmaps given back")
    assert not held(stage.desk) - before


def test_closing_gives_everything_back_and_leaves_no_window(stage):
    stage.surface.close()
    stage.root.update()
    before = held(stage.desk)
    for _ in range(10):
        surface = open_surface(stage.root, stage.kind)
        surface.move(X, Y)
        surface.show(surface.prepare(stage.image))
        stage.root.update()
        surface.hide()
        surface.unhide()
        surface.close()
    stage.root.update()
    stage.wait(stage.is_gone, "the desktop")
    stage.wait(lambda: held(stage.desk)["PIXMAP"] == before["PIXMAP"], "pixmaps given back")
    assert not held(stage.desk) - before
    assert not [child for child in stage.root.winfo_children() if child.winfo_exists()]


def test_a_surface_can_be_closed_after_the_root_has_gone(stage):
    stage.surface.show(stage.surface.prepare(stage.image))
    stage.root.update()
    stage.root.destroy()
    stage.surface.close()


def test_a_stopped_and_started_compositor_is_noticed_and_she_is_rebuilt(glass_desk):
    stage = Stage(glass_desk, "")
    stage.show()
    assert stage.surface.has_smooth_edges
    assert is_right(stage.surface)
    glass_desk.stop_compositor()
    assert not is_right(stage.surface)
    assert is_right(stage.surface, wanted="x11_argb")
    stage.surface.close()
    stage.surface = open_surface(stage.root)
    assert not stage.surface.has_smooth_edges
    assert is_right(stage.surface)
    stage.show()
    glass_desk.start_compositor()
    assert not is_right(stage.surface)
    stage.surface.close()
    stage.surface = open_surface(stage.root)
    stage.show()
    alpha = np.asarray(stage.image)[..., 3]
    assert stage.surface.has_smooth_edges
    assert ((alpha > 0) & (alpha < 255)).any()
    stage.surface.close()


def test_a_picture_of_her_is_prepared_and_shown_again_and_again_without_growing(stage):
    surface = stage.surface
    images = [art("neutral", 200), art("angry", 200)]
    kept = [surface.prepare(image) for image in images]
    for picture in kept:  # from then on the server has their masks too
        surface.show(picture)
    stage.root.update()
    before = held(stage.desk)
    for i in range(500):
        surface.show(kept[i % 2])
    stage.root.update()
    stage.desk.display.sync()
    assert not held(stage.desk) - before
