"""Her window on X11 with and without a compositor: its pixels, its clicks, its place among the others."""

import numpy as np
import pytest
from PIL import Image
from Xlib.X import AnyPropertyType

from tests.overlay.art import art
from tests.overlay.desk import HEIGHT, PICOM, WIDTH, backdrop
from tests.overlay.stage import Stage, X, Y, differing, ideal

KINDS = {"x11_argb": "glass_desk", "x11_shape": "desk"}


@pytest.fixture(params=KINDS)
def stage(request):
    made = Stage(request.getfixturevalue(KINDS[request.param]), request.param)
    yield made
    made.surface.close()


@pytest.fixture
def glass_stage(glass_desk):
    made = Stage(glass_desk, "x11_argb")
    yield made
    made.surface.close()


@pytest.mark.parametrize("emotion", ["neutral", "angry"])
def test_transparent_pixels_are_the_desktop_opaque_ones_the_art_and_edges_a_blend(stage, emotion):
    stage.image = art(emotion)
    stage.show()
    alpha = np.asarray(stage.image)[..., 3]
    difference = differing(stage.look(), ideal(stage.image, backdrop(X, Y, *stage.image.size)))
    assert difference[alpha == 0].max() == 0
    assert difference[alpha == 255].max() == 0
    is_edge = (alpha > 0) & (alpha < 255)
    assert is_edge.sum() > 1000
    if stage.surface.has_smooth_edges:
        assert difference[is_edge].mean() < 1
    else:
        # All or nothing: her colour unblended from half on, the desktop below it.
        hard = np.where(alpha[..., None] >= 128, np.asarray(stage.image)[..., :3], backdrop(X, Y, 300, 450))
        assert np.array_equal(stage.look(), hard)


def test_nothing_is_seen_around_her(stage):
    stage.show()
    seen = stage.desk.grab()
    width, height = stage.image.size
    seen[Y : Y + height, X : X + width] = backdrop(X, Y, width, height)
    assert np.array_equal(seen, backdrop(0, 0, WIDTH, HEIGHT))


def test_clicks_where_she_is_transparent_reach_what_is_below(stage):
    stage.show()
    there = stage.pixel(is_hers=False)
    stage.desk.click(*there)
    stage.wait(lambda: stage.desk.backdrop.presses == [(1, *there)], "the click below")
    assert not stage.clicks


def test_clicks_on_her_reach_her_alone(stage):
    stage.show()
    there = stage.pixel(is_hers=True)
    stage.desk.click(*there, 3)
    stage.wait(lambda: stage.clicks == [(3, *there)], "the click on her")
    assert not stage.desk.backdrop.presses


def test_click_through_is_switched_on_and_off(stage):
    stage.show()
    body, hole = stage.pixel(is_hers=True), stage.pixel(is_hers=False)
    stage.set_click_through(True)
    # Another outline meanwhile must not end it.
    for emotion in ("angry", "neutral"):
        stage.surface.show(stage.surface.prepare(art(emotion)))
    stage.desk.click(*body)
    stage.wait(lambda: stage.desk.backdrop.presses == [(1, *body)], "the click below")
    assert not stage.clicks
    stage.set_click_through(False)
    stage.desk.click(*body)
    stage.wait(lambda: stage.clicks == [(1, *body)], "the click on her")
    stage.desk.click(*hole)
    stage.wait(lambda: len(stage.desk.backdrop.presses) == 2, "the click below")
    assert len(stage.clicks) == 1


def test_the_server_repaints_her_after_she_was_covered(stage):
    stage.show()
    before = stage.desk.grab()
    box = (X - 50, Y + 100, 400, 150, 0)
    cover = stage.desk.root.create_window(*box, 24, background_pixel=0xFF0000, override_redirect=True)
    cover.map()
    stage.wait(lambda: tuple(stage.desk.grab(X + 150, Y + 150, 1, 1)[0, 0]) == (255, 0, 0), "the cover")
    cover.destroy()
    # Tk does not get to run: it has no part in it.
    stage.desk.wait_for(lambda: np.array_equal(stage.desk.grab(), before), "her, uncovered")


