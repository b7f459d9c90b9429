import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from launcher_house import House, running_commands, wait_for
from stand_in_hub import STAND_IN_HUB


def hub_file(house: House) -> Path:
    return house.home / "run" / "hub.json"


def test_say_prints_the_reply_alone_and_leaves_no_process_behind(stand_in: House) -> None:
    done = stand_in.run("--say", "Hello, wörld")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "heard: Hello, wörld\n"
    assert "Starting the hub" in done.stderr
    assert stand_in.processes() == []


def test_say_takes_a_text_that_looks_like_an_option(stand_in: House) -> None:
    assert stand_in.run("--say", "--yes").stdout == "heard: --yes\n"


def test_quiet_says_nothing_beside_the_reply(stand_in: House) -> None:
    done = stand_in.run("start", "--quiet", "--say", "hi")
    assert (done.stdout, done.stderr) == ("heard: hi\n", "")


def test_say_leaves_its_input_to_others(stand_in: House) -> None:
    stand_in.replace("voice/text_chat/__main__.py", "import sys\nprint(repr(sys.stdin.read()))\n")
    words = f'"{sys.executable}" "{stand_in.root}/scripts/alisa.py" --say hi; cat'
    done = subprocess.run(
        ["sh", "-c", words],
        check=False,
        input="for later",
        capture_output=True,
        text=True,
        env=stand_in.variables(),
        timeout=30,
    )
    assert done.stdout == "''\nfor later"


def test_an_empty_message_is_refused_before_anything_starts(stand_in: House) -> None:
    done = stand_in.run("--say", "  ")
    assert done.returncode == 2
    assert "nothing to say" in done.stderr
    assert not stand_in.home.exists()


