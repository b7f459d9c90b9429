"""What all parts of her life share about time: what is never due, and natural gaps between what is."""

import math
from random import Random

NEVER = math.inf
"""When something is due that is not."""


def draw_gap(random: Random, mean_seconds: float, spread: float, low: float, high: float) -> float:
    """A gap in seconds between two things that living beings do.

    Log-normal: mostly a little shorter than the mean, now and then much longer, never regular.

    Args:
        random: Where chance comes from.
        mean_seconds: Mean of the distribution before it is cut.
        spread: Standard deviation of the logarithm.
        low: Nothing below, in seconds.
        high: Nothing above, in seconds.
    """
    drawn = random.lognormvariate(math.log(mean_seconds) - spread**2 / 2, spread)
    return min(max(drawn, low), high)
