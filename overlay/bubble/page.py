"""A page of text that can be selected and copied but not changed, to which words are added as they come."""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from overlay.bubble import bidi
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Run, Styles
from overlay.bubble.letters import Letters
from overlay.bubble.markdown import Change
from overlay.bubble.style import Style

_LONG = 600
"""Tk lays a paragraph out again from its beginning with every word: longer ones are divided."""


_RUN_UNITS = 10
"""A change of style costs as much as so many letters."""


class Page:
    """Her words in a Tk text widget of fixed width.

    What is copied is the text as it is read, also where it is shown in another order: in a line with Arabic
    or Hebrew letters on X11, a selection counts for the whole line as it is seen.

    Args:
        parent: Where it is packed.
        fonts: For all its letters.
        style: Colours and sizes.
        width: In pixels.
        on_link: Called with the address when a link is clicked.
    """

    def __init__(
        self, parent: tk.Misc, fonts: Fonts, style: Style, width: int, on_link: Callable[[str], None]
    ) -> None:
        self.width = width
        self._fonts = fonts
        self._style = style
        self._on_link = on_link
        palette = style.palette
        self.frame = tk.Frame(parent, bg=palette.ground)
        self.letters = Letters(self.frame, fonts, style)
        self.text = self.letters.text
        self.text.configure(wrap="word", cursor="xterm", insertwidth=0)
        self.letters.forbid_editing()
        self.text.place(x=0, y=0, width=width, relheight=1)
        self._thumb = tk.Frame(self.frame, bg=palette.line)
        self.more_mark = tk.Label(
            self.frame,
            text="\u25be",
            font=fonts.get(is_bold=True),
            bg=palette.button_ground,
            fg=palette.accent,
            bd=0,
            padx=style.px(8),
            pady=0,
            cursor="hand2",
        )
        self.more_mark.bind("<Button-1>", lambda _: self.text.yview_moveto(1.0))
        self.text.configure(yscrollcommand=self._show_extent)
        self.text.bind("<Configure>", lambda _: self._keep_end())
        self._is_x11 = self.text.tk.call("tk", "windowingsystem") == "x11"
        self._links: list[str] = []
        self._configure_tags()
        self.text.mark_set("tail", "1.0")
        self.text.mark_gravity("tail", "left")
        self.text.mark_set("segment", "1.0")
        self.text.mark_gravity("segment", "left")
        self._forget()

    def _forget(self) -> None:
        self._segment: list[Run] = []
        "What stays of the paragraph that is being written, from the mark of that name on."
        self._units = 0
        self._is_mixed = False
        self._base: bidi.Direction | None = None
        self._line_px = self._widest_px = self._rest_px = 0
        self._is_wide = False
        self._height = 0
        self._is_measured = False
        self._follows = True
        self._was_block = False

    def _configure_tags(self) -> None:
        text, style, palette = self.text, self._style, self._style.palette
        step = style.px(16)
        for level in (1, 2, 3):
            text.tag_configure(f"item{level}", lmargin1=(level - 1) * step, lmargin2=level * step)
        text.tag_configure("heading", spacing1=style.px(2), spacing3=style.px(2))
        text.tag_configure("quote", lmargin1=step, lmargin2=step, foreground=palette.muted)
        text.tag_configure("muted", foreground=palette.muted)
        text.tag_configure("grey", foreground=palette.muted)
        text.tag_configure("accent", foreground=palette.accent)
        text.tag_configure("struck", overstrike=True)
        text.tag_configure("code", background=palette.code_ground)
        edge = style.px(8)
        text.tag_configure(
            "block",
            background=palette.code_ground,
            lmargin1=edge,
            lmargin2=edge,
            rmargin=edge,
            lmargincolor=palette.code_ground,
            rmargincolor=palette.code_ground,
        )
        text.tag_configure("rtl", justify="right")
        text.tag_configure("gap", font=self._fonts.gap)
        text.tag_configure("link", foreground=palette.accent, underline=True)
        text.tag_bind("link", "<Enter>", lambda _: self._point("hand2"))
        text.tag_bind("link", "<Leave>", lambda _: self._point("xterm"))
        text.tag_raise("sel")

    def _point(self, cursor: str) -> None:
        self.text.configure(cursor=cursor)

    # Writing.

    def clear(self) -> None:
        """Take everything away."""
        self.text.delete("1.0", "end")
        for tag in self.text.tag_names():
            if tag.startswith(("link-", "line-")):
                self.text.tag_delete(tag)
        self._links.clear()
        self.letters.forget()
        self._forget()

    def write(self, runs: Sequence[Run]) -> None:
        """Show this and nothing else."""
        self.clear()
        self.apply(Change(stay=list(runs)))
        self._follows = False
        self.text.yview_moveto(0.0)

    def apply(self, change: Change) -> None:
        """Add what stays, and show the rest after it until the next change."""
        # Before it is on the screen, Tk does not know yet what is seen.
        self._follows = self.is_at_end or not self.text.winfo_viewable()
        self.text.delete("segment" if self._is_mixed else "tail", "end-1c")
        self._rest_px = 0
        for run in change.stay:
            self._add(run)
        self._show_rest(change.rest)
        self.text.tag_remove("block", "end-1c", "end")
        if self._was_block:
            self.text.tag_add("block", "end-1c", "end")
        self._is_measured = False
        self._keep_end()

    def _keep_end(self) -> None:
        if self._follows:
            self.text.yview_moveto(1.0)
            # Tk finds out how high lines are bit by bit, so that the share may be wrong yet.
            self.text.see("end-1c")

    def _add(self, run: Run) -> None:
        for index, piece in enumerate(run.text.split("\n")):
            if index:
                self._end_paragraph(run.styles)
            if piece:
                self._extend(replace(run, text=piece))

    def _extend(self, run: Run) -> None:
        self._segment.append(run)
        self._was_block = "block" in run.styles
        self._is_wide = self._is_wide or self._was_block
        self._notice_direction(run.text)
        if not self._is_mixed:
            self._insert(run)
            self._line_px += self._measure(run)
            self.text.mark_set("tail", "end-1c")
            self._divide()

    def _notice_direction(self, text: str) -> None:
        if self._base is None:
            self._base = "L" if self._was_block else bidi.direction(text)
        if self._is_mixed:
            return
        is_rtl = self._is_x11 and bidi.has_rtl(text) and bidi.is_available()
        if is_rtl or (bidi.has_cjk(text) and not self._was_block):
            self._is_mixed = True
            self._is_wide = self._is_wide or is_rtl
            self.text.delete("segment", "end-1c")

    def _end_paragraph(self, styles: Styles) -> None:
        if self._is_mixed:
            self._lay(self._segment)
        is_blank = self.text.index("end-1c linestart") == self.text.index("end-1c")
        self._insert(Run("\n", styles), "gap" if is_blank and "block" not in styles else "")
        if self._is_mixed:
            self._line_px = sum(self._measure(run) for run in self._segment)
        self._widest_px = max(self._widest_px, self._line_px)
        self._line_px = 0
        self._begin_segment()
        self._base, self._is_mixed = None, False

    def _begin_segment(self) -> None:
        self._segment = []
        self._units = 0
        self.text.mark_set("segment", "end-1c")
        self.text.mark_set("tail", "end-1c")

    def _show_rest(self, rest: list[Run]) -> None:
        for run in rest:
            self._notice_direction(run.text)
        if self._is_mixed:
            self._show_mixed(rest)
            return
        self.text.mark_set("tail", "end-1c")
        for run in rest:
            self._insert(run)
            self._rest_px += self._measure(run)

    def _show_mixed(self, rest: list[Run]) -> None:
        """Lay out the paragraph; lines that nothing can change any more are not laid out again."""
        lines = self._lay([*self._segment, *rest])
        self._rest_px = sum(self._measure(run) for run in (*self._segment, *rest))
        sure = sum(len(run.text) for run in self._segment)
        done, count = 0, 0
        for line in lines[:-2]:
            if done + line.length > sure:
                break
            done, count = done + line.length, count + 1
        if count:
            self.text.mark_set("segment", f"segment +{count} lines linestart")
            self._segment = _without(self._segment, done)

    def _lay(self, runs: list[Run]) -> list[bidi.Line]:
        room = self.width - self._indent(runs)
        lines = bidi.lay(runs, self._base or "L", room, self._measure)
        right = "rtl" if self._base == "R" else ""
        for index, line in enumerate(lines):
            if index:
                self._insert(Run("\n"), "soft")
            tag = self.letters.remember_line(line.logical) if line.is_reordered else ""
            self._is_wide = self._is_wide or line.is_reordered or index > 0
            for run in line.runs:
                self._insert(run, right, tag)
        return lines

    def _indent(self, runs: list[Run]) -> int:
        styles = runs[0].styles if runs else frozenset[str]()
        level = next(
            (int(name[4:]) for name in styles if name.startswith("item")), 1 if "quote" in styles else 0
        )
        return level * self._style.px(16) + (2 * self._style.px(8) if "block" in styles else 0)

    def _insert(self, run: Run, *more: str) -> None:
        own = [tag for tag in more if tag]
        tags = [*run.styles, *own] if "gap" in own else [*run.styles, self.letters.font_tag(run.styles), *own]
        if run.link:
            tags += ["link", self._link_tag(run.link)]
        self.letters.insert(run.text, tags)
        if run.link and self._shows_host(run):
            self.letters.insert(f" ({host(run.link)})", ["muted", self.letters.font_tag(frozenset())])

    @staticmethod
    def _shows_host(run: Run) -> bool:
        """Whether the words hide where the link leads."""
        return bool(host(run.link)) and host(run.link) not in run.text

    def _link_tag(self, address: str) -> str:
        if self._links and self._links[-1] == address:
            return f"link-{len(self._links) - 1}"
        self._links.append(address)
        tag = f"link-{len(self._links) - 1}"
        self.text.tag_bind(tag, "<ButtonRelease-1>", lambda _: self._follow(address))
        return tag

    def _follow(self, address: str) -> None:
        if not self.has_selection:
            self._on_link(address)

    def _measure(self, run: Run) -> int:
        extra = f" ({host(run.link)})" if run.link and self._shows_host(run) else ""
        return self.letters.measure(run.text + extra, run.styles)

    def _divide(self) -> None:
        self._units += len(self._segment[-1].text) + _RUN_UNITS
        if self._units < _LONG or self.text.winfo_width() < self.width:
            return
        at = self.text.index("end-1c display linestart")
        if self.text.compare(at, "<=", "segment"):
            return
        self.text.insert(at, "\n", ("soft",))
        self._is_wide = True
        self._units = 0
        self.text.mark_set("segment", f"{at} +1c")
        self._segment = []

    # Its size, and what of it is seen.

    @property
    def needed_width(self) -> int:
        """The width its lines need; at most that of the page."""
        widest = max(self._widest_px, self._line_px + self._rest_px)
        return self.width if self._is_wide else min(self.width, widest + 1)

    def whole_lines(self, limit: int) -> int:
        """The height of as many lines as fit into a room, at least one."""
        line_px = self._fonts.line_px + self._style.px(2)
        return max(1, limit // line_px) * line_px

    def needed_height(self, limit: int) -> int:
        """The height of its text, as far as it is below the limit."""
        # A text that has once been too high stays so as it grows, and measuring all of it takes long.
        if not self._is_measured and self._height < limit:
            self._height = self.letters.height_px
            self._is_measured = True
        return min(limit, self._height)

    def _show_extent(self, first: str | float, last: str | float) -> None:
        """Show which part is seen, and that there is more below."""
        low, high = float(first), float(last)
        if high - low >= 0.999:
            self._thumb.place_forget()
        else:
            height = self.frame.winfo_height()
            long = max(self._style.px(16), round((high - low) * height))
            down = round(low / max(1e-6, 1 - (high - low)) * (height - long))
            self._thumb.place(x=self.width + self._style.px(4), y=down, width=self._style.px(3), height=long)
        if high < 0.999 and self.has_more_mark:
            self.more_mark.place(relx=0.5, rely=1.0, anchor="s")
        else:
            self.more_mark.place_forget()

    has_more_mark = True

    @property
    def is_at_end(self) -> bool:
        """Whether its end can be seen."""
        return self.text.dlineinfo("end-1c") is not None

    @property
    def has_selection(self) -> bool:
        """Whether the user has selected something."""
        return bool(self.text.tag_ranges("sel"))

    @property
    def logical(self) -> str:
        """All of its text as it is read."""
        return self.letters.logical("1.0", "end-1c")

    @property
    def selected(self) -> str:
        """The selected text as it is read, without the end of its last line."""
        ranges = self.text.tag_ranges("sel")
        return self.letters.logical(str(ranges[0]), str(ranges[1])).rstrip("\n") if ranges else ""

    def mute(self) -> None:
        """Show all of it as something of the past."""
        self.text.configure(foreground=self._style.palette.muted)

    def unmute(self) -> None:
        """Show it as usual."""
        self.text.configure(foreground=self._style.palette.text)


def host(address: str) -> str:
    """The host an address leads to, without user name and port; empty when it is no web address."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


def _without(runs: list[Run], length: int) -> list[Run]:
    """The runs without so many characters at their beginning."""
    result = []
    for run in runs:
        if length >= len(run.text):
            length -= len(run.text)
            continue
        result.append(replace(run, text=run.text[length:]))
        length = 0
    return result
