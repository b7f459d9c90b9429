"""The house vocabulary: a home of one's own, and a running hub."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.hub_process import HubProcess

# Nothing is shown on the screen of who runs the tests: those that need one open their own.
for name in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(name, None)

# The same examples each time: a red suite is red for everybody, and a green one stays green.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Alisa's folder, with a space and a letter that is not ASCII in its name."""
    folder = tmp_path / "Älisa home"
    folder.mkdir()
    return folder


@pytest.fixture
async def start_hub(home: Path) -> AsyncIterator[Callable[..., Awaitable[HubProcess]]]:
    """Start real hubs with settings; ends them after the test."""
    hubs: list[HubProcess] = []

    async def start(**settings: str) -> HubProcess:
        hub = HubProcess(home, **settings)
        hubs.append(hub)
        return await hub.start()

    yield start
    for hub in hubs:
        if hub.process is not None:
            await hub.kill()
            hub.process._transport.close()


@pytest.fixture
async def hub(start_hub: Callable[..., Awaitable[HubProcess]]) -> HubProcess:
    """A hub with the built-in brain."""
    return await start_hub()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HubProcess]:
    """One hub for all tests of a file that only ask it things."""
    running = await HubProcess(tmp_path_factory.mktemp("shared hub"), llm_engine="scripted").start()
    yield running
    await running.kill()
    running.process._transport.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=6, help="how often test_kill.py kills the hub")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--kills")
