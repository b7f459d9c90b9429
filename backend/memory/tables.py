"""The tables of the database, as the code uses them; migrations/ makes them, with triggers and full text."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turn", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("emotion", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("ending", Text, nullable=False),
    Column("client_id", Text),
    Column("time", Float, nullable=False),
    Index("messages_turn", "turn"),
    Index("messages_client_id", "client_id", unique=True),
    Index("messages_answer", "turn", unique=True, sqlite_where=text("role = 'assistant'")),
    sqlite_autoincrement=True,
)

facts = Table(
    "facts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", Text, nullable=False),
    # The topic without case and spare spaces; NULL for a note, of which there can be many.
    Column("topic_key", Text),
    Column("text", Text, nullable=False),
    Column("time", Float, nullable=False),
    Index("facts_topic_key", "topic_key", unique=True),
    sqlite_autoincrement=True,
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("due", Float, nullable=False),
    Column("text", Text, nullable=False),
    Index("reminders_due", "due"),
    sqlite_autoincrement=True,
)

state = Table(
    "state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
