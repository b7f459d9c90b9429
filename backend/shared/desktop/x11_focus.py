"""The keyboard of an X server, borrowed and given back."""

from Xlib import X
from Xlib.display import Display
from Xlib.error import BadWindow, CatchError, ConnectionClosedError, DisplayError

_NOBODY = (X.NONE, X.PointerRoot)


class X11Focus:
    """See `backend.shared.desktop.focus.Focus`.

    Args:
        display_name: Empty: that of the environment.

    Raises:
        Xlib.error.DisplayError: There is no such display.
    """

    def __init__(self, display_name: str = "") -> None:
        self._display = Display(display_name or None)
        self._root = self._display.screen().root.id
        # The windows of one client have the upper part of their numbers in common.
        self._client_bits = ~self._display.display.info.resource_id_mask
        self._own = X.NONE
        self._owner = X.NONE

    def take(self, window_id: int) -> None:
        """See `Focus`. The keys come to the window that Tk keeps round each toplevel."""
        self._own = window_id & self._client_bits
        focused = self._focused()
        if not self._is_free(focused):
            self._owner = focused
        window = self._display.create_resource_object("window", window_id)
        try:
            wrapper = window.query_tree().parent
        except BadWindow:
            return
        self._set(window_id if wrapper.id == self._root else wrapper.id)

    def give_back(self) -> None:
        """See `Focus`."""
        owner, self._owner = self._owner, X.NONE
        if owner != X.NONE and self._is_free(self._focused()):
            self._set(owner)

    def close(self) -> None:
        """Close the connection."""
        self._display.close()

    def _set(self, window_id: int) -> None:
        # It may be gone or hidden by now: then nobody has a claim.
        failed = CatchError()
        window = self._display.create_resource_object("window", window_id)
        window.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=failed)
        self._display.sync()

    def _focused(self) -> int:
        focus = self._display.get_input_focus().focus
        return focus if isinstance(focus, int) else int(focus.id)

    def _is_free(self, window_id: int) -> bool:
        """Whether nobody but ourselves has it."""
        return window_id in (*_NOBODY, self._root) or window_id & self._client_bits == self._own


def connect(display_name: str) -> X11Focus | None:
    """The keyboard of this display; None when there is no such display."""
    try:
        return X11Focus(display_name)
    except (DisplayError, ConnectionClosedError, OSError):
        return None
