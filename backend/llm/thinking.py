"""Keeps what a model thinks aloud between <think> and </think> out of what it says."""

import re

_OPENING = ("<think>", "<thinking>")
_CLOSING = ("</think>", "</thinking>")
_FIND_OPENING = re.compile("|".join(_OPENING))
_FIND_CLOSING = re.compile("|".join(_CLOSING))


def _held(text: str, tags: tuple[str, ...]) -> int:
    """Where the end of `text` could be the beginning of one of `tags`; its length where it cannot."""
    start = text.rfind("<")
    if start >= 0 and any(tag.startswith(text[start:]) for tag in tags):
        return start
    return len(text)


class ThinkFilter:
    """Takes text in any pieces and gives back what is to be seen; ordinary text is never held back.

    The blanks after a thought belong to it.
    """

    def __init__(self) -> None:
        self.is_thinking = False
        self._rest = ""
        self._eats_blanks = False

    def feed(self, text: str) -> str:
        """What of this piece, and of what was held back before, is to be seen now."""
        if not (self._rest or self.is_thinking or self._eats_blanks) and "<" not in text:
            return text
        text = self._rest + text
        self._rest = ""
        seen: list[str] = []
        while text:
            text = self._skip_thought(text) if self.is_thinking else self._take_words(text, seen)
        return "".join(seen)

    def close(self) -> str:
        """The text has ended: what was held back, since it became no tag."""
        rest = "" if self.is_thinking else self._rest
        self._rest = ""
        return rest

    def _skip_thought(self, text: str) -> str:
        found = _FIND_CLOSING.search(text)
        if found is None:
            self._rest = text[_held(text, _CLOSING) :]
            return ""
        self.is_thinking = False
        self._eats_blanks = True
        return text[found.end() :]

    def _take_words(self, text: str, seen: list[str]) -> str:
        if self._eats_blanks:
            text = text.lstrip()
            self._eats_blanks = not text
        found = _FIND_OPENING.search(text)
        if found is None:
            end = _held(text, _OPENING)
            seen.append(text[:end])
            self._rest = text[end:]
            return ""
        seen.append(text[: found.start()])
        self.is_thinking = True
        return text[found.end() :]
