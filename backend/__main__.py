"""`python -m backend`: the hub. Reads the settings, takes its port, serves until it is told to stop."""

import argparse
import asyncio
import contextlib
import errno
import ipaddress
import socket
import sys
from pathlib import Path

from backend.shared import desktop, program, settings
from backend.shared.errors import AlisaError

EXIT_SETTINGS = 2
EXIT_PORT_TAKEN = 3
EXIT_RUNS_ALREADY = 4

_BACKLOG = 256
_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES})


def _bind(hub: settings.Hub) -> socket.socket:
    """Take the address.

    Raises:
        OSError: when it is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in hub.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if desktop.has_posix_signals:
            # There it only means not to wait for the connections of the hub before.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        desktop.bind_alone(listener)
        listener.bind((hub.host, hub.port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _bind_error(hub: settings.Hub, error: OSError) -> str:
    if error.errno in _TAKEN:
        return (
            f"Port {hub.port} is taken by another program. Stop it, or choose another port with "
            f"hub.port in {settings.FILE_NAME} or ALISA_HUB_PORT."
        )
    return f"The hub cannot listen on {hub.host}: {error.strerror}. Check hub.host in {settings.FILE_NAME}."


def _check_host(chosen: settings.Settings) -> None:
    try:
        address = ipaddress.ip_address("127.0.0.1" if chosen.hub.host == "localhost" else chosen.hub.host)
    except ValueError as error:
        message = f'hub.host is "{chosen.hub.host}"; allowed is an address such as 127.0.0.1.'
        raise AlisaError("settings-wrong-value", message) from error
    if not address.is_loopback and not chosen.security.allow_remote:
        message = "hub.host lets other machines in. If you want that, set security.allow_remote to true."
        raise AlisaError("remote-not-allowed", message)


def _serve(home: Path, *, is_verbose: bool) -> int:
    chosen = settings.load(home)
    _check_host(chosen)
    desktop.make_private_folder(home)
    settings.ensure_file(home)
    program.log_to(home, "hub", is_verbose=is_verbose)
    with contextlib.ExitStack() as stack:
        lock = desktop.take_lock(home / "run" / "hub.lock")
        if lock is None:
            program.complain("The hub runs already.")
            return EXIT_RUNS_ALREADY
        stack.callback(lock.close)
        try:
            listener = stack.enter_context(_bind(chosen.hub))
        except OSError as error:
            program.complain(_bind_error(chosen.hub, error))
            return EXIT_PORT_TAKEN if error.errno in _TAKEN else EXIT_SETTINGS
        desktop.allow_many_files()
        # Imported only now: the messages above need none of it, and it takes a while.
        from backend.app import run

        asyncio.run(run(chosen, home, listener))
    return 0


def main() -> int:
    """Run the hub; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description="The hub of Alisa. Stop it with Ctrl+C. Its settings are in alisa.toml.",
        epilog="Exit codes: 0 stopped, 2 wrong settings, 3 port taken, 4 the hub runs already.",
    )
    parser.add_argument("--verbose", action="store_true", help="log more to logs/hub.log")
    arguments = parser.parse_args()
    return program.guard(lambda: _serve(settings.home(), is_verbose=arguments.verbose), EXIT_SETTINGS)


if __name__ == "__main__":
    sys.exit(main())
