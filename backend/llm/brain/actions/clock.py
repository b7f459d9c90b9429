"""Time and date: what she reads off the clock, and how long it is until something."""

from backend.llm.brain.arithmetic import SumError, find_sum, work_out
from backend.llm.brain.times import find_time, say_clock, say_date, say_duration, say_moment
from backend.llm.brain.turn import Action, Outcome, Turn, shown


def daypart(hour: int) -> str:
    """Which part of the day an hour is in: morning, afternoon, evening or night."""
    if 5 <= hour < 12:
        return "morning"
    if 12 <= hour < 18:
        return "afternoon"
    return "evening" if 18 <= hour < 23 else "night"


async def by_daypart(turn: Turn) -> Outcome:
    """Answers by the time of day, half of the time; general replies for the other half."""
    return Outcome(daypart(turn.now.hour) if turn.random.random() < 0.6 else "")


async def by_hour(turn: Turn) -> Outcome:
    """Answers by the time of day, always."""
    return Outcome(daypart(turn.now.hour))


async def tell_time(turn: Turn) -> Outcome:
    """The clock, the date, the weekday, the week and the year, for the replies to choose from."""
    now = turn.now
    year, week, _ = now.isocalendar()
    return Outcome(
        values={
            "time": say_clock(now, turn.brain.lexicon),
            "date": say_date(now.date(), turn.brain.lexicon),
            "weekday": turn.brain.lexicon.spoken.weekdays[now.weekday()],
            "week": str(week),
            "week_year": str(year),
            "year": str(now.year),
        }
    )


async def count_down(turn: Turn) -> Outcome:
    """How long it is until a time or day that the user names; the user's birthday when they say so."""
    when = find_time(turn.sentence, turn.now, turn.brain.lexicon)
    if when is None:
        return Outcome("unclear")
    if when.problem:
        return Outcome(when.problem)
    days = (when.due.date() - turn.now.date()).days
    values = {"date": say_date(when.due.date(), turn.brain.lexicon), "days": str(days)}
    if not when.has_clock:
        return Outcome({0: "today", 1: "tomorrow"}.get(days, "days"), values)
    values["moment"] = say_moment(when.due, turn.now, turn.brain.lexicon)
    values["duration"] = say_duration((when.due - turn.now).total_seconds(), turn.brain.lexicon)
    return Outcome(values=values)


async def do_sum(turn: Turn) -> Outcome:
    """Works a sum out."""
    parts = find_sum(turn.text, turn.brain.lexicon)
    if parts is None:
        return Outcome("unclear")
    try:
        return Outcome(values={"result": work_out(parts, turn.brain.lexicon), "sum": shown(turn.text)})
    except SumError:
        return Outcome("impossible")


ACTIONS: dict[str, Action] = {
    "by_daypart": by_daypart,
    "by_hour": by_hour,
    "tell_time": tell_time,
    "count_down": count_down,
    "do_sum": do_sum,
}