def test_a_patch_replaces_pixels_and_is_taken_away_again(stage):
    stage.show()
    surface, base = stage.surface, stage.surface.prepare(stage.image)
    colours = {"red": (200, 20, 30, 255), "blue": (20, 30, 200, 255), "glass": (40, 40, 40, 255)}
    patches = {name: Image.new("RGBA", (31, 17), colour) for name, colour in colours.items()}
    prepared = {name: surface.prepare(patch) for name, patch in patches.items()}
    steps = [
        ("red", (130, 100)),
        ("blue", (130, 100)),
        ("red", (150, 110)),
        ("", (0, 0)),
        ("blue", (140, 90)),
    ]
    for name, at in steps:
        wanted = stage.image.copy()
        if name:
            wanted.paste(patches[name], at)
        surface.show(base, prepared.get(name), at)
        stage.wait(lambda wanted=wanted: stage.is_shown(wanted), f"{name} at {at}")
    other = art("angry")
    surface.show(surface.prepare(other), prepared["red"], (5, 5))
    surface.show(base)
    stage.wait(lambda: stage.is_shown(stage.image), "her without a patch")


def test_a_patch_stays_when_she_was_covered(stage):
    stage.show()
    surface = stage.surface
    patch = Image.new("RGBA", (31, 17), (200, 20, 30, 255))
    wanted = stage.image.copy()
    wanted.paste(patch, (130, 100))
    surface.show(surface.prepare(stage.image), surface.prepare(patch), (130, 100))
    stage.wait(lambda: stage.is_shown(wanted), "the patch")
    surface.hide()
    stage.wait(stage.is_gone, "the desktop")
    surface.unhide()
    stage.wait(lambda: stage.is_shown(wanted), "the patch again")


def test_she_is_still_seen_after_her_picture_was_freed(stage):
    stage.show()
    picture = stage.surface.prepare(stage.image)
    stage.surface.show(picture)
    picture.free()
    picture.free()
    stage.surface.prepare(art("angry"))
    stage.surface.hide()
    stage.wait(stage.is_gone, "the desktop")
    stage.surface.unhide()
    stage.wait(lambda: stage.is_shown(stage.image), "her")


@pytest.mark.parametrize("place", [(20, 30), (-120, 300), (WIDTH - 150, HEIGHT - 200)])
def test_she_moves_and_leaves_nothing_behind(stage, place):
    stage.show()
    stage.surface.move(*place)
    left, top = max(0, place[0]), max(0, place[1])
    part = stage.image.crop(
        (left - place[0], top - place[1], min(300, WIDTH - place[0]), min(450, HEIGHT - place[1]))
    )
    stage.wait(lambda: stage.is_shown(part, left, top), "her at the other place")
    window = stage.surface.window
    assert (window.winfo_rootx(), window.winfo_rooty()) == place
    seen = stage.desk.grab()
    seen[top : top + part.height, left : left + part.width] = backdrop(left, top, *part.size)
    assert np.array_equal(seen, backdrop(0, 0, WIDTH, HEIGHT))


def test_the_window_takes_the_size_of_the_picture(stage):
    stage.show()
    window = stage.surface.window
    for height in (200, 600, 450):
        image = art(height=height)
        stage.surface.show(stage.surface.prepare(image))
        stage.wait(lambda image=image: stage.is_shown(image), f"her, {height} px high")
        stage.wait(lambda size=image.size: (window.winfo_width(), window.winfo_height()) == size, "the size")


def test_she_hides_and_comes_back_without_taking_the_focus(stage):
    note = stage.desk.open_window("Note", (10, 10, 200, 150))
    stage.desk.wait_for(lambda: stage.desk.active_window == note.id, "the focus")
    stage.show()
    for _ in range(2):
        stage.surface.hide()
        stage.wait(stage.is_gone, "the desktop")
        stage.surface.show(stage.surface.prepare(stage.image))
        stage.root.update()
        assert stage.is_gone()
        stage.surface.unhide()
        stage.wait(lambda: stage.is_shown(stage.image), "her")
    stage.desk.key("a")
    stage.wait(lambda: note.keys == ["a"], "the key in the other window")
    assert stage.desk.active_window == note.id


