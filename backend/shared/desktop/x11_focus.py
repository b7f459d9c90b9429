"""Who has the keyboard on an X server."""

from Xlib import X
from Xlib.display import Display
from Xlib.error import CatchError

_NOBODY = (X.NONE, X.PointerRoot)


class X11Focus:
    """See `backend.shared.desktop.focus.Focus`.

    Args:
        window_id: Any window of this process; all of them have its client's part of the number in common.
        display_name: Empty: that of the environment.

    Raises:
        Xlib.error.DisplayError: There is no such display.
    """

    def __init__(self, window_id: int, display_name: str = "") -> None:
        self._display = Display(display_name or None)
        self._client = ~self._display.display.info.resource_id_mask
        self._own = window_id & self._client
        self._root = self._display.screen().root.id
        self._remembered = X.NONE

    def remember(self) -> None:
        """Note which window has the keyboard; nothing to note while it is one of our own."""
        focused = self._focused()
        self._remembered = X.NONE if self._is_free(focused) else focused

    def give_back(self) -> None:
        """Let the remembered window have the keyboard again, unless the user has gone to another one."""
        window, self._remembered = self._remembered, X.NONE
        if window == X.NONE or not self._is_free(self._focused()):
            return
        # The window may be gone by now: then nobody has a claim.
        gone = CatchError()
        target = self._display.create_resource_object("window", window)
        target.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=gone)
        self._display.sync()

    def close(self) -> None:
        """Close the connection."""
        self._display.close()

    def _focused(self) -> int:
        focus = self._display.get_input_focus().focus
        return focus if isinstance(focus, int) else int(focus.id)

    def _is_free(self, window: int) -> bool:
        """Whether nobody but ourselves has it."""
        return window in _NOBODY or window == self._root or window & self._client == self._own
