"""What she is told about the screen and about whether the user is there."""

from backend.llm.brain.actions.clock import daypart
from backend.llm.brain.turn import Action, Outcome, Turn, shown


async def look_at_screen(turn: Turn) -> Outcome:
    """What the user is doing, as far as vision tells."""
    desktop = turn.situation.desktop
    if desktop is None:
        return Outcome("blind")
    values = {"app": shown(desktop.app), "title": shown(desktop.title), "task": shown(desktop.task)}
    if desktop.error is not None:
        return Outcome("error", {**values, "error": shown(desktop.error.message or desktop.error.kind)})
    if desktop.task:
        return Outcome("task", values)
    return Outcome(desktop.category if desktop.category in turn.intent.when else "", values)


async def look_at_error(turn: Turn) -> Outcome:
    """The error on the screen."""
    desktop = turn.situation.desktop
    if desktop is None:
        return Outcome("blind")
    if desktop.error is None:
        return Outcome("none", {"app": shown(desktop.app)})
    values = {
        "app": shown(desktop.app),
        "kind": shown(desktop.error.kind),
        "error": shown(desktop.error.message or desktop.error.kind),
        "place": shown(desktop.error.place),
    }
    return Outcome("place" if desktop.error.place else "", values)


async def look_at_user(turn: Turn) -> Outcome:
    """Whether the camera says that somebody is there."""
    return Outcome(turn.situation.presence or "blind")


async def speak_up(turn: Turn) -> Outcome:
    """A remark of her own: about what is on the screen, or about the time of day."""
    desktop = turn.situation.desktop
    if desktop is not None and desktop.category in turn.intent.when and turn.random.random() < 0.7:
        return Outcome(desktop.category, {"app": shown(desktop.app)})
    return Outcome(daypart(turn.now.hour) if turn.random.random() < 0.5 else "")


async def repeat_herself(turn: Turn) -> Outcome:
    """What she said last."""
    return Outcome(values={"last": turn.state.last_reply}) if turn.state.last_reply else Outcome("none")


ACTIONS: dict[str, Action] = {
    "look_at_screen": look_at_screen,
    "look_at_error": look_at_error,
    "look_at_user": look_at_user,
    "speak_up": speak_up,
    "repeat_herself": repeat_herself,
}
