"""Facts and reminders in the database, in one given transaction."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select

from backend.memory import words
from backend.memory.tables import facts, reminders, state
from backend.shared.keepsakes import Fact, Reminder

# Not every system's own functions know years before 1970 or far ahead.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()


def keep_fact(connection: Connection, topic: str, text: str, now: float) -> None:
    """Keep a fact; one with the same topic (not empty) is replaced."""
    key = " ".join(words.fold(topic).split()) or None
    if key is not None:
        connection.execute(delete(facts).where(facts.c.topic_key == key))
    connection.execute(facts.insert().values(topic=topic, topic_key=key, text=text, time=now))


def find_facts(connection: Connection, query: str) -> list[Fact]:
    """Facts that hold any of the words, or words that begin so, the most words first; all for no words."""
    rows = connection.execute(select(facts).order_by(facts.c.id.desc())).all()
    if query.strip():
        wanted = words.tokens(query)
        scores = [
            sum(
                words.holds(f"{row.topic} {row.text}", word)
                + words.holds(f"{row.topic} {row.text}", word, is_prefix=True)
                + words.holds(row.topic, word)
                for word in wanted
            )
            for row in rows
        ]
        order = sorted(range(len(rows)), key=lambda place: -scores[place])
        rows = [rows[place] for place in order if scores[place]]
    return [Fact(row.topic, row.text, _local(row.time)) for row in rows]


def forget_facts(connection: Connection, query: str) -> int:
    """Delete facts that hold all of the words, as whole words; none for no words."""
    wanted = words.tokens(query)
    rows = connection.execute(select(facts)).all() if wanted else []
    found = [row.id for row in rows if all(words.holds(f"{row.topic} {row.text}", word) for word in wanted)]
    for number in found:
        connection.execute(delete(facts).where(facts.c.id == number))
    return len(found)


def add_reminder(connection: Connection, due: datetime, text: str) -> Reminder:
    """Keep a reminder; a time without a zone is local."""
    seconds = due.timestamp()
    statement = reminders.insert().values(due=seconds, text=text).returning(reminders.c.id)
    return Reminder(connection.execute(statement).scalar_one(), _local(seconds), text)


def list_reminders(connection: Connection, until: datetime | None = None) -> list[Reminder]:
    """Reminders by time; only those due by `until` when given."""
    statement = select(reminders.c.id, reminders.c.due, reminders.c.text)
    if until is not None:
        statement = statement.where(reminders.c.due <= until.timestamp())
    rows = connection.execute(statement.order_by(reminders.c.due, reminders.c.id))
    return [Reminder(number, _local(due), text) for number, due, text in rows]


def cancel_reminders(connection: Connection, query: str) -> int:
    """Delete reminders that hold all of the words, as whole words; all of them for an empty query."""
    wanted = words.tokens(query)
    if query.strip() and not wanted:
        return 0
    found = [
        reminder.id
        for reminder in list_reminders(connection)
        if all(words.holds(reminder.text, word) for word in wanted)
    ]
    for number in found:
        finish_reminder(connection, number)
    return len(found)


def finish_reminder(connection: Connection, number: int) -> None:
    """Delete one reminder; nothing happens when it is gone already."""
    connection.execute(delete(reminders).where(reminders.c.id == number))


def get_value(connection: Connection, key: str) -> str | None:
    """A piece of small state."""
    return connection.execute(select(state.c.value).where(state.c.key == key)).scalar()


def set_value(connection: Connection, key: str, value: str) -> None:
    """Change a piece of small state."""
    connection.execute(state.insert().prefix_with("OR REPLACE").values(key=key, value=value))


def _local(seconds: float) -> datetime:
    moment = _EPOCH + timedelta(seconds=min(seconds, _LAST_SECOND))
    try:
        return moment.astimezone()
    except (OverflowError, OSError):
        # The last hours of the year 9999 have no local time in some zones.
        return moment
