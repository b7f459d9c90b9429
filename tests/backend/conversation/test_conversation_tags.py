"""Emotion tags leave the stream at any cut, and nothing else does."""

import random
import re

import pytest

from backend.conversation.tags import MAX_BLANKS, SYNONYMS, EmotionTags, Tag, emotion_of

# -- A second, slow way to the same result: look at the whole text, remove the tag that ends first, repeat.

_WORDS = sorted(
    {word for name, words in SYNONYMS.items() for word in (name, *words.split())}, key=len, reverse=True
)
_GAP = f" {{0,{MAX_BLANKS}}}"
_CODE = "\ue000"


def _loose(word: str) -> str:
    return _GAP.join(re.escape(letter) for letter in word)


_ANY = "(?:" + "|".join(_loose(word) for word in _WORDS) + ")"
_EXACT = "(?:" + "|".join(_WORDS) + ")"
_BRACKET = _GAP.join([r"\[", f"(?:{_loose('emotion')}{_GAP}[:=]{_GAP})?(?P<a>{_ANY})", r"\]"])
_WORD = f"{_loose('[emotion]')}{_GAP}(?P<b>{_EXACT})(?!\\w)"
_ANGLE = _GAP.join(["<", f"(?:{_loose('emotion')}{_GAP}={_GAP})?(?P<c>{_ANY})", ">"])
_PAIR = _GAP.join([_loose("<emotion>"), f"(?P<d>{_ANY})", _loose("</emotion>")])
_AT_START = [re.compile(form) for form in (_BRACKET, _WORD, _ANGLE, _PAIR)]
_ELSEWHERE = [re.compile(form) for form in (_BRACKET + r"(?!\()", _WORD, _ANGLE, _PAIR)]
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _code_mask(text: str) -> list[bool]:
    """For each character, whether it stands in code (backticks themselves count as code)."""
    mask: list[bool] = []
    opened = 0
    for run in re.findall(r"`+|[^`\n]+|\n", text):
        if run[0] == "`":
            if not opened:
                opened = len(run)
            elif len(run) == opened or len(run) > opened >= 3:
                opened = 0
            mask += [True] * len(run)
        else:
            mask += [bool(opened)] * len(run)
            if run == "\n" and opened < 3:
                opened = 0
    return mask


def _first_tag(text: str, mask: list[bool]) -> re.Match[str] | None:
    shown = "".join(
        _CODE if code else character for character, code in zip(text, mask, strict=True)
    ).translate(_LOWER)
    found = []
    for forms, is_start in ((_AT_START, True), (_ELSEWHERE, False)):
        for form in forms:
            for start in range(len(shown)):
                match = form.match(shown, start)
                if match and (not shown[:start].strip()) == is_start:
                    found.append(match)
    return min(found, key=lambda match: match.end(), default=None)


def slow_strip(text: str) -> tuple[str, list[str]]:
    mask = _code_mask(text)
    tags = []
    while match := _first_tag(text, mask):
        word = next(group for group in match.groups() if group).replace(" ", "")
        tags.append(str(emotion_of(word)))
        end = match.end()
        if text[end : end + 1] == " " and not mask[end]:
            end += 1
        text = text[: match.start()] + text[end:]
        mask = mask[: match.start()] + mask[end:]
    return text, tags


def strip(text: str, cuts: list[int]) -> tuple[str, list[str]]:
    tags = EmotionTags()
    out: list[str | Tag] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += tags.feed(text[start:end])
    out += tags.close()
    assert "" not in out
    return "".join(o for o in out if isinstance(o, str)), [o.name for o in out if isinstance(o, Tag)]


def whole(text: str) -> tuple[str, list[str]]:
    return strip(text, [])


def every_character(text: str) -> tuple[str, list[str]]:
    return strip(text, list(range(1, len(text))))


# -- What is a tag, and what is not.

