"""Texts that were written before the cleaner was, as a check on what it had not been fitted to."""

import pytest

from voice.speakable import speak

CASES = [
    ("[happy] Hello **there**!", "Hello there!"),
    ("*giggles* You are funny.", "You are funny."),
    ("I *really* mean it.", "I really mean it."),
    ("- buy milk", "buy milk."),
    ("See [the docs](https://example.com/a/b?c=d#e) for more.", "See the docs for more."),
    ("It is at https://www.example.org/path/x.html.", "It is at example.org."),
    ("Call `read_file` first.", "Call read file first."),
    ("Nice 😊👩‍🚀 work! 🎉", "Nice work!"),
    ("It is 25°C & 60% humid.", "It is 25 degrees Celsius and 60 percent humid."),
    ("```js\nalert(1)\n```", "There is code in my text."),
    ("😊", ""),
    ("---", ""),
]


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_a_text_the_cleaner_was_not_written_for_is_read_as_a_person_would(text: str, spoken: str) -> None:
    assert speak(text) == spoken
