"""Can only be imported where an echo canceller is installed; for those who ask what works here."""

from voice.echo.choice import choose

if choose() is None:
    raise ImportError("no echo canceller is installed")
