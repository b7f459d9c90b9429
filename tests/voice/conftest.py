"""Which tests of this room need more than every system has."""

from backend.shared.desktop import has_posix_signals

# Pseudo terminals, signals and a POSIX shell.
_POSIX = ["test_text_chat_terminal.py", "test_text_chat_shell.py", "test_text_chat_with_hub.py"]
collect_ignore = [] if has_posix_signals else _POSIX
