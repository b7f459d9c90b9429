"""What a process holds in the X server."""

import os
from collections import Counter

from Xlib.ext import res

from tests.overlay.desk import Desk


def held(desk: Desk, process: int | None = None) -> Counter[str]:
    """How many things of each kind a process holds in the server, without the desk's own connection.

    Args:
        desk: Whose server.
        process: Its number; None: this one.
    """
    display, found = desk.display, Counter()
    display.res_query_version()
    for client in display.res_query_clients().clients:
        asked = [{"client": client.resource_base, "mask": res.LocalClientPIDMask}]
        pids = [pid for identity in display.res_query_client_ids(asked).ids for pid in identity.value]
        if pids == [process or os.getpid()] and client.resource_base != display.display.info.resource_id_base:
            for kind in display.res_query_client_resources(client.resource_base).types:
                found[display.get_atom_name(kind.resource_type)] += kind.count
    return found
