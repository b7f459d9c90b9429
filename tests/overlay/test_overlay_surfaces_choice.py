"""Which window is opened where, and the plain one that works anywhere."""

import sys
import tkinter as tk

import numpy as np
import pytest

from backend.shared.desktop import glass
from backend.shared.errors import AlisaError
from overlay.surfaces import pixels, plain
from overlay.surfaces.choice import KINDS, open_surface
from tests.overlay.art import art
from tests.overlay.desk import SAND, backdrop
from tests.overlay.stage import Stage, X, Y, differing, ideal


def kind_of(surface) -> str:
    return f"{type(surface).__name__} {'smooth' if surface.has_smooth_edges else 'hard'}"


def test_with_a_compositor_she_has_smooth_edges(glass_desk):
    surface = open_surface(glass_desk.tk())
    assert kind_of(surface) == "PaintedSurface smooth"
    surface.close()


def test_without_a_compositor_she_is_cut_out(desk):
    surface = open_surface(desk.tk())
    assert kind_of(surface) == "PaintedSurface hard"
    surface.close()


def test_without_python_xlib_she_stands_on_a_ground(desk, monkeypatch):
    root = desk.tk()
    monkeypatch.setitem(sys.modules, "backend.shared.desktop.x11_glass", None)
    surface = open_surface(root)
    assert kind_of(surface) == "CanvasSurface hard"
    with pytest.raises(glass.GlassError):
        surface.set_click_through(True)
    surface.set_click_through(False)
    with pytest.raises(AlisaError, match="python-xlib"):
        open_surface(root, "x11_shape")
    surface.close()
    assert not root.winfo_children()


def test_a_wish_is_granted_where_it_can_be(glass_desk):
    root = glass_desk.tk()
    for wanted, kind in (("plain", "CanvasSurface hard"), ("x11_shape", "PaintedSurface hard")):
        surface = open_surface(root, wanted)
        assert kind_of(surface) == kind
        surface.close()


def test_an_unknown_wish_names_what_there_is(desk):
    with pytest.raises(AlisaError) as caught:
        open_surface(desk.tk(), "x12")
    assert caught.value.code == "surface-unknown"
    for kind in KINDS["x11"] + KINDS["win32"] + KINDS["aqua"]:
        assert kind in str(caught.value)


@pytest.mark.parametrize("wanted", ["macos", "windows_layered", "x11_argb"])
def test_an_impossible_wish_is_refused_and_leaves_nothing(desk, wanted):
    root = desk.tk()
    with pytest.raises(AlisaError) as caught:
        open_surface(root, wanted)
    assert caught.value.code == "surface-impossible"
    assert not root.winfo_children()


@pytest.mark.parametrize("module", ["macos", "windows_colour_key"])
def test_windows_of_other_systems_fail_cleanly_here(desk, module):
    root = desk.tk()
    opener = __import__(f"overlay.surfaces.{module}", fromlist=["open_surface"])
    with pytest.raises(tk.TclError):
        opener.open_surface(root)
    assert not root.winfo_children()


# python-xlib leaves the sockets of a failed attempt to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_display_is_said(desk, monkeypatch):
    root = desk.tk()
    monkeypatch.setenv("DISPLAY", ":9999")
    with pytest.raises(AlisaError) as caught:
        open_surface(root, "x11_shape")
    assert "display" in str(caught.value)
    assert not root.winfo_children()


def test_the_plain_window_shows_her_on_its_ground(desk):
    stage = Stage(desk, "plain")
    surface = stage.surface
    patch = art("angry").crop((100, 60, 190, 130))
    surface.show(surface.prepare(stage.image), surface.prepare(patch), (100, 60))
    surface.move(X, Y)
    whole = stage.image.copy()
    whole.paste(patch, (100, 60))
    wanted = np.asarray(pixels.on_ground(whole, plain.GROUND))
    stage.wait(lambda: np.array_equal(stage.look(), wanted), "her on a ground")
    ground = np.full((450, 300, 3), plain.GROUND)
    assert differing(wanted, ideal(whole, ground)).max() <= 1
    surface.show(surface.prepare(stage.image))
    wanted = np.asarray(pixels.on_ground(stage.image, plain.GROUND))
    stage.wait(lambda: np.array_equal(stage.look(), wanted), "her without the patch")
    surface.close()


def test_the_plain_window_is_clicked_and_clicked_through(desk):
    stage = Stage(desk, "plain")
    stage.surface.show(stage.surface.prepare(stage.image))
    stage.surface.move(X, Y)
    stage.wait(lambda: not np.array_equal(stage.look(), backdrop(X, Y, 300, 450)), "her")
    here = X + 1, Y + 1
    desk.click(*here)
    stage.wait(lambda: stage.clicks == [(1, *here)], "the click on her")
    stage.set_click_through(True)
    desk.click(*here)
    stage.wait(lambda: desk.backdrop.presses == [(1, *here)], "the click below")
    stage.set_click_through(False)
    desk.click(*here)
    stage.wait(lambda: len(stage.clicks) == 2, "the click on her")
    stage.surface.close()


def test_pictures_of_one_surface_are_not_for_another(desk):
    root = desk.tk()
    shape, flat = open_surface(root, "x11_shape"), open_surface(root, "plain")
    with pytest.raises(TypeError):
        flat.show(shape.prepare(art()))
    shape.close()
    flat.close()


def test_the_backdrop_is_seen_where_a_small_picture_was_large_before(desk):
    stage = Stage(desk, "x11_shape")
    stage.show()
    small = art(height=100)
    stage.surface.show(stage.surface.prepare(small))
    stage.wait(lambda: stage.is_shown(small), "her, small")
    below = desk.grab(X, Y + 100, 300, 350)
    assert np.array_equal(below, backdrop(X, Y + 100, 300, 350))
    assert SAND in {tuple(colour) for colour in below.reshape(-1, 3)}
    stage.surface.close()
