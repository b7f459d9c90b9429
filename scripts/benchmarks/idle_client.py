"""A client of `backend.shared` and nothing else, connected and idle; for measuring what that costs.

Run as `python -m benchmarks.idle_client HOME`; says "linked" on stdout.
"""

import asyncio
import sys
from pathlib import Path

from backend.shared.client import HubClient, Linked
from backend.shared.events import Hello


async def listen(home: Path) -> None:
    """Listen until the process is ended."""
    async for event in HubClient(home, Hello(name="idle client")).listen():
        if isinstance(event, Linked):
            print("linked", flush=True)


if __name__ == "__main__":
    asyncio.run(listen(Path(sys.argv[1])))
