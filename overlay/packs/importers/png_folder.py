"""Reads a folder of whole pictures: mouth open or closed, eyes open or closed, for one or more emotions.

What a picture shows is told by the words in its name, in any order: `happy_talk-blink.png` or
`eyesClosed mouthOpen.png`. Pictures that only have numbers are taken in the order of veadotube mini: mouth
closed, mouth open, and both again with closed eyes (veado.tube/docs/tech/file/miniavatar).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from backend.shared.records import EmotionName
from overlay.packs import png
from overlay.packs.importers.drawing import MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, Drawing, State
from overlay.packs.tables import PackError

MAX_FILES = 100
EXAMPLE = "idle.png, talk.png, blink.png and talk-blink.png"
_EMOTIONS: dict[EmotionName, str] = {
    "neutral": "neutral normal default base calm",
    "happy": "happy joy glad excited laugh laughing smile smiling",
    "sad": "sad cry crying tears unhappy upset",
    "angry": "angry mad rage annoyed",
    "surprised": "surprised surprise shock shocked scared",
    "embarrassed": "embarrassed blush blushing shy flustered",
}
_EMOTION_OF: dict[str, EmotionName] = {
    word: emotion for emotion, words in _EMOTIONS.items() for word in words.split()
}
_PARTS = {"eye": "eyes", "eyes": "eyes", "mouth": "mouth", "lips": "mouth"}
_MANNERS = {"open": "open", "opened": "open", "closed": "closed", "close": "closed", "shut": "closed"}
_WHOLE = {
    "blink": ("eyes", "closed"),
    "blinking": ("eyes", "closed"),
    "idle": ("mouth", "closed"),
    "silent": ("mouth", "closed"),
    "quiet": ("mouth", "closed"),
    "rest": ("mouth", "closed"),
    "talk": ("mouth", "open"),
    "talking": ("mouth", "open"),
    "speak": ("mouth", "open"),
    "speaking": ("mouth", "open"),
}
_SHORT = re.compile(r"(?:e([oc])m([oc])|m([oc])e([oc]))")
_RUN_TOGETHER = re.compile("|".join(sorted({*_PARTS, *_MANNERS, *_WHOLE}, key=len, reverse=True)))
_NUMBERED = (("open", "closed"), ("open", "small"), ("closed", "closed"), ("closed", "small"))


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture and what its name says."""

    path: Path
    shown: str
    emotion: EmotionName
    parts: dict[str, str]
    "Eyes and mouth, as far as the name tells: open or closed."
    numbers: tuple[int, ...]
    strange: tuple[str, ...]
    "The words that say nothing."

    @property
    def state(self) -> State:
        """What the picture shows, by its name."""
        mouth = "small" if self.parts.get("mouth") == "open" else "closed"
        return State(self.emotion, self.parts.get("eyes", "open"), mouth)


def read(folder: Path, emotions: Mapping[str, EmotionName] | None = None) -> Drawing:
    """Read a folder, or a single PNG.

    Args:
        folder: With the pictures, or with one folder of pictures for each emotion.
        emotions: Further words in the names of files and folders, and the emotion each stands for.

    Raises:
        PackError: There are no pictures, they differ in size, or their names say nothing.
    """
    words = _EMOTION_OF | {word.lower(): emotion for word, emotion in (emotions or {}).items()}
    notes: list[str] = []
    if folder.is_file():
        root, paths = folder.parent, [folder]
    else:
        root, paths = _find_pictures(folder, words, notes)
    chosen = _choose([_understand(path, root, words) for path in paths], notes)
    _check_sizes(chosen, root)

    def draw(state: State) -> Image.Image:
        found = chosen[state]
        return png.decode(png.read_file(found.path, root, MAX_PICTURE_BYTES), found.shown)

    title = folder.stem if folder.is_file() else folder.absolute().name
    return Drawing(title, list(chosen), draw, description="Imported from PNG pictures.", notes=notes)


def _find_pictures(
    folder: Path, words: Mapping[str, EmotionName], notes: list[str]
) -> tuple[Path, list[Path]]:
    """The PNG files of a folder, and of the folders in it that are named like an emotion."""
    try:
        folders, paths = _list(folder)
        if not paths and len(folders) == 1:  # a folder in a folder, as archives are unpacked
            folder = folders[0]
            folders, paths = _list(folder)
        for each in folders:
            inside = _list(each)[1]
            if inside and not any(word in words for word in _split(each.name, words)):
                notes.append(f"{each.name}: not used, for no emotion has this name.")
            else:
                paths += inside
    except OSError as error:
        raise PackError("import-unreadable", f"{folder.name} cannot be read: {error.strerror}.") from error
    if len(paths) > MAX_FILES:
        message = f"{folder.name} has {len(paths)} pictures; at most {MAX_FILES} can be imported."
        raise PackError("import-too-large", message)
    if not paths:
        raise PackError("import-empty", f"{folder.name} has no PNG pictures. Name them {EXAMPLE}.")
    return folder, paths


