"""Guesses the emotion of an answer from its words, for answers that brought no emotion tag."""

import re

from backend.shared.records import EmotionName

# In the order in which ties are decided. Latin words match whole and may end in *; others match anywhere.
_WORDS: dict[EmotionName, str] = {
    "embarrassed": """
        blush* embarrass* flustered awkward shy baka i-it's i-it b-but w-well n-no y-you i-i
        th-that's not|like|i it's|not|like don't|get|the|wrong|idea don't|look|at|me
        rot|werde peinlich* verlegen* vergonzoso gênant* стесня* смуща* 恥ずかし 照れ 害羞""",
    "angry": """
        angry annoy* furious mad hate stupid idiot dummy hmph ugh shut|up how|dare stop|it
        leave|me|alone ridiculous unbelievable irritat* wütend ärger* sauer nerv* enfadad*
        énerv* fâch* злюсь злит* бесит 怒 むかつく 生气""",
    "sad": """
        sad sadly sorry unfortunately unhappy cry crying tears lonely miss|you hurts hurt
        alone grief condolences lost heartbroken disappoint* worried worry traurig leider
        tut|mir|leid einsam triste désolé* lamento lo|siento грустно жаль печал* 悲し 寂し ごめん
        难过""",
    "surprised": """
        wow whoa oh! what?! really? seriously? surpris* amazing incredible unexpected no|way
        unbelievably shocked wait,|what überrasch* unglaublich wahnsinn vaya sorpresa
        incroyable ого неужели удив* びっくり まさか 惊""",
    "happy": """
        happy glad great wonderful yay haha hehe love lovely nice awesome fun enjoy*
        congrat* proud delighted welcome excellent perfect cute thanks good|job well|done
        freu* schön toll super klasse wunderbar feliz genial gracias heureu* merci рад рада
        отлично здорово молодец ура 嬉し 楽し 高兴 开心""",
}
_SIGNS: dict[EmotionName, str] = {
    "happy": "😀😃😄😁😆😊🙂😍🥰😂🎉❤♥",
    "sad": "😢😭😞😔🥺💔",
    "angry": "😠😡🤬💢",
    "surprised": "😮😲😳😱🤯",
    "embarrassed": "☺🙈",
}
_NEGATED = re.compile(r"\b(?:not|never|no|don't|isn't|nicht|kein\w*|не)\s+(?:\w+\s+)?$")
_LONGEST = 1_000


def _pattern(words: str) -> re.Pattern[str]:
    parts = []
    for word in words.split():
        spoken = re.escape(word.rstrip("*")).replace(r"\|", r"\s+")
        if not re.match(r"[\w]", word) or ord(word[0]) > 0x2E80:
            parts.append(spoken)
            continue
        end = r"\w*" if word.endswith("*") else r"(?!\w)"
        parts.append(rf"(?<!\w){spoken}{end}")
    return re.compile("|".join(parts))


_PATTERNS = {name: _pattern(words) for name, words in _WORDS.items()}


def guess_emotion(text: str) -> EmotionName:
    """The emotion that most of the words speak of; neutral when none does.

    What comes first counts a little more: it is what her face should answer to.
    """
    text = text[:_LONGEST].casefold().replace("’", "'")
    best: EmotionName = "neutral"
    most = 0.0
    for name, pattern in _PATTERNS.items():
        score = sum(float(text.count(sign)) for sign in _SIGNS[name])
        for match in pattern.finditer(text):
            if not _NEGATED.search(text[max(0, match.start() - 24) : match.start()]):
                score += 1.5 if match.start() < 60 else 1.0
        if score > most:
            best, most = name, score
    return best
