"""A Tk text widget that shows emoji as pictures on X11 and gives text back as it was."""

import tkinter as tk
from collections.abc import Sequence

from PIL import ImageTk

from overlay.bubble import emoji
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Styles
from overlay.bubble.style import Style

_READING = "AlisaReading"
"""The class of bindings of a text that is only read."""
_HARMLESS = (
    *(
        "<Button-1",
        "<B1-",
        "<ButtonRelease-1",
        "<Shift-Button-1",
        "<Double-",
        "<Triple-",
        "<Control-Button-1",
    ),
    *("<Button-4", "<Button-5", "<MouseWheel", "<Shift-MouseWheel", "<Option-MouseWheel"),
    *("<<Select", "<<Prev", "<<Next", "<<LineStart", "<<LineEnd", "<<ToggleSelection"),
)
_NAMED = "emoji-"
"""Begins the tag of a name that stands for an emoji."""
_MAX_PICTURES = 100
"""Tk looks through all pictures of a text for each new one."""


class Letters:
    """A text widget without a border, in the fonts and colours of the bubble.

    Args:
        parent: The widget around it.
        fonts: For its letters.
        style: For its colours.
    """

    def __init__(self, parent: tk.Misc, fonts: Fonts, style: Style) -> None:
        palette = style.palette
        self._fonts = fonts
        self.text = tk.Text(
            parent,
            font=fonts.get(),
            bg=palette.ground,
            fg=palette.text,
            bd=0,
            highlightthickness=0,
            padx=0,
            pady=0,
            spacing2=style.px(2),
            spacing3=style.px(2),
            selectbackground=palette.select_ground,
            selectforeground=palette.text,
            inactiveselectbackground=palette.select_ground,
            insertbackground=palette.accent,
            insertwidth=style.px(2),
            insertofftime=0 if style.is_motion_reduced else 500,
            exportselection=False,
            undo=False,
            takefocus=True,
        )
        self._paints_emoji = self.text.tk.call("tk", "windowingsystem") == "x11"
        self._pictures: dict[str, ImageTk.PhotoImage | None] = {}
        self._names: dict[str, str] = {}
        "What the pictures stand for, and the tags of names."
        self._lines: list[str] = []
        self._font_tags: set[str] = set()

    def forget(self) -> None:
        """The text is gone."""
        self._names.clear()
        self._lines.clear()

    @property
    def height_px(self) -> int:
        """The height all of its text needs."""
        return int(self.text.tk.call(self.text, "count", "-update", "-ypixels", "1.0", "end"))

    def font_tag(self, styles: Styles) -> str:
        """A tag that gives a run its font."""
        tag = f"font-{'bold' in styles:d}{'italic' in styles:d}{bool(styles & {'code', 'block'}):d}"
        if tag not in self._font_tags:
            self._font_tags.add(tag)
            self.text.tag_configure(tag, font=self._fonts.of(styles))
        return tag

    def insert(self, text: str, tags: Sequence[str], at: str = "end-1c") -> None:
        """Put text there."""
        if not self._paints_emoji or not emoji.has_emoji(text):
            self.text.insert(at, text, tuple(tags))
            return
        for part, is_emoji in emoji.split(text):
            picture = self._picture(part) if is_emoji and len(self._names) < _MAX_PICTURES else None
            if picture is not None:
                where = self.text.index(at)
                name = self.text.image_create(at, image=picture, align="center")
                self._names[name] = part
                for tag in tags:
                    self.text.tag_add(tag, where)
            else:
                shown, own = self._words(part) if is_emoji else (part, ())
                self.text.insert(at, shown, (*tags, *own))

    def _words(self, part: str) -> tuple[str, tuple[str]]:
        """What stands for an emoji without a picture, and a tag that tells for which.

        Where there are too many, names would fill the page.
        """
        shown = emoji.name(part) if len(self._names) < _MAX_PICTURES else "\u25a1"
        tag = f"{_NAMED}{len(self._names)}"
        self._names[tag] = part
        return shown, (tag,)

    def _picture(self, part: str) -> ImageTk.PhotoImage | None:
        if part not in self._pictures:
            image = emoji.paint(part, round(self._fonts.letter_px * 1.15))
            self._pictures[part] = ImageTk.PhotoImage(image, master=self.text) if image else None
        return self._pictures[part]

    def measure(self, text: str, styles: Styles) -> int:
        """The width of a text, with its pictures."""
        if not self._paints_emoji or not emoji.has_emoji(text):
            return self._fonts.measure(text, styles)
        width = 0
        for part, is_emoji in emoji.split(text):
            picture = self._picture(part) if is_emoji else None
            shown = emoji.name(part) if is_emoji else part
            width += picture.width() if picture is not None else self._fonts.measure(shown, styles)
        return width

    def forbid_editing(self) -> None:
        """Leave only the bindings that move, select and scroll.

        The state "disabled" would do so too, but changing it for each word lays the whole text out again.
        """
        for event in self.text.bind_class("Text"):
            if event.startswith(_HARMLESS):
                script = self.text.tk.call("bind", "Text", event)
                self.text.tk.call("bind", _READING, event, script)
        self.text.bindtags((str(self.text), _READING, str(self.text.winfo_toplevel()), "all"))

    def guard_insertion(self) -> None:
        """Make what the user types or pastes go through `insert` too.

        The bindings of Tk call the widget's own command, so this takes the place of that command.
        """
        if not self._paints_emoji:
            return
        own = str(self.text)
        plain = f"{own}_plain"
        self.text.tk.call("rename", own, plain)

        def run(operation: str, *arguments: str) -> object:
            try:
                if operation == "insert" and len(arguments) > 1 and emoji.has_emoji(str(arguments[1])):
                    return self._insert_guarded(plain, *arguments)
                return self.text.tk.call(plain, operation, *arguments)
            except tk.TclError:
                return ""  # As Tk's own bindings would end in silence, e.g. undo with nothing to undo.

        self.text.tk.createcommand(own, run)

    def _insert_guarded(self, plain: str, at: str, text: str, *_: str) -> str:
        call = self.text.tk.call
        at = str(call(plain, "index", at))
        # From the last to the first, all at the same place.
        for part, is_emoji in reversed(list(emoji.split(str(text)))):
            picture = self._picture(part) if is_emoji and len(self._names) < _MAX_PICTURES else None
            if picture is not None:
                name = str(call(plain, "image", "create", at, "-image", picture, "-align", "center"))
                self._names[name] = part
            else:
                call(plain, "insert", at, *(self._words(part) if is_emoji else (part,)))
        return ""

    def remember_line(self, logical: str) -> str:
        """A tag for a line that is not shown as it is read."""
        self._lines.append(logical)
        return f"line-{len(self._lines) - 1}"

    def logical(self, start: str, end: str) -> str:
        """The text between two places as it is read; whole lines where these are shown in another order."""
        first, last = (int(self.text.index(place).split(".")[0]) for place in (start, end))
        parts: list[str] = []
        for line in range(first, last + 1):
            here = start if line == first else f"{line}.0"
            there = end if line == last else f"{line}.end"
            tag = next((tag for tag in self.text.tag_names(f"{line}.0") if tag.startswith("line-")), "")
            is_touched = self.text.compare(here, "<", there)
            parts.append(self._lines[int(tag[5:])] if tag and is_touched else self._exact(here, there))
            if line != last:
                is_soft = "soft" in self.text.tag_names(f"{line}.end")
                # A line that was put in order has lost the space at its end.
                parts.append((" " if tag else "") if is_soft else "\n")
        return "".join(parts)

    def _exact(self, start: str, end: str) -> str:
        parts: list[str] = []
        named = next((tag for tag in self.text.tag_names(start) if tag.startswith(_NAMED)), "")
        before = ""
        for kind, value, _ in self.text.dump(start, end, text=True, image=True, tag=True):
            if kind == "text" and named:
                # A name may come in pieces, e.g. where a selection ends.
                parts.append(self._names.get(named, "") if named != before else "")
                before = named
            elif kind == "text":
                parts.append(value)
            elif kind == "image":
                parts.append(self._names.get(value, ""))
            elif value.startswith(_NAMED):
                named = value if kind == "tagon" else ""
        return "".join(parts)
