"""Makes a piece of her answer fit to be read aloud: no tags, Markdown, code, addresses or emoji.

Every pattern takes time in proportion to the text, whatever it is: models write anything.
"""

import re
from typing import get_args

from backend.shared.records import EmotionName
from voice.marks import EMOJI, MARKS, is_wide

CODE_SENTENCE = "There is code in my text."


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Controls, marks of writing direction, invisible blanks, private characters, halves of characters. The
# joiners that Persian and Indian scripts need stay.
_UNSPEAKABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffd\ue000-\uf8ff\ud800-\udfff]+"
)
_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.IGNORECASE | re.DOTALL)
_CODE_BLOCK = re.compile(r"`(?<!``)(`{2,63}+)[^`\n]*\n.*?(?:`\1(?![`\w])|\Z)", re.DOTALL)
_CODE_BETWEEN_TILDES = re.compile(
    r"^[ \t]{0,40}~~~.*?(?:^[ \t]{0,40}~~~[~ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"`(?<!``)(`{0,7}+)([^`\n]++)`\1(?!`)")
_SIGNS_OF_CODE = re.compile(r"[_\[\](){};]+|<(?=\S)|(?<=\S)>|\*+(?=\w)")

_IMAGE_OR_LINK = re.compile(
    r"!?\[([^\[\]\n]*+)\](?:\((?:[^()\n]|\([^()\n]*+\))*+\)|\[[^\[\]\n]*+\])"  # [text](address), [text][name]
)
_NAMED_ADDRESS = re.compile(r"^[ \t]{0,8}\[[^\[\]\n]{1,80}\]:[ \t]{1,8}<?\w{2,8}://.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"\b(?:https?|ftp|file)://([!#-;=?-~]+)"
    r"|(?<![\w.@/-])((?:www\.|(?=(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12}/))[!#-;=?-~]+)",
    re.IGNORECASE,
)
_AFTER_ADDRESS = ".,;:!?)]}*_~'|"

_GESTURES = _words(
    """
    smiles laughs giggles chuckles grins waves winks nods sighs blushes shrugs hugs yawns gasps
    pouts purrs sniffs sniffles coughs smirks snickers bounces pats pokes claps bows whispers beams
    cuddles snuggles nuzzles lächelt lacht seufzt nickt winkt zwinkert grinst kichert umarmt
    schmunzelt gähnt errötet sourit soupire rougit sonríe suspira guiña asiente sorride sospira
    улыбается смеётся смеется вздыхает кивает подмигивает
    """
)
"""Between stars these are an action wherever they stand."""
_ACTIONS = _GESTURES | _words(
    """
    smile smiling laugh laughing giggle giggling chuckle grin wave waving wink nod sigh blush
    blushing shrug hug yawn gasp pout tilts looks leans stretches rolls clears pauses cheers dances
    jumps spins kisses raises lifts takes walks sits leaps rit rie
    """
)
"""These only between sentences: "she *looks* fine" has a stressed word."""
_ACTION = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]++)\*(?![\w*])")
_EMOTIONS = "|".join(get_args(EmotionName))
_TAG = re.compile(
    rf"\[\s?(?:emotion\s?[:=]\s?)?(?:{_EMOTIONS})\s?\]|\[emotion\][ \t]?\w{{0,20}}"
    r"|\[(?:[ x]|\^?\d{1,3})\]"  # a box to tick; the number of a footnote
    r"|</?[a-z][\w:=-]{0,40} ?/?>|<[a-z][\w-]{0,20} [^<>\n=]{0,40}=[^<>\n]{0,200}>",
    re.IGNORECASE,
)
_STAGE_DIRECTION = re.compile(r"\[([^\W\d_]{2,20})(?: [^\[\]\n]{0,60})?\]")

_RULE = re.compile(r"^[ \t]*+(?:(?:[-*_=][ \t]*+){3,}+|[ \t:|+-]{2,}+)$", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*+(?:>[ \t]*+)++", re.MULTILINE)
_ITEM = re.compile(
    r"^[ \t]*+(?:#{1,6}[ \t]++|[-*+•‣◦·][ \t]++(?:\[[ xX]\][ \t]++)?|(?=\d{1,3}[.)][ \t])|(?=\|))(\S.*)$",
    re.MULTILINE,
)
_EMPHASIS = re.compile(r"[*_~`]+")
_EMOTICON = re.compile(r"(?<![\w:/])(?:[:;=]['’]?-?[)(DPpOo3]+|[xX]D|<3+|\^_?\^|T_T|>_<)(?!\w)")
_PICTURES = re.compile(f"(?!\u200d)[{EMOJI}\u2500-\u25ff][{EMOJI}\u2500-\u25ff]*+")
_ENTITY = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}

# In English, signs that have a name wherever they stand, and those that have one in their surroundings only.
_NAMES = str.maketrans(
    {
        "°": " degrees ",
        "%": " percent ",
        "&": " and ",
        "≈": " about ",
        "×": " times ",
        "÷": " divided by ",
        "±": " plus or minus ",
        "≤": " at most ",
        "≥": " at least ",
        "≠": " is not ",
        **dict.fromkeys("→⇒⟶", " to "),
    }
)
_NAMES_IN_CONTEXT = {
    r"[-=]>": " to ",
    r"°C\b": " degrees Celsius",
    r"°F\b": " degrees Fahrenheit",
    r"~(?= ?[\d$€£])": " about ",
    r"\*(?<=\s\*)(?=\s)|\*(?<=\d\*)(?=\d)": " times ",
    r"\+(?<=\s\+)(?=\s)|\+(?<=\d\+)(?=\d)": " plus ",
    r"=(?<=\s=)(?=\s)": " equals ",
    r"<(?<=\s<)(?=\s)": " less than ",
    r">(?<=\s>)(?=\s)": " greater than ",
    r"#(?=\d)": " number ",
    r"\^(?<=\w\^)(?=\w)": " to the power of ",
}
_SIGN_IN_CONTEXT = re.compile(
    "(?=[-=°~*+<>#^])(?:" + "|".join(f"({sign})" for sign in _NAMES_IN_CONTEXT) + ")"
)
_WORDS_IN_CONTEXT = list(_NAMES_IN_CONTEXT.values())


def speak(text: str, *, language: str = "en", code: str = CODE_SENTENCE) -> str:
    """What is read aloud of a text that she wrote.

    Args:
        text: A piece of her answer, or all of it; Markdown.
        language: Of the text. In English signs such as "→" and "°C" are said in words; in other languages
            they are left to the engine of the voice, which knows their names there.
        code: What is said in place of a block of code; may be empty.

    Returns:
        One line; empty when there is nothing to say.
    """
    text = _NEWLINE.sub("\n", _UNSPEAKABLE.sub("", text))
    text = _THOUGHT.sub(" ", text)
    text = _without_code_blocks(text, code)
    text = _CODE.sub(lambda found: _SIGNS_OF_CODE.sub(" ", found[2]), text)
    text = _NAMED_ADDRESS.sub("", text)
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _ADDRESS.sub(_host_of, text)
    text = _PICTURES.sub(" ", text)
    text = _without_actions(text)
    text = _without_lines(text)
    text = _without_signs(text, is_english=language.lower().partition("-")[0] == "en")
    return _tidy(text)


def _without_code_blocks(text: str, sentence: str) -> str:
    """Once is enough to say that there is code, however many blocks of it there are."""
    said = f" {sentence} "
    for block in (_CODE_BLOCK, _CODE_BETWEEN_TILDES):
        first = block.search(text)
        if first:
            text = text[: first.start()] + said + block.sub(" ", text[first.end() :])
            said = " "
    return text


def _host_of(found: re.Match[str]) -> str:
    address = found[1] or found[2]
    bare = address.rstrip(_AFTER_ADDRESS)
    after = address[len(bare) :]
    host = re.split("[/?#]", bare, maxsplit=1)[0].rpartition("@")[2]
    return host.partition(":")[0].removeprefix("www.") + after


def _without_actions(text: str) -> str:
    """Without emotion tags, and without what she does rather than says: `*smiles*`, `[laughs]`."""
    text = _TAG.sub(" ", text)
    text = _STAGE_DIRECTION.sub(lambda found: " " if found[1].lower() in _ACTIONS else found[0], text)
    return _ACTION.sub(lambda found: " " if _is_action(found) else found[0], text)


def _is_action(found: re.Match[str]) -> bool:
    """Whether words between stars are an action; else they are stressed words of the sentence.

    A known verb tells; and so does standing between sentences while not being one: `*tilts head* Really?`.
    """
    text, words = found.string, found[1]
    verb = words.split()[0].lower().strip(",.!")
    if verb in _GESTURES:
        return True
    before = text[max(0, found.start() - 8) : found.start()].rstrip()
    after = text[found.end() : found.end() + 8]
    begins = not before or before[-1] in MARKS or before[-1] in "\"'”)*"
    goes_on = after.strip()[:1]
    ends = not goes_on or "\n" in after[:2] or goes_on.isupper() or (after[0].isspace() and is_wide(goes_on))
    is_sentence = (words[0].isupper() or words[-1] in MARKS) and verb not in _ACTIONS
    return begins and ends and not is_sentence


def _without_lines(text: str) -> str:
    """Headings, list items and rows of tables become sentences."""
    text = _QUOTED.sub("", _RULE.sub("", text))
    return _ITEM.sub(lambda found: _sentence_of(found[1]), text)


def _sentence_of(item: str) -> str:
    if item.startswith("|"):
        item = ", ".join(cell.strip() for cell in item.split("|") if cell.strip())
    words = item.rstrip("*_~`\"'”’) \t#")
    last = words[-1:]
    if not last or last in MARKS or last in ":;,、，；：،؛":
        return item
    return item.rstrip() + ("。" if is_wide(last) else ".")


def _without_signs(text: str, *, is_english: bool) -> str:
    text = re.sub("&(?:amp|lt|gt|quot|#39|nbsp);", lambda found: _ENTITY[found[0]], text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    text = _EMPHASIS.sub(_without_emphasis, _EMOTICON.sub(" ", text))
    if is_english:
        text = _SIGN_IN_CONTEXT.sub(lambda found: _WORDS_IN_CONTEXT[(found.lastindex or 1) - 1], text)
        text = text.translate(_NAMES)
    text = re.sub(r"[\[\]{}]|~(?! ?\d)|\\(?!\w)|#(?<!\w#)(?!\w)|<(?=\S)|>(?<=\S>)", "", text)
    return re.sub(r"\|+", ", ", text)


def _without_emphasis(found: re.Match[str]) -> str:
    """A single star between blanks or digits is arithmetic, a single tilde is no mark of Markdown."""
    text, run = found.string, found[0]
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    if (
        run == "~"
        or (run == "*" and (before + after).isspace())
        or (run == "*" and (before + after).isdigit())
    ):
        return run
    return " " if "_" in run and before.isalnum() and after.isalnum() else ""


def _tidy(text: str) -> str:
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r"(?<=\w) ?\n ?\n", ". ", text)
    text = re.sub(r"\s+", " ", text.replace("( )", "").replace("()", ""))
    text = re.sub(r" ([,.;!?])(?=[\s,.;!?]|\Z)", r"\1", text)
    text = re.sub(r"\A[ ,.;:]*\s", "", text).strip()
    return text if any(letter.isalnum() for letter in text) else ""