def _list(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the PNG files in a folder."""
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in inside if path.is_dir()], [p for p in inside if p.suffix.lower() == ".png"]


def _split(name: str, words: Mapping[str, EmotionName]) -> list[str]:
    """The words and numbers of a name: `eyesClosed_mouthopen2` has five."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:200])
    split: list[str] = []
    for word in re.findall(r"[^\W\d_]+|\d+", spaced.lower()):
        pieces = _RUN_TOGETHER.findall(word)
        split += pieces if word not in words and "".join(pieces) == word else [word]
    return split


def _understand(path: Path, root: Path, words: Mapping[str, EmotionName]) -> _Found:
    relative = path.relative_to(root).with_suffix("")
    parts: dict[str, str] = {}
    emotion: EmotionName | None = None
    numbers: list[int] = []
    strange: list[str] = []
    rest: list[str] = []
    for word in (word for part in relative.parts for word in _split(part, words)):
        short = _SHORT.fullmatch(word)
        if word in words:
            emotion = emotion or words[word]
        elif word in _WHOLE:
            parts.setdefault(*_WHOLE[word])
        elif short is not None:
            full = {"o": "open", "c": "closed"}
            parts |= {"eyes": full[short[1] or short[4]], "mouth": full[short[2] or short[3]]}
        elif word in _PARTS or word in _MANNERS:
            rest.append(word)
        elif word.isdecimal():
            numbers.append(int(word))
        else:
            strange.append(word)
    strange += _pair(rest, parts)
    shown = path.relative_to(root).as_posix()
    return _Found(path, shown, emotion or "neutral", parts, tuple(numbers), tuple(strange))


def _pair(words: Sequence[str], parts: dict[str, str]) -> list[str]:
    """Tell eyes and mouth from words like "eyes open closed mouth"; returns the words left over."""
    bare: list[str] = []
    last = ""
    for word in words:
        pair = {last, word}
        part = next((_PARTS[each] for each in pair if each in _PARTS), "")
        manner = next((_MANNERS[each] for each in pair if each in _MANNERS), "")
        if last and part and manner:
            parts[part] = manner
            last = ""
        else:
            bare += [last] if last else []
            last = word
    bare += [last] if last else []
    manners = [_MANNERS[word] for word in bare if word in _MANNERS]
    free = [part for part in ("eyes", "mouth") if part not in parts]
    # "open.png" means the mouth; "open-closed.png" first the eyes, then the mouth.
    parts |= zip(free[-len(manners) :] if manners else [], manners, strict=False)
    return [word for word in bare if word not in _MANNERS]


def _choose(found: Sequence[_Found], notes: list[str]) -> dict[State, _Found]:
    """The picture of each state."""
    chosen: dict[State, _Found] = {}
    for emotion in dict.fromkeys(each.emotion for each in found):
        group = [each for each in found if each.emotion == emotion]
        if 2 <= len(group) <= 4 and all(each.numbers and not each.parts for each in group):
            group.sort(key=lambda each: each.numbers[-1])
            states = [State(emotion, *state) for state in _NUMBERED[: len(group)]]
        else:
            group.sort(key=lambda each: (len(each.strange), each.numbers, each.shown))
            states = [each.state for each in group]
        for state, each in zip(states, group, strict=True):
            if state in chosen:
                notes.append(f"{each.shown}: not used, for its name says no more than {chosen[state].shown}.")
            chosen.setdefault(state, each)
    if len(chosen) == 1 and len(found) > 1:
        names = ", ".join(each.shown for each in found[:3])
        message = f"The names of the pictures ({names}) do not tell what they show. Name them {EXAMPLE}, "
        message += 'or say which word stands for which emotion: --emotions "cheer=happy".'
        raise PackError("import-names", message)
    first = next(iter(chosen)).emotion
    if all(state.emotion != "neutral" for state in chosen):
        notes.append(f"No picture is neutral: {first} is shown for it.")
        chosen = {
            state._replace(emotion="neutral") if state.emotion == first else state: each
            for state, each in chosen.items()
        }
    for state, each in chosen.items():
        mouth = "closed" if state.mouth == "closed" else "open"
        notes.append(f"{each.shown}: {state.emotion}, eyes {state.eyes}, mouth {mouth}.")
    return chosen


def _check_sizes(chosen: Mapping[State, _Found], root: Path) -> None:
    sizes: dict[tuple[int, int], str] = {}
    for found in chosen.values():
        header = png.inspect(png.read_file(found.path, root, MAX_PICTURE_BYTES), found.shown)
        if header.width * header.height > MAX_PICTURE_PIXELS:
            limit = f"at most {MAX_PICTURE_PIXELS // 10**6} million pixels can be read"
            message = f"{found.shown} has {header.width} x {header.height} pixels; {limit}."
            raise PackError("import-too-large", message)
        sizes.setdefault((header.width, header.height), found.shown)
    if len(sizes) > 1:
        each = " and ".join(f"{shown} ({w} x {h})" for (w, h), shown in list(sizes.items())[:2])
        message = f"The pictures differ in size: {each}. Save all of them with the same canvas."
        raise PackError("import-sizes", message)
