import json
import signal
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from launcher_house import INSTALLED, House, borrow_environment, copy_rooms, free_port, wait_for

from launcher import doctor
from launcher.facts import Settings


def findings(house: House, **more: str) -> dict[str, dict[str, str]]:
    done = house.run("doctor", "--json", **more)
    read = json.loads(done.stdout)
    assert done.returncode == (0 if read["can_talk"] else 1), done.stderr
    assert read["can_talk"] == all(one["state"] != "broken" for one in read["findings"])
    return {one["name"]: one for one in read["findings"]}


def test_before_the_installation_the_doctor_says_so(tmp_path) -> None:
    house = House(tmp_path, free_port())
    copy_rooms(house)
    done = house.run("doctor")
    assert done.returncode == 1
    assert "no .venv yet" in done.stdout
    assert "fix: scripts/alisa.py install" in done.stdout
    assert "cannot talk yet" in done.stdout
    assert not (house.root / ".venv").exists()
    assert not house.home.exists()


def test_on_a_working_machine_everything_needed_is_ok(house: House) -> None:
    found = findings(house)
    assert found["package fastapi"]["state"] == "ok"
    assert found["package fastapi"]["text"][0].isdigit()
    assert found["running hub"]["text"] == f"none; port {house.port} is free"
    assert found["settings"]["text"].startswith(str(house.home))
    assert found["the chat"]["text"] == "ready"
    assert not house.home.exists()


@pytest.fixture(scope="module")
def light_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with hardly any packages to look at."""
    house = House(tmp_path_factory.mktemp("light"), free_port())
    copy_rooms(house)
    for file in INSTALLED:
        house.replace(file, "")
    borrow_environment(house)
    return house


def test_the_table_names_what_is_not_part_of_this_version(light_house: House) -> None:
    done = light_house.run("doctor")
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("She can talk.")
    if not (light_house.root / "overlay" / "__main__.py").exists():
        assert "the face" in done.stdout
        assert "not part of this version yet" in done.stdout


def test_wrong_settings_are_broken_with_their_reason(light_house: House) -> None:
    found = findings(light_house, ALISA_HUB_HOST="x", ALISA_MEMORY_MAX_TURNS="many")
    assert found["settings"]["state"] == "broken"
    assert "memory.max_turns" in found["settings"]["text"]


def test_a_taken_port_is_broken_and_its_owner_told_nothing(light_house: House) -> None:
    with socket.create_server(("127.0.0.1", light_house.port)) as server:
        found = findings(light_house)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert found["running hub"]["state"] == "broken"
    assert str(light_house.port + 1) in found["running hub"]["fix"]


def test_a_missing_and_a_broken_package_are_told_apart(spare_house: House) -> None:
    spare_house.replace(
        "backend/requirements.txt", "-r shared/requirements.txt\nfastapi>=999\nnot-on-this-machine\n"
    )
    spare_house.replace(
        "backend/requirements-embedded.txt", "also-not-here\nnever; sys_platform == 'nowhere'\n"
    )
    found = findings(spare_house)
    assert found["environment"]["text"] == ".venv is not up to date"
    assert found["package fastapi"]["text"] == "the version must be >=999"
    assert found["package not-on-this-machine"]["state"] == "broken"
    assert found["package also-not-here"]["state"] == "hint"
    assert found["package never"]["text"] == "not offered for this machine"


def test_a_package_that_kills_its_process_is_named_and_the_others_are_still_looked_at(
    spare_house: House,
) -> None:
    inside = next((spare_house.root / ".venv").rglob("borrowed.pth")).parent
    (inside / "deadly.py").write_text("import os\nos.abort()\n")
    info = inside / "deadly-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1.0\n")
    (info / "RECORD").write_text("deadly.py,,\ndeadly-1.0.dist-info/METADATA,,\n")
    spare_house.replace("backend/requirements-embedded.txt", "deadly\npytest\n")
    found = findings(spare_house)
    assert found["package fastapi"]["state"] == "ok"
    assert found["package pytest"]["state"] == "ok"
    assert found["package deadly"]["state"] == "hint"
    assert "ends the whole process" in found["package deadly"]["text"]


def with_model(**settings: str) -> Settings:
    return Settings(
        **{"home": Path(), "host": "", "port": 1, "llm_url": "", "embedded_model": "", **settings}
    )


def test_a_model_that_is_no_gguf_is_named(tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    assert "no readable GGUF" in doctor._embedded(with_model(embedded_model=str(model))).text
    model.write_bytes(b"<html>")
    assert "no readable GGUF" in doctor._embedded(with_model(embedded_model=str(model))).text
    model.write_bytes(b"GGUF\x03\x00\x00\x00")
    assert doctor._embedded(with_model(embedded_model=str(model))).state == "ok"


@pytest.fixture
def model_server() -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.path == "/v1/models"
            body = b'{"data": []}' if is_known else b"<html>"
            self.send_response(200 if is_known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_chosen_server_is_asked(model_server: str) -> None:
    assert doctor._llm(with_model(llm_url=f"{model_server}/v1")).state == "ok"
    dead = doctor._llm(with_model(llm_url=f"http://127.0.0.1:{free_port()}/v1"))
    assert dead.state == "hint"
    assert "nothing answers" in dead.text


def test_what_is_no_model_server_does_not_count_as_one(model_server: str) -> None:
    assert doctor._answers(f"{model_server}/v1/")
    assert not doctor._answers(f"{model_server}/elsewhere")
    assert not doctor._answers("nonsense")
    assert not doctor._answers("http://127.0.0.1:99999/v1")


def test_the_running_hub_is_asked_what_it_thinks_with(house: House) -> None:
    launcher = house.launch("--only", "hub")
    try:
        wait_for((house.home / "run" / "hub.json").exists)
        found = findings(house)
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.communicate(timeout=20)
    assert found["running hub"]["text"].startswith(f"on port {house.port}")
    assert found["language model"]["text"].startswith("the running hub thinks with: ")


def test_memory_is_told() -> None:
    assert doctor._memory_bytes() > 1 << 20


def test_the_doctor_for_the_voice_gets_the_words_that_are_for_him(light_house: House) -> None:
    light_house.replace(
        "voice/doctor.py",
        "import sys\nif __name__ == '__main__':\n    print(sys.argv[1:])\n    sys.exit(3)\n",
    )
    done = light_house.run("doctor", "--voice", "--no-sound", "--json")
    assert (done.returncode, done.stdout) == (3, "['--no-sound', '--json']\n")


def test_a_voice_that_is_not_installed_is_one_line(light_house: House) -> None:
    light_house.replace("voice/doctor.py", "import not_installed\n")
    done = light_house.run("doctor", "--voice")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "No module named 'not_installed'" in done.stderr
    assert "scripts/alisa.py install" in done.stderr
    assert "Traceback" not in done.stderr


def test_before_the_installation_the_doctor_for_the_voice_says_so_and_installs_nothing(tmp_path) -> None:
    house = House(tmp_path, free_port())
    copy_rooms(house)
    done = house.run("doctor", "--voice")
    assert done.returncode == 1
    assert "not installed here yet" in done.stderr
    assert not (house.root / ".venv").exists()
