"""How often a client may have something told to the user: a broken one must not bury him in notices."""

from collections import deque
from collections.abc import Callable, Hashable

from backend.shared.errors import AlisaError

BURST = 5
BURST_SECONDS = 10.0
"""A start has several things to tell; in the long run it is one every two seconds."""
REPEAT_SECONDS = 60.0


class Remarks:
    """When each client has remarked on what, as far back as that matters."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody has said anything yet; `clock` gives seconds that never run backwards."""
        self._clock = clock
        self._times: dict[Hashable, deque[float]] = {}
        self._codes: dict[Hashable, dict[str, float]] = {}

    def note(self, client: Hashable, code: str) -> None:
        """A client remarks on something.

        Raises:
            AlisaError: "too-often": nobody is to be told of it.
        """
        now = self._clock()
        codes = {known: time for known, time in self._codes.get(client, {}).items() if now < time}
        if code in codes:
            raise AlisaError("too-often", f'"{code}" has been told less than {REPEAT_SECONDS:.0f} s ago.')
        times = self._times.setdefault(client, deque(maxlen=BURST))
        if len(times) == BURST and now - times[0] < BURST_SECONDS:
            raise AlisaError("too-often", f"No more than {BURST} remarks in {BURST_SECONDS:.0f} s are told.")
        times.append(now)
        self._codes[client] = codes | {code: now + REPEAT_SECONDS}

    def leave(self, client: Hashable) -> None:
        """Forget a client."""
        self._times.pop(client, None)
        self._codes.pop(client, None)
