"""Which kind of window she gets: the best one that works here."""

import importlib
import logging
import tkinter as tk
from typing import cast

from backend.shared.desktop import glass
from backend.shared.errors import AlisaError
from overlay.surfaces.surface import Surface

log = logging.getLogger(__name__)

# The files of this folder by Tk's windowing systems, the best one first.
KINDS = {
    "x11": ("x11_argb", "x11_shape", "plain"),
    "win32": ("windows_layered", "windows_colour_key", "plain"),
    "aqua": ("macos", "plain"),
}


def open_surface(root: tk.Misc, wanted: str = "") -> Surface:
    """Open a window; it appears with its first picture.

    Args:
        root: Of the application.
        wanted: Only this kind, by the name of its file; empty: the best that works.

    Raises:
        AlisaError: There is no such kind, or it cannot be had here.
    """
    possible = KINDS.get(_system(root), ("plain",))
    if wanted:
        _check(wanted, possible)
    reasons = []
    for kind in (wanted,) if wanted else possible:
        try:
            surface = importlib.import_module(f"overlay.surfaces.{kind}").open_surface(root)
        except (glass.GlassError, tk.TclError) as error:
            log.info("no window of the kind %s: %s", kind, error)
            reasons.append(f"{kind}: {error}")
        else:
            return cast(Surface, surface)
    raise AlisaError(
        "surface-impossible",
        f"No window could be opened ({'; '.join(reasons)}). "
        "Leave overlay.surface empty, which takes the best that works.",
    )


def is_right(surface: Surface, wanted: str = "") -> bool:
    """Whether it is still the best kind; asked when a compositor has started or stopped.

    Args:
        surface: An open one.
        wanted: What it was opened with; who wants one kind keeps it.
    """
    if wanted or _system(surface.window) != "x11":
        return True
    return surface.has_smooth_edges == glass.has_compositor()


def _system(widget: tk.Misc) -> str:
    return str(widget.tk.call("tk", "windowingsystem"))


def _check(wanted: str, possible: tuple[str, ...]) -> None:
    known = sorted({kind for kinds in KINDS.values() for kind in kinds})
    if wanted not in known:
        raise AlisaError(
            "surface-unknown", f'There is no window of the kind "{wanted}". Known: {", ".join(known)}.'
        )
    if wanted not in possible:
        raise AlisaError(
            "surface-impossible", f'"{wanted}" is for another system. Here: {", ".join(possible)}.'
        )
