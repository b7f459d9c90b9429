"""Takes the emotion tags out of her words while they stream, at any cut, without holding ordinary text back.

A tag, where x is one of the six emotions or a word of `SYNONYMS`; case and blanks inside do not matter:

- `[x]`, `[emotion:x]`, `[emotion=x]`; but not as the text of a Markdown link, `[x](url)`, unless the answer
  begins with it: there a tag is what she was told to write;
- `<x>`, `<emotion=x>`, `<emotion>x</emotion>`;
- `[EMOTION]x`, the hub's own protocol, which models like to imitate; x ends where the word ends.

Everything else is text, and so is all that stands in code: from a run of backticks to the next one as long,
or to the end of the line for runs of one or two.

A tag may take shape only when another is taken from its middle (`[hap[happy]py]`). So the text is a stack on
which every character has a state, the longest end of the text that a tag could begin with; a tag that is
complete is popped, and the states below it are those from before it came. What is left never holds a tag.
"""

import re
from typing import get_args

import msgspec

from backend.shared.records import EmotionName

SYNONYMS: dict[EmotionName, str] = {
    "happy": """happiness joy joyful excited excitement love loving affectionate smile smiling smirk
        smug laugh laughing cheerful playful proud delighted amused glad grateful teasing wink grin
        hopeful relieved""",
    "sad": """sadness worried worry lonely crying cry tearful disappointed hurt melancholy concerned sorry
        depressed tired anxious afraid scared fear""",
    "angry": """anger annoyed annoyance pout pouting mad irritated frustrated frustration furious grumpy huff
        disgust disgusted jealous""",
    "surprised": "surprise shocked shock amazed astonished startled confused curious gasp",
    "embarrassed": "embarrassment shy blush blushing flustered bashful awkward nervous tsundere",
    "neutral": "calm thinking thoughtful serious bored sleepy relaxed focused indifferent pensive",
}
MAX_BLANKS = 8
"""More blanks than this between two characters, and it is no tag."""

_WORD_FORM = "[emotion]"
_START_OF_TAG_OR_CODE = re.compile(r"[\[<`]")


class Tag(msgspec.Struct, frozen=True):
    """An emotion that was written into the text."""

    name: EmotionName


def emotion_of(word: str) -> EmotionName | None:
    """The emotion that a word of the tags stands for: "blush" is embarrassed."""
    return _EMOTIONS.get(word.strip().lower())


def _tag_forms(word: str) -> tuple[str, ...]:
    square = (f"[{word}]", f"[emotion:{word}]", f"[emotion={word}]", f"{_WORD_FORM}{word}")
    return (*square, f"<{word}>", f"<emotion={word}>", f"<emotion>{word}</emotion>")


_EMOTIONS: dict[str, EmotionName] = {name: name for name in get_args(EmotionName)} | {
    word: name for name, words in SYNONYMS.items() for word in words.split()
}
_FORMS = {form: name for word, name in _EMOTIONS.items() for form in _tag_forms(word)}
_BEGINNINGS = {form[:end] for form in _FORMS for end in range(1, len(form) + 1)}


def _next_state(state: str, character: str) -> str:
    """The longest beginning of a tag at the end of `state` and `character`; empty when there is none."""
    if not character.isascii():
        return ""
    low = character.lower()
    if state + low in _BEGINNINGS:
        return state + low
    # The "<" of `<emotion>x<` waits for "/emotion>", but may as well open a tag of its own.
    if state.endswith("<") and "<" + low in _BEGINNINGS:
        return "<" + low
    return low if low in _BEGINNINGS else ""


class EmotionTags:
    """Reads one answer. The result does not depend on how the answer is cut into pieces."""

    def __init__(self) -> None:
        self._held: list[tuple[str, str]] = []
        """What may still become (part of) a tag: a character with the blanks behind it, and its state."""
        self._out: list[str | Tag] = []
        self._has_text = False
        self._eats_blank = False
        self._ticks = 0
        self._code = 0
        """How many backticks opened the code we are in; 0 outside."""

    def feed(self, text: str) -> list[str | Tag]:
        """Take the next piece of the answer; returns the text and tags that are certain by now."""
        is_plain = not (self._held or self._eats_blank or self._ticks or self._code)
        if is_plain and not _START_OF_TAG_OR_CODE.search(text):
            self._emit(text)
        else:
            for character in text:
                self._take(character)
        return self._collect()

    def close(self) -> list[str | Tag]:
        """The answer is over: what was still held back."""
        self._complete_before("")
        self._release()
        return self._collect()

    def _take(self, character: str) -> None:
        if character == "`":
            self._complete_before(character)
            self._release()
            self._eats_blank = False
            self._ticks += 1
            self._emit(character)
            return
        if self._ticks:
            self._open_or_close_code()
        if self._code:
            if character == "\n" and self._code < 3:
                self._code = 0
            self._emit(character)
            return
        self._complete_before(character)
        if self._eats_blank:
            self._eats_blank = False
            if character == " ":
                return
        self._push(character)

    def _open_or_close_code(self) -> None:
        if not self._code:
            self._code = self._ticks
        elif self._ticks == self._code or self._ticks > self._code >= 3:
            self._code = 0
        self._ticks = 0

    def _push(self, character: str) -> None:
        raw, state = self._held[-1] if self._held else ("", "")
        is_in_word = state.startswith(_WORD_FORM) and state != _WORD_FORM
        if character == " " and state and not is_in_word and len(raw) <= MAX_BLANKS:
            self._held[-1] = (raw + character, state)
            return
        state = _next_state(state, character)
        self._held.append((character, state))
        if not state:
            self._release()
        elif state in _FORMS and self._is_certain(state):
            self._remove(state)

    def _is_certain(self, form: str) -> bool:
        """False where the character behind the form decides whether it is a tag."""
        begins_answer = not self._has_text and len(self._held) == len(form)
        return form[0] == "<" or (begins_answer and not form.startswith(_WORD_FORM))

    def _complete_before(self, character: str) -> None:
        """Remove the tag that waits for the character behind it, if that makes it one."""
        form = self._held[-1][1] if self._held else ""
        if form not in _FORMS:
            return
        if form.startswith(_WORD_FORM):
            is_tag = not (character.isalnum() or character == "_")
        else:
            is_tag = character != "("
        if is_tag:
            self._remove(form)

    def _remove(self, form: str) -> None:
        del self._held[-len(form) :]
        self._out.append(Tag(_FORMS[form]))
        self._eats_blank = True

    def _release(self) -> None:
        if self._held:
            self._emit("".join(raw for raw, _ in self._held))
            self._held.clear()

    def _emit(self, text: str) -> None:
        if not text:
            return
        self._has_text = self._has_text or not text.isspace()
        if self._out and isinstance(self._out[-1], str):
            self._out[-1] += text
        else:
            self._out.append(text)

    def _collect(self) -> list[str | Tag]:
        out, self._out = self._out, []
        return out