def test_she_appears_with_her_first_picture_unless_hidden(stage):
    surface = stage.surface
    surface.move(X, Y)
    surface.unhide()
    stage.root.update()
    assert stage.is_gone()
    surface.hide()
    surface.show(surface.prepare(stage.image))
    stage.root.update()
    assert not surface.window.winfo_ismapped()
    surface.unhide()
    stage.wait(lambda: stage.is_shown(stage.image), "her")


def test_she_stays_above_windows_opened_and_filled_later(stage):
    stage.show()
    note = stage.desk.open_window("Note", (X - 50, Y - 50, 420, 560), (250, 250, 250))
    stage.wait(lambda: tuple(stage.desk.grab(X - 20, Y - 10, 1, 1)[0, 0]) == (250,) * 3, "the window")
    alpha = np.asarray(stage.image)[..., 3]

    def is_above() -> bool:
        difference = differing(stage.look(), ideal(stage.image, np.full((450, 300, 3), 250)))
        return bool(difference[(alpha == 0) | (alpha == 255)].max() == 0)

    stage.wait(is_above, "her above the window")
    note.set_fullscreen(True)
    stage.wait(lambda: tuple(stage.desk.grab(5, 5, 1, 1)[0, 0]) == (250,) * 3, "full screen")
    stage.wait(is_above, "her above the full screen")


def test_she_comes_in_front_again_when_asked(stage):
    stage.show()
    box = (X - 10, Y - 10, 330, 480, 0)
    cover = stage.desk.root.create_window(*box, 24, background_pixel=0xFAFAFA, override_redirect=True)
    cover.map()
    stage.desk.display.sync()
    stage.surface.lift()
    alpha = np.asarray(stage.image)[..., 3]
    white = np.full((450, 300, 3), 250)
    stage.wait(
        lambda: differing(stage.look(), ideal(stage.image, white))[alpha == 255].max() == 0, "her in front"
    )
    cover.destroy()


def test_task_bars_do_not_know_her(stage):
    before = stage.desk.client_list()
    stage.show()
    assert stage.desk.client_list() == before
    atom, display = stage.desk.atom, stage.desk.display
    wrapper = display.create_resource_object("window", stage.surface.window.winfo_id()).query_tree().parent
    states = wrapper.get_full_property(atom("_NET_WM_STATE"), AnyPropertyType).value
    assert {atom("_NET_WM_STATE_SKIP_TASKBAR"), atom("_NET_WM_STATE_SKIP_PAGER")} <= set(states)


@pytest.mark.parametrize("opacity", [0.5, 0.01])
def test_opacity_blends_her_with_the_desktop(glass_stage, opacity):
    stage = glass_stage
    stage.show()
    stage.surface.set_opacity(opacity)
    wanted = ideal(stage.image, backdrop(X, Y, *stage.image.size), max(opacity, 0.1))
    stage.wait(lambda: differing(stage.look(), wanted).max() <= 3, "her, faint")
    stage.surface.set_opacity(1)
    stage.wait(lambda: stage.is_shown(stage.image), "her, as before")


def test_compositors_put_no_shadow_behind_her(glass_stage):
    stage = glass_stage
    stage.desk.stop_compositor()
    stage.desk.start_compositor(config=PICOM.replace("shadow = false", "shadow = true"))
    stage.show()
    note = stage.desk.open_window("Note", (20, 20, 100, 100))
    around = backdrop(110, 110, 40, 40)
    stage.wait(lambda: not np.array_equal(stage.desk.grab(110, 110, 40, 40), around), "shadows of others")
    assert stage.is_shown(stage.image)
    seen = stage.desk.grab(X - 30, Y - 30, 360, 510)
    seen[30:480, 30:330] = backdrop(X, Y, 300, 450)
    assert np.array_equal(seen, backdrop(X - 30, Y - 30, 360, 510))
    note.close()