def test_a_second_start_joins_the_running_hub_and_leaves_it_running(stand_in: House) -> None:
    first = stand_in.launch("--only", "hub")
    try:
        wait_for(hub_file(stand_in).exists)
        hub_pid = json.loads(hub_file(stand_in).read_text())["pid"]
        done = stand_in.run("--say", "hi")
        assert done.stdout == "heard: hi\n"
        assert "joining" in done.stderr
        assert hub_pid in stand_in.processes()
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)
    wait_for(lambda: stand_in.processes() == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_that_was_started(stand_in: House, number: int) -> None:
    stand_in.replace("vision/__main__.py", "import time\ntime.sleep(60)\n")
    stand_in.replace("vision/requirements.txt", "")
    launcher = stand_in.launch("--only", "hub,vision", "--no-chat")
    try:
        wait_for(lambda: len(stand_in.processes()) == 2)
        wait_for(hub_file(stand_in).exists)
    finally:
        launcher.send_signal(number)
        said, _ = launcher.communicate(timeout=20)
    # One that was killed may take a moment to be gone.
    wait_for(lambda: stand_in.processes() == [])
    assert not hub_file(stand_in).exists(), f"the hub had no time to leave in order: {said}"


def test_a_hub_that_ignores_the_wish_to_stop_is_killed(stand_in: House) -> None:
    stand_in.replace("backend/__main__.py", STAND_IN_HUB + "\nserve('ignores')\n")
    assert stand_in.run("--say", "hi").stdout == "heard: hi\n"
    assert stand_in.processes() == []


def test_a_port_of_another_program_is_named_and_that_program_told_nothing(house: House) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", house.port)) as server:
        server.settimeout(0.2)
        is_over = threading.Event()

        def listen() -> None:
            while not is_over.is_set():
                try:
                    with server.accept()[0] as guest:
                        guest.settimeout(2)
                        heard.append(guest.recv(4096))
                except TimeoutError:
                    continue

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            done = house.run("--say", "a secret")
        finally:
            is_over.set()
            listener.join()
    assert done.returncode == 3
    assert f"Port {house.port} is taken by another program" in done.stderr
    assert "ALISA_HUB_PORT" in done.stderr
    assert done.stdout == ""
    assert b"".join(heard) == b""
    assert house.processes() == []


@pytest.mark.parametrize("who", ["a dead process", "this very test"])
def test_a_run_file_of_a_dead_hub_sends_nothing_to_who_has_its_port_now(stand_in: House, who: str) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    pid = dead.pid if who == "a dead process" else os.getpid()
    hub_file(stand_in).parent.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        run = {"pid": pid, "port": stranger.getsockname()[1], "token": "old-token", "started": 0}
        hub_file(stand_in).write_text(json.dumps(run))
        assert stand_in.run("--say", "hi").stdout == "heard: hi\n"
        stranger.settimeout(0)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_hub_without_the_proof_is_neither_joined_nor_shown_the_token(stand_in: House) -> None:
    heard = []
    impostor = STAND_IN_HUB.replace("hmac.new(TOKEN.encode()", 'hmac.new(b"guess"')
    impostor = impostor.replace(
        "def do_GET(self):", "def do_GET(self):\n        print(self.headers, flush=True)"
    )
    stand_in.replace("elsewhere/backend/__init__.py", "")
    stand_in.replace("elsewhere/backend/__main__.py", impostor + "\nserve()\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "backend"],
        cwd=stand_in.root / "elsewhere",
        env=stand_in.variables(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(hub_file(stand_in).exists)
        done = stand_in.run("--say", "hi")
    finally:
        process.terminate()
        heard = process.communicate(timeout=10)[0]
    assert done.returncode != 0
    assert "joining" not in done.stderr
    assert "X-Alisa-Nonce" in heard
    assert "a-token-nobody" not in heard


def test_wrong_settings_are_told_in_one_line(house: House) -> None:
    done = house.run("--say", "hi", ALISA_COMPANION_IDLE="perhaps")
    assert done.returncode == 2
    assert "companion.idle" in done.stderr
    assert "true or false" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_that_ends_at_once_shows_its_last_words_without_secrets(stand_in: House) -> None:
    text = 'import sys\nsys.exit("no luck today, token=abcdefgh, key 0123456789abcdef0123456789abcdef")\n'
    stand_in.replace("backend/__main__.py", text)
    done = stand_in.run("--say", "hi")
    assert done.returncode == 1
    assert "exit code 1" in done.stderr
    assert "no luck today" in done.stderr
    assert "abcdefgh" not in done.stderr
    assert "0123456789abcdef" not in done.stderr


def test_two_starts_at_once_share_one_hub(stand_in: House) -> None:
    taken = """
import fcntl
(home / "run").mkdir(parents=True, exist_ok=True)
lock = open(home / "run" / "lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(4)
serve()
"""
    stand_in.replace("backend/__main__.py", STAND_IN_HUB + taken)
    both = [stand_in.launch("--only", "hub") for _ in range(2)]
    try:
        wait_for(lambda: len([one for one in both if one.poll() is not None]) == 1)
        joined = next(one for one in both if one.poll() is not None)
        said = joined.communicate(timeout=10)[0]
        assert joined.returncode == 0, said
        assert "joining" in said
        assert len(stand_in.processes()) == 1
    finally:
        for one in both:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
                one.communicate(timeout=20)


def test_parts_of_a_later_version_are_named_in_one_line_each(stand_in: House) -> None:
    launcher = stand_in.launch()
    wait_for(hub_file(stand_in).exists)
    lines: list[str] = []
    assert launcher.stdout is not None
    while "Running until Ctrl+C." not in lines:
        lines.append(launcher.stdout.readline().rstrip())
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=20)
    assert launcher.returncode == 0
    assert "There is no terminal for a chat here." in lines
    left_out = [line for line in lines if line.startswith("Left out")]
    reasons = ("not part of this version yet", "needs", "There is no screen")
    assert all(any(reason in line for reason in reasons) for line in left_out)


def test_a_part_that_needs_a_system_package_is_left_out_with_the_command(stand_in: House) -> None:
    table = (stand_in.root / "scripts/launcher/parts.py").read_text(encoding="utf-8")
    stand_in.replace("scripts/launcher/parts.py", table.replace('probe="cv2"', 'probe="no_such_module"'))
    stand_in.replace("vision/__main__.py", "")
    stand_in.replace("vision/requirements.txt", "")
    launcher = stand_in.launch("--only", "hub,screen")
    wait_for(hub_file(stand_in).exists)
    assert launcher.stdout is not None
    line = ""
    while not line.startswith("Left out"):
        line = launcher.stdout.readline()
    launcher.send_signal(signal.SIGTERM)
    launcher.communicate(timeout=20)
    assert "Tesseract: " in line
    assert "install" in line


def test_a_part_starts_without_a_system_package_that_only_makes_it_better(stand_in: House) -> None:
    table = (stand_in.root / "scripts/launcher/parts.py").read_text(encoding="utf-8")
    table = table.replace('program="tesseract"', 'program="no-such-program", is_optional=True')
    stand_in.replace("scripts/launcher/parts.py", table.replace('probe="cv2"', 'probe="json"'))
    stand_in.replace("vision/__main__.py", "import sys\nsys.exit('it runs')\n")
    stand_in.replace("vision/requirements.txt", "")
    launcher = stand_in.launch("--only", "hub,screen")
    assert launcher.stdout is not None
    lines = [""]
    while "it runs" not in lines[-1]:
        lines.append(launcher.stdout.readline())
        assert lines[-1]
    launcher.send_signal(signal.SIGTERM)
    launcher.communicate(timeout=20)
    assert any(line.startswith("Better with Tesseract: ") for line in lines)


def test_a_part_that_breaks_down_is_named_and_the_rest_goes_on(stand_in: House) -> None:
    stand_in.replace("vision/__main__.py", "import sys\nsys.exit('the camera is gone')\n")
    stand_in.replace("vision/requirements.txt", "")
    table = (stand_in.root / "scripts/launcher/parts.py").read_text(encoding="utf-8")
    stand_in.replace("scripts/launcher/parts.py", table.replace('probe="cv2"', 'probe="json"'))
    launcher = stand_in.launch("--only", "hub,vision")
    assert launcher.stdout is not None
    line = ""
    while "the camera is gone" not in line:
        line = launcher.stdout.readline()
        assert line
    assert launcher.poll() is None
    launcher.send_signal(signal.SIGTERM)
    launcher.communicate(timeout=20)
    assert "exit code 1" in line


def test_an_unknown_part_is_refused_with_the_list(house: House) -> None:
    done = house.run("--only", "hub,noose")
    assert done.returncode == 2
    assert '"noose"' in done.stderr
    assert "hub, overlay, hands, voice, vision, screen, chat" in done.stderr


def test_stop_ends_the_running_hub_and_its_launcher(stand_in: House) -> None:
    launcher = stand_in.launch("--only", "hub")
    wait_for(hub_file(stand_in).exists)
    done = stand_in.run("stop")
    said = launcher.communicate(timeout=20)[0]
    assert "was stopped" in done.stderr, said
    assert stand_in.processes() == []


def test_stop_spares_a_process_that_is_not_the_hub(stand_in: House) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        hub_file(stand_in).parent.mkdir(parents=True)
        run = {"pid": bystander.pid, "port": stand_in.port, "token": "old-token", "started": 0}
        hub_file(stand_in).write_text(json.dumps(run))
        done = stand_in.run("stop")
        assert "No hub of this home folder is running" in done.stderr
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_words_for_models_pass_on_untouched_from_any_folder(stand_in: House, tmp_path: Path) -> None:
    stand_in.replace("backend/llm/models/__init__.py", "")
    text = "import os, sys\nprint(sys.argv[1:], os.getcwd())\nsys.exit(7)\n"
    stand_in.replace("backend/llm/models/__main__.py", text)
    (stand_in.root / "backend/llm/models.py").unlink(missing_ok=True)
    (tmp_path / "backend").mkdir()
    done = subprocess.run(
        [sys.executable, stand_in.root / "scripts" / "alisa.py", "models", "list", "--help", "--", "-x"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=stand_in.variables(),
        timeout=30,
    )
    assert done.returncode == 7
    assert done.stdout.strip() == f"['list', '--help', '--', '-x'] {tmp_path}"


def test_ctrl_c_while_the_hub_starts_leaves_nothing(stand_in: House) -> None:
    stand_in.replace("backend/__main__.py", "import time\ntime.sleep(60)\n")
    launcher = stand_in.launch("--say", "hi")
    wait_for(lambda: stand_in.processes() != [] and _has_hub(stand_in))
    launcher.send_signal(signal.SIGINT)
    said = launcher.communicate(timeout=20)[0]
    assert launcher.returncode == 130, said
    assert stand_in.processes() == []


def _has_hub(house: House) -> bool:
    commands = (command.replace("\0", " ") for _, command in running_commands())
    return any(str(house.python) in command and "-m backend" in command for command in commands)


def test_the_real_hub_and_the_real_chat_answer(house: House) -> None:
    done = house.run("--say", "Hello, who are you?")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Starting" not in done.stdout
    assert house.processes() == []
    assert not hub_file(house).exists()


def test_the_real_hub_is_joined_and_stopped(house: House) -> None:
    launcher = house.launch("--only", "hub")
    try:
        wait_for(hub_file(house).exists)
        done = house.run("--say", "Hello again")
        assert done.returncode == 0, done.stderr
        assert "joining" in done.stderr
        assert launcher.poll() is None
        assert "was stopped" in house.run("stop").stderr
    finally:
        launcher.terminate()
        launcher.communicate(timeout=20)
    assert house.processes() == []


def test_a_part_that_cannot_run_here_is_left_out_in_its_own_words(stand_in: House) -> None:
    stand_in.replace("overlay/__init__.py", "")
    stand_in.replace("overlay/__main__.py", "")
    stand_in.replace("overlay/requirements.txt", "")
    stand_in.replace("overlay/needs.py", "raise ImportError('There is nothing to see it on.')")
    launcher = stand_in.launch("--only", "overlay")
    said = launcher.communicate(timeout=60)[0]
    lines = [line for line in said.splitlines() if line.startswith(("Left out", "Started"))]
    assert lines == ["Left out the face: There is nothing to see it on."]
    assert launcher.returncode == 2


def test_the_exit_code_of_the_only_part_is_that_of_the_launcher(stand_in: House) -> None:
    stand_in.replace("overlay/__init__.py", "")
    stand_in.replace("overlay/__main__.py", "raise SystemExit(7)")
    stand_in.replace("overlay/requirements.txt", "")
    stand_in.replace("overlay/needs.py", "")
    launcher = stand_in.launch("--only", "overlay")
    said = launcher.communicate(timeout=60)[0]
    assert launcher.returncode == 7, said
