"""The first schema: messages with full text, facts, reminders, small state."""

from alembic import op

revision = "0001"
down_revision = None

_STATEMENTS = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    turn TEXT NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    emotion TEXT NOT NULL,
    engine TEXT NOT NULL,
    ending TEXT NOT NULL,
    client_id TEXT,
    time FLOAT NOT NULL
);;
CREATE INDEX messages_turn ON messages (turn);;
CREATE UNIQUE INDEX messages_client_id ON messages (client_id);;
CREATE UNIQUE INDEX messages_answer ON messages (turn) WHERE role = 'assistant';;
CREATE VIRTUAL TABLE messages_text USING fts5 (
    text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);;
CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
    INSERT INTO messages_text (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
    INSERT INTO messages_text (messages_text, rowid, text) VALUES ('delete', old.id, old.text);
END;;
CREATE TRIGGER messages_updated AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO messages_text (messages_text, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO messages_text (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    topic TEXT NOT NULL,
    topic_key TEXT,
    text TEXT NOT NULL,
    time FLOAT NOT NULL
);;
CREATE UNIQUE INDEX facts_topic_key ON facts (topic_key);;
CREATE TABLE reminders (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    due FLOAT NOT NULL,
    text TEXT NOT NULL
);;
CREATE INDEX reminders_due ON reminders (due);;
CREATE TABLE state (
    "key" TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
)
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in _STATEMENTS.split(";;"):
        op.execute(statement)
