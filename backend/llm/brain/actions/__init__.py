"""What the brain can do besides talking, by the names that the data files use."""

from backend.llm.brain.actions import clock, games, memory, reminders, senses
from backend.llm.brain.turn import Action, PendingAction

ACTIONS: dict[str, Action] = {
    **clock.ACTIONS,
    **games.ACTIONS,
    **memory.ACTIONS,
    **reminders.ACTIONS,
    **senses.ACTIONS,
}
PENDING: dict[str, PendingAction] = {**games.PENDING, **memory.PENDING, **reminders.PENDING}
