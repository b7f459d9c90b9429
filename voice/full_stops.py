"""Tells a full stop that ends a sentence from one after an abbreviation, an initial or an ordinal number.

All languages share one set of tables: the abbreviations of one are hardly ever ordinary words of another, and
those that are (`no.`, `art.`, `min.`) count before a number only.
"""

import re
from typing import Literal

Kind = Literal["inside", "may end", "ends before capital", "before number", "number"]
"""A number, or an abbreviation: always followed by more; may end a sentence, the next word decides; ends it
before a capital letter; or is one only before a number or a small letter, and else an ordinary word."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INSIDE = """
    mr mrs ms mx dr prof gov sgt capt lt cmdr messrs approx e.g i.e vs cf viz al z.b d.h u.a u.u s.o s.u
    i.d.r v.a m.e z.t z.zt o.g i.a bzw ca evtl ggf inkl exkl zzgl vgl nr hr fr frl dipl ing allg insb
    insbes sog mio mrd abb einschl entspr mme mlle p.ex c.-à-d p.ej dña srta núm aprox ee p.es sig sigg
    dott exmo exma dhr mevr bijv d.w.z m.b.t t.a.v np tzw tzn m.in t.ex bl.a f.eks bl.a dvs т.е т.к т.н
    напр ул тыс млн млрд см пр им стр
"""
_MAY_END = """
    jr sr sra ud uds vd uu inc ltd co corp bros st av ave blvd rd dept est a.m p.m u.s u.k e.u d.c b.c a.d
    ph.d m.d b.a m.a u.s.a v.chr n.chr chr jh std sek o.ä o.a str руб коп
"""
_ENDS_BEFORE_CAPITAL = "etc usw usf u.s.w ecc enz osv m.m itd itp и.др др т.д т.п vb"
_BEFORE_NUMBER = """
    no nos fig figs vol pp art sec ch chap ver ed op ex min max mar jan feb apr jun jul aug sep sept oct
    okt nov dec dez mon tue tues wed thu thur thurs fri sat sun abs kap bd tel s.a geb gest bes med env
    av bd éd pág tom гл рис es gen
"""
_ABBREVIATIONS: dict[str, Kind] = {
    **dict.fromkeys(_BEFORE_NUMBER.split(), "before number"),
    **dict.fromkeys(_MAY_END.split(), "may end"),
    **dict.fromkeys(_ENDS_BEFORE_CAPITAL.split(), "ends before capital"),
    **dict.fromkeys(_INSIDE.split(), "inside"),
}
"""In small letters, without the last full stop."""

_STARTERS = _words(
    """
    a an the he she it they we you i this that these those there then but and so or if in on at when
    while what why how who where which my your his her our their its let please now here yes no not also
    after before because however for is are was were do does did can could would should will maybe
    perhaps thank thanks don until once with from to as by all some every after later next meanwhile der
    die das ein eine einen er sie es wir ihr ich du dann danach aber und wenn wann was wie warum wo mein
    dein jetzt hier ja nein nicht auch nach vor weil im am auf mit bei bitte danke dies diese dieser
    dieses da doch man dort heute morgen le les un une il elle nous vous je tu on puis mais et ce cette
    dans ils elles c l j qu el los las él ella yo tú pero y entonces luego si en después ahora gli lo
    una ma poi o os ele ela mas então он она оно они мы вы я ты но и потом это затем если в на а де het
    een maar dan hij zij wij
    """
)
"""Words that begin a sentence far more often than they follow an abbreviation with a capital letter."""

_NOUNS_AFTER_ORDINALS = _words(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember marts maj
    mars oktober desember jahrhundert jahrhunderts weltkrieg weltkriegs klasse stock stockwerk platz
    etage kapitel tag tages mal woche geburtstag quartal liga advent auflage person runde band semester
    versuch teil jahr monat stunde minute sekunde akt satz gang grad schritt reihe symphonie sinfonie
    bundesliga armee jahrestag hochzeitstag
    """
)
"""German (and Scandinavian) writes "first" as "1.": what is counted like that."""

_INTRODUCERS_OF_ORDINALS = _words(
    "der dem den des im zum vom zur beim das jeder jeden jedes jede ihr sein mein dein unser"
)

_VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôûãõåæøœıаеёиоуыэюяіїєαεηιουω")
_SIGNS = "([{\"'“‘„‚«»‹›¿¡*_~”’)]}"
_ROMAN = re.compile("[IVXLC]+")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_LETTER = re.compile(r"[^\w.]?([^\W\d_])\.")


def _last_words(before: str) -> tuple[str, str]:
    """The word before the full stop, and the one before it."""
    words = before[-60:].split()
    if not words or before[-1].isspace():
        return "", ""
    # "z.\u00a0B." is split like "z. B.": a no-break space is a blank to split().
    return words[-1].strip(_SIGNS), words[-2].lower() if len(words) > 1 else ""


def kind_of_word(before: str) -> Kind | None:
    """What the word is that a full stop follows; None for an ordinary one.

    Args:
        before: What stands before the full stop, from the beginning of the sentence.
    """
    word, word_before = _last_words(before)
    low = word.lower()
    if word.isdecimal():
        return "number" if len(word) <= 3 else None
    letter_before = _LETTER.fullmatch(word_before)
    if letter_before and word.isalpha() and len(word) <= 3:
        return _ABBREVIATIONS.get(f"{letter_before[1]}.{low}", "may end")
    if low in _ABBREVIATIONS:
        return _ABBREVIATIONS[low]
    # Scripts without capitals have no initials, and their words may be one letter long.
    is_letter = len(word) == 1 and (word.isupper() or word.islower())
    return "may end" if is_letter or _ROMAN.fullmatch(word) or _DOTTED.fullmatch(word) else None


def ends_before_small_letter(before: str) -> bool:
    """Whether a full stop before a small letter ends a sentence, as for those who write everything small."""
    word, _ = _last_words(before)
    is_word = len(word) > 1 and any(letter in _VOWELS for letter in word.lower())
    return is_word and kind_of_word(before) is None


def ends_before_word(kind: Kind, before: str, word: str, *, has_stop: bool) -> bool:
    """Whether the full stop after a word of that kind ends the sentence.

    Args:
        kind: What `kind_of_word` said.
        before: What stands before the full stop, from the beginning of the sentence.
        word: What follows after a blank; does not begin with a small letter. Empty for a sign.
        has_stop: Whether a full stop follows that word: then it is an initial rather than an article.
    """
    is_starter = word.lower() in _STARTERS and not has_stop
    if kind == "number":
        return _ends_after_number(before, word, is_starter=is_starter)
    if kind == "before number":
        return not word[:1].isdigit()
    if kind == "ends before capital":
        return is_starter or word[:1].isupper()
    return kind == "may end" and is_starter


def _ends_after_number(before: str, word: str, *, is_starter: bool) -> bool:
    """False for an ordinal number: "am 3. Mai", "der 2. Versuch", "3. 5. 2024"."""
    number, word_before = _last_words(before)
    is_day = int(number) <= 31
    if word[:1].isdigit():
        return not is_day
    if is_starter or word.lower() in _NOUNS_AFTER_ORDINALS:
        return is_starter
    return not (is_day and word_before in _INTRODUCERS_OF_ORDINALS)
