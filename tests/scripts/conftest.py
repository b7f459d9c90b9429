from pathlib import Path

import pytest
from launcher_house import House, borrow_environment, copy_rooms, free_port


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
