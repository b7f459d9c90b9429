"""The seam to the operating system, as far as this system goes."""

import os
import socket
import stat
import subprocess
import sys

import pytest

from backend.shared import desktop


@pytest.fixture
def connection():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as accepted,
    ):
        yield server, client, accepted


def test_our_own_connection_belongs_to_us(connection):
    server, client, _ = connection
    assert desktop.peer_is_same_user(client.getsockname(), server.getsockname()) is True
    assert desktop.listener_is_same_user(server.getsockname()) is True


def test_a_connection_that_is_not_there_belongs_to_nobody(connection):
    server, client, _ = connection
    peer = client.getsockname()
    assert desktop.peer_is_same_user((peer[0], 1), server.getsockname()) is not True
    client.close()
    assert desktop.peer_is_same_user(peer, server.getsockname()) is not True


def test_a_connection_of_another_user_does_not_belong_to_us(monkeypatch):
    if os.geteuid() != 0:
        # Nobody else to become: be somebody else ourselves, in the eyes of the check.
        monkeypatch.setattr(os, "getuid", lambda: 65533)
    program = "import socket,sys,os; os.geteuid() or os.setuid(65534); s=socket.socket()\n"
    program += "s.connect(('127.0.0.1', int(sys.argv[1]))); input()"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with subprocess.Popen([sys.executable, "-c", program, port], stdin=subprocess.PIPE) as other:
            accepted, peer = server.accept()
            with accepted:
                assert desktop.peer_is_same_user(peer, server.getsockname()) is False
                other.communicate(b"\n")


def test_a_private_file_is_for_this_user_alone_and_replaced_in_one_step(tmp_path):
    path = tmp_path / "folder" / "secret.json"
    desktop.write_private(path, b"old")
    desktop.write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in path.parent.iterdir()] == ["secret.json"]
    if desktop.has_posix_signals:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_lock_is_held_by_one_process_and_freed_by_its_death(tmp_path):
    path = tmp_path / "lock"
    program = "import sys; from backend.shared import desktop; from pathlib import Path\n"
    program += "lock = desktop.take_lock(Path(sys.argv[1])); print(lock is not None, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "True\n"
        assert desktop.take_lock(path) is None
        other.kill()
    lock = desktop.take_lock(path)
    assert lock is not None
    lock.close()


def test_the_machine_has_memory_and_cores():
    total, available = desktop.memory_bytes()
    assert total >= available > 0
    assert 1 <= desktop.physical_cores() <= os.cpu_count()


def test_processes_are_told_from_none():
    assert desktop.process_exists(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        pass
    assert not desktop.process_exists(ended.pid)
