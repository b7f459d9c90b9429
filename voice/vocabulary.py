"""The small words that steer a spoken conversation, language by language: tables, and nothing else.

The tables err on the side of waiting: a word that is missing costs the user a moment of silence, one too
many costs another. They are written by hand, not counted in a corpus; add to them what you miss.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """How one language goes on, and how it ends. Written in lower case, apart by blanks."""

    dangling: frozenset[str] = frozenset()
    """After these something has to come, whatever mark a transcript sets: articles, conjunctions."""
    hanging: frozenset[str] = frozenset()
    """After these something mostly comes, but "turn it on." is a sentence too: prepositions."""
    fillers: frozenset[str] = frozenset()
    """Sounds of somebody who thinks about the next word."""
    final: frozenset[str] = frozenset()
    """Endings of a sentence, for languages whose transcripts often have no full stop."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(phrases: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in phrases.split(","))


SPACED = {
    "en": Words(
        dangling=_set(
            "a an the and or but nor because cause if unless although though while whereas whether than "
            "of my "
            "your our their its every i i'm i'll i'd i've it's that's there's you're you'll we're we'll "
            "we've "
            "they're he's she's what's who's where's let's plus minus point number very quite really into "
            "onto "
            "between without and/or until since dot"
        ),
        hanging=_set(
            "in on at to for with from by about as over under through after before near like so then that "
            "which who when where is are was were am be do does did can could would should will shall may "
            "might must have has had her his this these those some any no not don't doesn't didn't can't "
            "won't isn't maybe also just want need called named twenty thirty forty fifty sixty seventy "
            "eighty ninety hundred thousand"
        )
        | _phrases(
            "can you, could you, would you, will you, do you, did you, have you, let me, i think, i mean"
        ),
        fillers=_set("um uh er erm hmm umm uhm eh well like"),
    ),
    "de": Words(
        dangling=_set(
            "der die das den dem des ein eine einen einem einer eines und oder aber denn weil dass ob wenn "
            "obwohl während sondern falls sowie mein meine meinen meinem dein deine deinen deinem unser "
            "unsere "
            "ihre seine zum zur vom im am ins ans beim ich wir sehr komma plus minus zwischen ohne als"
        ),
        hanging=_set(
            "in an auf mit von zu für bei nach aus über unter vor um durch gegen bis seit wie wo was wer "
            "also "
            "dann so ist sind war bin hat habe haben wird werde kann kannst könntest möchte will soll muss "
            "nicht kein keine noch auch vielleicht und/oder hundert tausend"
        ),
        fillers=_set("äh ähm hm öh öhm tja naja halt"),
    ),
    "fr": Words(
        dangling=_set(
            "le la les un une des du de d l et ou mais car donc que qu parce si lorsque quand puisque mon "
            "ma "
            "mes ton ta tes son sa ses notre votre leur leurs au aux je j ce cette ces c'est j'ai il elle "
            "on "
            "très virgule plus moins entre sans"
        ),
        hanging=_set(
            "à en dans sur sous avec pour par chez vers comme où qui est sont était peux peut veux voudrais "
            "dois doit ne pas alors puis aussi cent mille vingt trente quarante cinquante soixante"
        ),
        fillers=_set("euh heu ben bah hum"),
    ),
    "es": Words(
        dangling=_set(
            "el la los las un una unos unas y e o u pero porque que si aunque cuando mientras mi mis tu "
            "tus su "
            "sus del al de yo muy coma más menos entre sin sino"
        ),
        hanging=_set(
            "a en con por para desde hasta sobre como donde quien es son está están era puedo puedes puede "
            "quiero quisiera debo no entonces también cien mil veinte treinta cuarenta cincuenta"
        ),
        fillers=_set("eh em este pues bueno"),
    ),
    "it": Words(
        dangling=_set(
            "il lo la i gli le un uno una l e ed o oppure ma perché che se anche mentre quando mio mia "
            "miei tuo "
            "tua suo sua del dello della dei degli delle al allo alla nel nella sul sulla dal dalla di io "
            "molto "
            "virgola più meno tra fra senza"
        ),
        hanging=_set(
            "a in con per da su come dove chi è sono era posso puoi può voglio vorrei non poi cento"
        ),
        fillers=_set("ehm eh uhm mah cioè allora"),
    ),
    "pt": Words(
        dangling=_set(
            "o a os as um uma uns umas e ou mas porque que se embora quando enquanto meu minha teu tua "
            "seu sua "
            "do da dos das no na nos nas ao à pelo pela de eu muito vírgula mais menos entre sem"
        ),
        hanging=_set(
            "em com por para desde até sobre como onde quem é são está era posso pode quero não então"
        ),
        fillers=_set("hum eh tipo bem é"),
    ),
    "ru": Words(
        dangling=_set(
            "и или но а что чтобы потому если хотя когда пока как который которая которые мой моя моё мои "
            "твой "
            "твоя в во на с со к ко о об от из у за под над при про для без между через по до очень запятая "
            "плюс минус"
        ),
        hanging=_set(
            "я ты мы он она они не это где кто же ещё тоже могу можешь хочу надо нужно сто двадцать"
        ),
        fillers=_set("э ээ эм мм ну короче типа значит"),
    ),
}
"""Languages with blanks between words, by ISO 639-1 code: whole last words."""

