"""What was said: stored, read back by turns, searched and summed up, in one given transaction."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    case,
    column,
    distinct,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from backend.memory import words
from backend.memory.tables import facts, messages, reminders
from backend.shared.records import EmotionName, Ending, HistoryMessage

_COLUMNS = [messages.c[name] for name in HistoryMessage.__struct_fields__]

_INDEX = table("messages_text", column("rowid"))

# The turns, the newest first, each with its messages in order. Read row by row, so that the reader can stop.
_TURNS = text("""
    SELECT m.id, m.turn, m.role, m.text, m.emotion, m.ending, m.time
    FROM messages AS last CROSS JOIN messages AS m ON m.turn = last.turn
    WHERE NOT EXISTS (SELECT 1 FROM messages AS later WHERE later.turn = last.turn AND later.id > last.id)
    ORDER BY last.id DESC, m.id
""")


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is to be stored."""

    turn: str
    role: Literal["user", "assistant"]
    text: str
    time: float
    source: str = ""
    emotion: EmotionName = "neutral"
    engine: str = ""
    ending: Ending = "complete"
    client_id: str | None = None


class HistorySummary(msgspec.Struct, frozen=True):
    """What there is, in figures."""

    messages: int = 0
    turns: int = 0
    user_messages: int = 0
    answers: int = 0
    characters: int = 0
    """Of all messages together; about four make a token in English."""
    facts: int = 0
    reminders: int = 0
    first_time: float | None = None
    """Seconds since the epoch."""
    last_time: float | None = None
    size_bytes: int = 0
    """On the disk."""
    unsaved: int = 0
    """Messages that wait for the disk; they are not counted above."""


# Built once: making a statement takes SQLAlchemy longer than SQLite needs to carry it out.
_STORED = NewMessage.__struct_fields__
_ADD = str(
    insert(messages)
    .values({name: bindparam(name) for name in _STORED})
    .on_conflict_do_nothing(index_elements=["client_id"])
    .compile(dialect=sqlite.dialect(paramstyle="named"))
)
_SAVE = insert(messages)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=["turn"],
    index_where=text("role = 'assistant'"),
    set_={name: _SAVE.excluded[name] for name in ("text", "emotion", "ending")}
    | {"engine": func.coalesce(func.nullif(_SAVE.excluded.engine, ""), messages.c.engine)},
)


def add_user_message(connection: Connection, message: NewMessage) -> str | None:
    """Store the user's words; for a client id seen before, nothing is stored and its turn is returned."""
    # As text, past SQLAlchemy's machinery: this is what the first word of her answer may have to wait for.
    if connection.exec_driver_sql(_ADD, _values(message)).rowcount:
        return None
    known = select(messages.c.turn).where(messages.c.client_id == message.client_id)
    return str(connection.execute(known).scalar_one())


def save_answer(connection: Connection, message: NewMessage) -> None:
    """Store an answer, or what there is of it by now; the time stays that of its first words."""
    connection.execute(_SAVE, _values(message))


def recent_client_ids(connection: Connection, rows: int) -> list[str]:
    """The ids that clients gave their messages, of the last so many messages."""
    first = select(func.coalesce(func.max(messages.c.id), 0) - rows).scalar_subquery()
    statement = select(messages.c.client_id).where(messages.c.id > first, messages.c.client_id.is_not(None))
    return list(connection.execute(statement).scalars())


def recent(
    connection: Connection, max_turns: int, max_tokens: int, count: Callable[[str], int]
) -> list[HistoryMessage]:
    """The last whole turns that stay within both limits, oldest first; reads no more rows than that takes."""
    rows = connection.execute(_TURNS)
    try:
        turns = (list(turn) for _, turn in groupby(map(_message, rows), key=lambda message: message.turn))
        return within(turns, max_turns, max_tokens, count)
    finally:
        rows.close()


def within(
    newest_turns: Iterable[list[HistoryMessage]], max_turns: int, max_tokens: int, count: Callable[[str], int]
) -> list[HistoryMessage]:
    """The whole turns from the newest on that stay within both limits, oldest first."""
    chosen: list[list[HistoryMessage]] = []
    tokens = 0
    if max_turns > 0:
        for turn in newest_turns:
            tokens += sum(count(message.text) for message in turn)
            if tokens > max_tokens:
                break
            chosen.append(turn)
            if len(chosen) == max_turns:
                break
    return [message for turn in reversed(chosen) for message in turn]


def newest(connection: Connection, limit: int) -> list[HistoryMessage]:
    """The newest messages, newest first."""
    statement = select(*_COLUMNS).order_by(messages.c.id.desc()).limit(limit)
    return list(map(_message, connection.execute(statement)))


def search(connection: Connection, query: str, limit: int) -> list[HistoryMessage]:
    """Messages that hold all words, newest first.

    Whole words come from the full-text index; where they are too few, also words that begin so. Words that
    the index cannot tell apart (Chinese, Japanese, emoji ...) are looked for anywhere in the text.
    """
    indexed, others = words.split(query)
    if not indexed and not others:
        return []
    found = _search(connection, words.full_text(indexed), others, limit)
    if len(found) < limit and (beginnings := words.full_text(indexed, is_prefix=True)):
        found = _search(connection, beginnings, others, limit)
    return found


def _search(connection: Connection, full_text: str, others: list[str], limit: int) -> list[HistoryMessage]:
    if full_text:
        # Ordered by the index's own rowid, newest first: it stops at the limit, however frequent a word is.
        order = _INDEX.c.rowid
        statement = (
            select(*_COLUMNS)
            .select_from(_INDEX.join(messages, messages.c.id == _INDEX.c.rowid))
            .where(literal_column("messages_text").op("MATCH")(full_text))
        )
    else:
        order = messages.c.id
        statement = select(*_COLUMNS)
    for word in others:
        statement = statement.where(messages.c.text.contains(word, autoescape=True))
    return list(map(_message, connection.execute(statement.order_by(order.desc()).limit(limit))))


def summary(connection: Connection) -> HistorySummary:
    """Count what there is. Reads everything: not for the middle of a turn."""
    counts = select(
        func.count(),
        func.count(distinct(messages.c.turn)),
        func.coalesce(func.sum(case((messages.c.role == "user", 1), else_=0)), 0),
        func.coalesce(func.sum(func.length(messages.c.text)), 0),
        func.min(messages.c.time),
        func.max(messages.c.time),
    ).select_from(messages)
    total, turns, user_messages, characters, first_time, last_time = connection.execute(counts).one()
    return HistorySummary(
        messages=total,
        turns=turns,
        user_messages=user_messages,
        answers=total - user_messages,
        characters=characters,
        facts=connection.execute(select(func.count()).select_from(facts)).scalar_one(),
        reminders=connection.execute(select(func.count()).select_from(reminders)).scalar_one(),
        first_time=first_time,
        last_time=last_time,
    )


def clear(connection: Connection) -> None:
    """Delete every message and its full-text index; ids go on growing."""
    triggers = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'messages'"
    ).all()
    # Without the triggers the index is emptied at once, not word by word.
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    connection.exec_driver_sql("INSERT INTO messages_text (messages_text) VALUES ('delete-all')")
    connection.execute(messages.delete())
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def _values(message: NewMessage) -> dict[str, Any]:
    # Half of a surrogate pair, which a model can produce, is no text to SQLite.
    return {
        name: value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
        for name, value in msgspec.structs.asdict(message).items()
    }


def _message(row: Any) -> HistoryMessage:
    return HistoryMessage(*row)