CASES = {
    "": ("", []),
    "[happy] Hi!": ("Hi!", ["happy"]),
    "[HAPPY]Hi!": ("Hi!", ["happy"]),
    "[ happy ] Hi": ("Hi", ["happy"]),
    "[Emotion: Sad] Oh.": ("Oh.", ["sad"]),
    "[emotion=sad]Oh.": ("Oh.", ["sad"]),
    "[EMOTION]sad\nOh.": ("\nOh.", ["sad"]),
    "[EMOTION]sad Oh.": ("Oh.", ["sad"]),
    "[EMOTION] sad, oh.": (", oh.", ["sad"]),
    "[EMOTION]sad": ("", ["sad"]),
    "[EMOTION]sadly not": ("[EMOTION]sadly not", []),
    "[EMOTION]sadness": ("", ["sad"]),
    "[EMOTION]whatever": ("[EMOTION]whatever", []),
    "[EMOTION] I feel": ("[EMOTION] I feel", []),
    "[EMOTION]": ("[EMOTION]", []),
    "[EMOTION]sad[END]": ("[END]", ["sad"]),
    "<emotion=angry>No": ("No", ["angry"]),
    "<emotion>happy</emotion> a": ("a", ["happy"]),
    "<emotion>happy<sad>": ("<emotion>happy", ["sad"]),
    "<emotion>happy<sad></emotion>": ("", ["sad", "happy"]),
    "<happy>a": ("a", ["happy"]),
    "(happy) a": ("(happy) a", []),
    "*blush* a": ("*blush* a", []),
    "[blush] a [pout] b": ("a b", ["embarrassed", "angry"]),
    "[happy][sad]ok": ("ok", ["happy", "sad"]),
    "[happy] [sad] ok": ("ok", ["happy", "sad"]),
    "[happy]  two blanks": (" two blanks", ["happy"]),
    "Hi [sad]there": ("Hi there", ["sad"]),
    "[happy](https://a.example)": ("(https://a.example)", ["happy"]),
    "See [happy](https://a.example).": ("See [happy](https://a.example).", []),
    "See ![sad](a.png) and [sad] (b)": ("See ![sad](a.png) and (b)", ["sad"]),
    "See [happy]": ("See ", ["happy"]),
    "[[happy]]": ("[]", ["happy"]),
    "[hap[happy]py]": ("", ["happy", "happy"]),
    "[hap[happy] py]x": ("x", ["happy", "happy"]),
    "<hap<happy>y>": ("<hapy>", ["happy"]),
    "<hap<happy>py>": ("", ["happy", "happy"]),
    "[EMO[sad]TION]hap[sad]py!": ("!", ["sad", "sad", "happy"]),
    "[hap[hap[happy]py]py]": ("", ["happy"] * 3),
    "[hap[happy]": ("[hap", ["happy"]),
    "[[link]] [hap[happy]": ("[[link]] [hap", ["happy"]),
    "[link](http://a)": ("[link](http://a)", []),
    "a[0] = b[i]": ("a[0] = b[i]", []),
    "x < y and <b>bold</b>": ("x < y and <b>bold</b>", []),
    "[happ": ("[happ", []),
    "[": ("[", []),
    "[happy": ("[happy", []),
    "text [unknown] ok": ("text [unknown] ok", []),
    "- [ ] todo\n- [x] done": ("- [ ] todo\n- [x] done", []),
    "[END] [ERROR]": ("[END] [ERROR]", []),
    "`[happy]` code": ("`[happy]` code", []),
    "``a ` [happy]`` [sad] b": ("``a ` [happy]`` b", ["sad"]),
    "```\n[happy]\n``` then [sad] x": ("```\n[happy]\n``` then x", ["sad"]),
    "````\n``` [happy]\n```` [sad] x": ("````\n``` [happy]\n```` x", ["sad"]),
    "it`s open\n[happy] x": ("it`s open\nx", ["happy"]),
    "[happy]`x`": ("`x`", ["happy"]),
    "日本語[happy]です😀": ("日本語です😀", ["happy"]),
    "[ſad] [sad\u200b]": ("[ſad] [sad\u200b]", []),
    "[sad\n]": ("[sad\n]", []),
    "[" + " " * MAX_BLANKS + "sad]": ("", ["sad"]),
    "[" + " " * (MAX_BLANKS + 1) + "sad]": ("[" + " " * (MAX_BLANKS + 1) + "sad]", []),
}


