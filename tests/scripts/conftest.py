from pathlib import Path

import pytest
from launcher_house import House, borrow_environment, copy_rooms, free_port
from stand_in_hub import STAND_IN_CHAT, STAND_IN_HUB

from backend.shared.desktop import has_posix_signals

# Windows has neither these signals nor pseudo-terminals nor sh; only Linux can bind a child to its parent,
# and the overlay is measured on X11.
collect_ignore = [] if Path("/proc/self").exists() else ["test_launcher_killed.py", "test_bench_overlay.py"]
if not has_posix_signals:
    collect_ignore += [f"test_launcher_{what}.py" for what in ("start", "system", "terminal", "wrappers")]


@pytest.fixture(scope="session")
def built_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The product itself, as it stands."""
    house = House(tmp_path_factory.mktemp("real"), free_port())
    copy_rooms(house)
    borrow_environment(house)
    return house


@pytest.fixture
def house(built_house: House, tmp_path: Path) -> House:
    """The product itself with a fresh home folder."""
    built_house.home = tmp_path / "home of Älisa"
    built_house.port = free_port()
    return built_house


@pytest.fixture
def spare_house(tmp_path: Path) -> House:
    """A house of which a test may replace parts."""
    house = House(tmp_path, free_port())
    copy_rooms(house)
    borrow_environment(house)
    return house


@pytest.fixture
def stand_in(spare_house: House) -> House:
    """A house whose hub and chat are the stand-ins."""
    spare_house.replace("backend/__main__.py", STAND_IN_HUB + "\nserve()\n")
    spare_house.replace("voice/text_chat/__main__.py", STAND_IN_CHAT)
    return spare_house
