import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from backend.memory import schema, tables

ROOT = Path(__file__).parents[3]

OPEN = """
import asyncio, sys
from pathlib import Path
from backend.memory.store import Memory

async def run():
    memory = await Memory.open(Path(sys.argv[1]), print)
    await memory.add_user_message("t", "hello", "typed")
    await memory.close()

asyncio.run(run())
print("alembic" in sys.modules)
"""


def opened_elsewhere(folder: Path) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{OPEN}", str(folder)]
    return subprocess.run(
        command, cwd=folder.parent, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_newest_revision_is_the_last_step():
    config = Config()
    config.set_main_option(
        "script_location", str(ROOT / "backend" / "memory" / "migrations").replace("%", "%%")
    )
    assert ScriptDirectory.from_config(config).get_heads() == [schema.NEWEST_REVISION]


async def test_the_steps_make_the_tables_that_the_code_uses(memory, opener):
    def is_ours(_object, name, kind, _reflected, _other):
        return not (kind == "table" and name.startswith("messages_text"))

    engine = schema.connect(opener.file)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_only_the_first_start_needs_alembic_and_any_folder_will_do(tmp_path):
    folder = tmp_path / "with spaces, 100% Ünïcode" / "記憶"
    folder.parent.mkdir()
    assert opened_elsewhere(folder) == "True"
    assert opened_elsewhere(folder) == "False"


async def test_the_file_is_as_safe_as_sqlite_can_make_it(memory, opener):
    engine = schema.connect(opener.file)
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store")
        }
    engine.dispose()
    full, memory_only = 2, 2
    assert values == {
        "journal_mode": "wal",
        "synchronous": full,
        "secure_delete": 1,
        "foreign_keys": 1,
        "temp_store": memory_only,
    }