UNSPACED = {
    "ja": Words(
        dangling=_set(
            "を は に と で へ の、 そして それから それで でも しかし だから なぜなら もし たとえば "
            "例えば または "
            "って とか や たり ながら より あのね えっとね"
        ),
        hanging=_set("が の も から けど けれど ので のに し て ば たら なら まで だけ まだ くて"),
        fillers=_set("えっと えーと えー あの あのー その そのー うーん まあ なんか ええと"),
        final=_set(
            "です ます ました ません でした ください かな よね よ ね か だ だよ ない たい でしょう "
            "ましょう なさい "
            "ありがとう おはよう こんにちは こんばんは はい いいえ うん たの なの るの いの なんで 待って "
            "教えて "
            "見て 聞いて やめて 手伝って 来て して 言って だった じゃん"
        ),
    ),
    "zh": Words(
        dangling=_set(
            "和 跟 与 或者 还有 但是 可是 不过 因为 所以 如果 要是 然后 而且 虽然 那么 把 被 给 从 比 "
            "对于 关于 "
            "一个 我想 我要 比如 比如说 的话 的时候 就是 點 以及 還有 因為 後來 然後 如果說 给我 跟我"
        ),
        hanging=_set("在 到 对 的 是 想 要 会 能 也 都 就 很 不"),
        fillers=_set("嗯 呃 额 那个 这个 那個 這個 就是说"),
        final=_set(
            "吗 呢 吧 啊 呀 啦 了 嘛 嗎 谢谢 謝謝 你好 再见 好的 是的 对的 不对 什么 什麼 怎么样 多少 "
            "哪里 哪儿 "
            "几点 不要 需要 不会 不是 可能 目的"
        ),
    ),
    "ko": Words(
        dangling=_set(
            "은 는 을 를 의 에 에서 와 과 하고 이랑 랑 로 으로 부터 그리고 그래서 하지만 그런데 근데 "
            "왜냐하면 만약 "
            "지만 는데 려고 니까 면서"
        ),
        hanging=_set("이 가 고 서 면 도 만 까지 보다 마다 혹시"),
        fillers=_set("음 어 그 저 그게 뭐랄까"),
        final=_set("요 니다 까 죠 지 네 다 구나 해줘 알려줘 안녕 그래 아니 응"),
    ),
}
"""Languages whose ends are told by the last characters, by ISO 639-1 code."""

