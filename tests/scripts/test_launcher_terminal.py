import sys

import pexpect
import pytest
from launcher_house import House, borrow_environment, copy_rooms, free_port, wait_for
from stand_in_hub import STAND_IN_HUB

from launcher import terminal

CHAT = """
import sys
print("You may talk.", flush=True)
for line in sys.stdin:
    if line.strip() == "/quit":
        break
    print("heard " + line, end="", flush=True)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("terminal"), free_port())
    copy_rooms(house)
    borrow_environment(house)
    house.replace("backend/__main__.py", STAND_IN_HUB + "\nserve()\n")
    house.replace("voice/text_chat/__main__.py", CHAT)
    return house


def open_terminal(house: House) -> "pexpect.spawn[str]":
    script = str(house.root / "scripts" / "start.sh")
    window = pexpect.spawn(
        "sh", [script], env=house.variables(), encoding="utf-8", timeout=30, dimensions=(24, 200)
    )
    window.expect("You may talk.")
    return window


def test_the_chat_opens_in_the_terminal_and_its_end_ends_everything(house: House) -> None:
    window = open_terminal(house)
    window.sendline("hello")
    window.expect("heard hello")
    window.sendline("/quit")
    window.expect(pexpect.EOF)
    window.close()
    assert window.exitstatus == 0
    assert house.processes() == []


def test_ctrl_c_in_the_terminal_ends_everything(house: House) -> None:
    window = open_terminal(house)
    window.sendintr()
    window.expect(pexpect.EOF)
    window.close()
    assert house.processes() == []


def test_a_closed_terminal_ends_everything(house: House) -> None:
    window = open_terminal(house)
    window.close()
    wait_for(lambda: house.processes() == [])


def test_colours_are_for_terminals_only(house: House) -> None:
    variables = {name: text for name, text in house.variables().items() if name != "NO_COLOR"}
    words = [str(house.root / "scripts" / "alisa.py"), "--only", "nothing"]
    window = pexpect.spawn(sys.executable, words, env=variables, encoding="utf-8", timeout=60)
    assert "\x1b[31mThere is no part" in window.read()
    window.close()
    plain = pexpect.spawn(
        sys.executable, words, env={**variables, "NO_COLOR": "1"}, encoding="utf-8", timeout=60
    )
    assert "\x1b[3" not in plain.read()
    plain.close()
    assert "\x1b" not in house.run("--only", "nothing").stderr


def test_a_yes_is_not_needed_twice_and_no_terminal_means_no() -> None:
    assert terminal.confirm("Shall I?", yes=True)
    assert not terminal.confirm("Shall I?", yes=False)