@pytest.mark.parametrize("text", CASES)
def test_tags_are_taken_out_and_everything_else_stays(text: str) -> None:
    assert whole(text) == CASES[text]
    assert every_character(text) == CASES[text]
    assert slow_strip(text) == CASES[text]


def test_ordinary_text_is_never_held_back() -> None:
    tags = EmotionTags()
    for piece in (
        "Hello",
        ", wor",
        "ld! 1 + 1",
        " = 2 (sure)",
        "\n\n",
        "日本",
        "] > )",
        "a[0",
        "x <= y",
        " [END]",
    ):
        assert tags.feed(piece) == [piece]


def test_a_tag_that_begins_the_answer_is_known_at_its_last_character() -> None:
    tags = EmotionTags()
    assert tags.feed("[hap") == []
    assert tags.feed("py]") == [Tag("happy")]
    assert tags.feed(" Hi") == ["Hi"]


def test_held_text_is_released_the_moment_it_cannot_be_a_tag() -> None:
    tags = EmotionTags()
    assert tags.feed("a [hap") == ["a "]
    assert tags.feed("x") == ["[hapx"]


def test_text_and_tags_come_in_their_order() -> None:
    tags = EmotionTags()
    assert tags.feed("a [happy] b <sad>c") == ["a ", Tag("happy"), "b ", Tag("sad"), "c"]


def test_every_emotion_and_synonym_is_understood_in_every_form() -> None:
    for name, words in SYNONYMS.items():
        for word in (name, *words.split()):
            forms = ("[{}]", "[emotion:{}]", "[emotion={}]", "[EMOTION]{}", "<{}>", "<emotion={}>")
            for form in (*forms, "<emotion>{}</emotion>"):
                assert every_character(form.format(word)) == ("", [name]), form.format(word)


def test_no_synonym_stands_for_two_emotions() -> None:
    words = [word for name, words in SYNONYMS.items() for word in (name, *words.split())]
    assert len(words) == len(set(words))


def test_a_hundred_thousand_random_answers_leak_no_tag_and_lose_no_character() -> None:
    pieces = (
        *(
            "[happy]",
            "<emotion=sad>",
            "[EMOTION]",
            "<emotion>",
            "</emotion>",
            "<happy>",
            "[",
            "]",
            "<",
            ">",
            "</",
        ),
        *(
            "`",
            "``",
            "```",
            "hap",
            "py",
            "sad",
            "sa",
            "d",
            "ness",
            "emotion",
            "EMOTION",
            "=",
            ":",
            "(",
            ")",
            "/",
        ),
        *(
            " ",
            "  ",
            "\n",
            "a",
            "x y",
            "_",
            "é",
            "😀",
            "[em",
            "[hap",
            "<sa",
            "!",
            "[x]",
            "[END]",
            "love",
            "lo",
            "ve",
        ),
    )
    chance = random.Random(20)
    compared = 0
    for number in range(100_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 14)))
        cuts = sorted(chance.randint(0, len(text)) for _ in range(chance.randint(0, 6)))
        one = strip(text, cuts)
        assert one == every_character(text), text
        left, mask = one[0], _code_mask(one[0])
        if number % 20 == 0 or ("[EMOTION]" in text and number % 5 == 0):
            assert one == slow_strip(text), text
            compared += 1
        if any(mark in left for mark in ("[", "<")) and number % 10 == 0:
            assert _first_tag_inside(left, mask) is None, (text, left)
    assert compared > 5_000


def _first_tag_inside(text: str, mask: list[bool]) -> re.Match[str] | None:
    """A tag anywhere in the text outside code, looked for by the rules that hold within an answer."""
    shown = "".join(
        _CODE if code else character for character, code in zip(text, mask, strict=True)
    ).translate(_LOWER)
    return next((match for form in _ELSEWHERE if (match := form.search(shown))), None)


def test_a_flood_of_brackets_costs_no_more_than_its_length() -> None:
    text = "[" * 50_000 + "[hap" * 10_000 + "py]" * 10_000
    left, found = every_character(text)
    assert left == "[" * 50_000
    assert found == ["happy"] * 10_000