BACKCHANNELS = _phrases(
    "mm, mm hm, mhm, m hm, mm hmm, mhmm, hm, hmm, uh huh, uhuh, aha, ah, oh, ooh, eh, uh, um, yeah, yep, "
    "yup, "
    "yes, ya, ok, okay, okey, k, right, sure, i see, got it, cool, wow, really, nice, great, alright, all "
    "right, "
    "true, exactly, of course, oh really, makes sense, fine, haha, ha ha, "
    "ja, jaja, genau, klar, stimmt, gut, ach so, achso, okay gut, na klar, verstehe, aha ja, echt, "
    "oui, ouais, d'accord, bien, bien sûr, je vois, voilà, ah bon, c'est vrai, "
    "sí, si, claro, vale, bueno, ya veo, entiendo, ajá, de acuerdo, "
    "sì, certo, va bene, capisco, esatto, già, davvero, sim, tá, está bem, entendo, pois, pois é, "
    "да, ага, угу, так, понятно, ясно, хорошо, ладно, ну да, точно, ок, окей, мгм, "
    "うん, うんうん, はい, ええ, へえ, へー, ほう, なるほど, そう, そうなんだ, そうですか, そうですね, "
    "そっか, ふーん, "
    "うーん, あー, おー, ああ, そうそう, 嗯, 嗯嗯, 哦, 噢, 啊, 对, 对对, 对对对, 好, 好的, 好好, 是, "
    "是的, 是吗, "
    "嗯哼, 明白, 行, 네, 네네, 응, 응응, 어, 아, 그래, 그렇구나, 그렇군요, 맞아, 맞아요, 음, 예"
)
"""What a listener says to show that he listens; it does not ask for the floor."""

STOPS = _phrases(
    "stop, stop it, stop talking, stop speaking, stop now, please stop, be quiet, quiet, shut up, silence, "
    "enough, that's enough, hush, shush, be silent, okay stop, ok stop, no stop, just stop, "
    "stopp, halt, hör auf, sei still, ruhe, still, sei ruhig, sei leise, genug, es reicht, das reicht, "
    "schluss, "
    "arrête, arrêtez, arrête toi, tais toi, silence s'il te plaît, ça suffit, assez, chut, "
    "para, basta, cállate, silencio, detente, ya basta, deja de hablar, "
    "fermati, smettila, zitta, silenzio, stai zitta, pare, chega, cala a boca, silêncio, "
    "стоп, хватит, замолчи, тихо, перестань, молчи, помолчи, остановись, "
    "ストップ, 止めて, やめて, とめて, 止まって, 静かに, 静かにして, 黙って, うるさい, もういい, "
    "もういいよ, "
    "停, 停下, 停止, 停一下, 别说了, 別說了, 安静, 安靜, 闭嘴, 閉嘴, 够了, 别说话, "
    "그만, 그만해, 멈춰, 조용히, 조용히 해, 됐어, 닥쳐, 스톱"
)
"""What tells her to be quiet, when it is all that is said."""

COURTESIES = _phrases(
    "please, now, bitte, jetzt, s'il te plaît, s'il vous plaît, por favor, per favore, пожалуйста, "
    "ください, 请, "
    "thanks, thank you, danke, merci, gracias, grazie"
)

CALLS = _set(
    "hey hi hello ok okay yo oh ah hallo he salut oye hola ehi ciao olá oi эй привет ねえ ねぇ 嘿 喂 야"
)
"""What may stand before her name when she is called."""

NAMES = {
    "alisa": _phrases(
        "alisa, alissa, elisa, elissa, alyssa, alysa, aliza, eliza, alesa, alise, ahlisa, alisia, alisha, "
        "アリサ, ありさ, アリーサ, алиса, элиса, алисса, алис, 艾丽莎, 爱丽莎, 阿丽莎, 艾莉莎, 愛麗莎, "
        "알리사, 앨리사"
    )
}
"""How transcripts spell a name, by the name itself."""

HONORIFICS = ("ちゃん", "さん", "さま", "様", "君", "씨", "아", "야")
