"""What the user can do with her, by mouse, menu or key; each of it is one method here."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.shared import events
from backend.shared.desktop.focus import open_focus
from backend.shared.desktop.glass import GlassError
from backend.shared.records import EmotionName, SwitchName
from overlay import keys
from overlay.bubble.bubble import Bubble
from overlay.dragging import Direction
from overlay.indicator.indicator import Indicator
from overlay.life.machine import Life
from overlay.link import Link
from overlay.menu import CLICK_THROUGH_TEXT, HELD_TEXT, MenuActions, MenuState
from overlay.packs.loader import find_packs, titles
from overlay.packs.tables import PackError
from overlay.reactions import Standing
from overlay.rehearsal import Rehearsal
from overlay.schedule import Due, Schedule
from overlay.stage import NAP, Stage

NAP_SECONDS = 600.0
BROKEN_TEXT = 'The look "{}" cannot be shown. {}'


@dataclass(frozen=True)
class Parts:
    """What the controls work on."""

    stage: Stage
    life: Life
    link: Link
    schedule: Schedule


class Controls:
    """Does what the user asks for.

    Attributes:
        bubble, indicator, standing: Set by the composition root before anything is asked for; the first two
            call back into the controls, so neither side can be handed to the other at its making.

    Args:
        parts: What it is done with.
        folders: Where looks are.
        refresh: Lets her live on at once, after something was done to her.
        quit: Ends the overlay.
    """

    bubble: Bubble
    indicator: Indicator
    standing: Standing

    def __init__(
        self,
        parts: Parts,
        folders: Sequence[Path],
        refresh: Callable[[], None],
        quit: Callable[[], None],  # noqa: A002 - as the menu calls it
    ) -> None:
        self._parts, self._folders = parts, folders
        self._refresh, self._quit = refresh, quit
        self._rehearsal = Rehearsal(parts.schedule, self.feel)
        self._nap: Due | None = None
        self._is_pushed = False
        self._focus = open_focus(parts.stage.surface.window.winfo_screen())

    def close(self) -> None:
        """Give back what was borrowed."""
        self._focus.give_back()
        self._focus.close()

    # Talking.

    def click(self) -> None:
        """She was clicked: she wakes, has the keyboard, and says again what she said last."""
        self._touch()
        window = self._parts.stage.surface.window
        self._focus.take(window.winfo_id())
        window.focus_force()
        self.bubble.recall()

    def talk(self) -> None:
        """Let the user type to her."""
        self._touch()
        self.bubble.open_typing()

    def say(self, text: str) -> None:
        """The user has typed something."""
        self._parts.link.send(events.UserMessage(text=text))

    def push(self, is_pressed: bool) -> None:
        """The user holds her to speak to her, or lets go; only where somebody hears him."""
        standing = self.standing
        hears = standing.is_linked and any(sense.name == "microphone" for sense in standing.senses)
        if is_pressed == self._is_pushed or (is_pressed and not hears):
            return
        self._is_pushed = is_pressed
        self._touch()
        self._parts.link.send(events.PushToTalk(is_pressed=is_pressed))

    def answer(self, question: str, yes: bool) -> None:
        """The user has answered a question."""
        self._parts.link.send(events.Answer(id=question, yes=yes))

    def stop(self) -> None:
        """Stop her; when she is quiet, put the bubble away and give the keyboard back."""
        standing = self.standing
        if standing.turn or standing.is_speaking:
            self._parts.link.send(events.Interrupt())
            self._parts.life.hush(self._parts.schedule.now())
            self._refresh()
        else:
            self.bubble.dismiss()
            self._focus.give_back()

    def help(self) -> None:
        """Tell the keys."""
        self.bubble.say_plainly(keys.help_text())

    def _touch(self) -> None:
        self._parts.life.touch(self._parts.schedule.now())
        self._refresh()

    # What she may and may not.

    def switch(self, name: SwitchName, is_on: bool) -> None:
        """Switch a sense or her voice."""
        self._parts.link.send(events.FlipSwitch(name=name, is_on=is_on))

    def mute(self) -> None:
        """Mute her voice, or let it sound again."""
        self.switch("voice", not self.standing.switches.get("voice", True))

    # Where she is.

    def come_forward(self) -> None:
        """Be seen and have the keyboard, whatever hid her."""
        self.set_click_through(is_on=False)
        self.end_nap()
        self._parts.stage.come_forward()
        self.talk()

    def hide(self) -> None:
        """Hide for ten minutes."""
        self.end_nap()
        self._parts.stage.hide(NAP)
        self._nap = self._parts.schedule.after(NAP_SECONDS, self.end_nap)

    def end_nap(self) -> None:
        """Be there again."""
        if self._nap is not None:
            self._nap.cancel()
            self._nap = None
        self._parts.stage.unhide(NAP)

    def set_click_through(self, is_on: bool) -> None:
        """Let every click pass, and show the way back."""
        stage = self._parts.stage
        if is_on == stage.is_click_through:
            return
        try:
            stage.set_click_through(is_on)
        except GlassError as error:
            self.bubble.say_plainly(error.message)
            return
        self.indicator.set_click_through_way_back(is_on, lambda: self.set_click_through(is_on=False))
        self.bubble.say_plainly(CLICK_THROUGH_TEXT if is_on else HELD_TEXT)

    # How she looks.

    def feel(self, emotion: EmotionName) -> None:
        """Show an emotion, until the hub knows another one."""
        self._parts.life.feel(emotion, self._parts.schedule.now())
        self._refresh()

    def test_emotion(self, emotion: EmotionName) -> None:
        """Show this one."""
        self._rehearsal.stop()
        self.feel(emotion)

    def rehearse(self, is_on: bool) -> None:
        """Show all emotions in turn, or stop it."""
        if is_on:
            self._rehearsal.start(self._parts.stage.figure.pose.emotion)
        else:
            self._rehearsal.stop()

    def wear(self, name: str) -> None:
        """Put on a look."""
        try:
            self._parts.stage.wear(find_packs(self._folders)[name], self._folders)
        except KeyError:
            self.bubble.say_plainly("That look is not there any more.")
        except PackError as error:
            self.bubble.say_plainly(BROKEN_TEXT.format(name, error.message))

    # The same, as the menu and the keyboard have it.

    def menu_actions(self) -> MenuActions:
        """What the entries of the menu do."""
        stage = self._parts.stage
        return MenuActions(
            talk=self.talk,
            stop=self.stop,
            set_mode=lambda name: self._parts.link.send(events.ChangeMode(name=name)),
            set_pack=self.wear,
            test_emotion=self.test_emotion,
            test_emotions=self.rehearse,
            set_height=stage.set_height,
            resize=stage.grow,
            set_opacity=stage.set_opacity,
            set_in_front=stage.set_in_front,
            set_click_through=self.set_click_through,
            switch=self.switch,
            hide=self.hide,
            reset_position=stage.reset,
            help=self.help,
            quit=self._quit,
        )

    def menu_state(self) -> MenuState:
        """What the menu shows as it is."""
        standing, stage = self.standing, self._parts.stage
        return MenuState(
            mode=standing.mode,
            modes=standing.modes,
            emotion=stage.figure.pose.emotion,
            is_testing_emotions=self._rehearsal.is_running,
            pack=stage.pack.name,
            packs=titles(self._folders),
            height_px=stage.outline.height,
            sizes=stage.sizes,
            opacity=stage.opacity,
            is_in_front=stage.is_in_front,
            is_click_through=stage.is_click_through,
            is_muted=not standing.switches.get("voice", True),
            is_linked=standing.is_linked,
            is_speaking=bool(standing.turn) or standing.is_speaking,
            senses=standing.senses,
            switches=standing.switches,
        )

    def key_actions(
        self, open_menu: Callable[[], None]
    ) -> Mapping[str, Callable[["tk.Event[tk.Misc]"], object]]:
        """What the keys do, by the names of `keys.KEYS`."""
        stage, bubble = self._parts.stage, self.bubble

        def step(direction: Direction) -> Callable[["tk.Event[tk.Misc]"], object]:
            return lambda event: stage.step(direction, is_far=bool(int(event.state) & 1))

        return {
            "talk": lambda _: self.talk(),
            "stop": lambda _: self.stop(),
            "menu": lambda _: open_menu(),
            "move_left": step("left"),
            "move_right": step("right"),
            "move_up": step("up"),
            "move_down": step("down"),
            "larger": lambda _: stage.grow(1),
            "smaller": lambda _: stage.grow(-1),
            "scroll_back": lambda _: bubble.scroll(-1),
            "scroll_on": lambda _: bubble.scroll(1),
            "mute": lambda _: self.mute(),
            "hide": lambda _: self.hide(),
            "reset_position": lambda _: stage.reset(),
            "help": lambda _: self.help(),
            "quit": lambda _: self._quit(),
        }
