"""Makes tiny Whisper models for tests: real files that the real faster-whisper reads and runs, of about 2 MB.

One of them always says the same sentence; the other listens: it tells the sounds that it was made from apart.
Neither has learned a language, and their speed says nothing about a real model.
"""

import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from ctranslate2.specs import whisper_spec
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import _LANGUAGE_CODES as LANGUAGES
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from voice.deck import Samples

RATE = 16_000
SIZE = 128
"""Width of the model."""
TIMESTAMPS = 1501
BLANK = "\u0120"
"""How a byte-level tokenizer writes a space."""

Array = NDArray[np.float32]


class _Words:
    """The vocabulary: each byte, each sentence as one token, and the tokens that steer Whisper."""

    def __init__(self, sentences: Sequence[str], *, is_multilingual: bool) -> None:
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        # Each letter after a blank is a token of its own: else the blank counts as a sign that is no speech.
        merges = [(BLANK, letter) for letter in letters if letter != BLANK]
        texts = letters + [BLANK + letter for _, letter in merges] + [_spell(text) for text in sentences]
        special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in LANGUAGES)]
        special += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
        special += ["<|notimestamps|>"]
        if is_multilingual:
            texts.append("")  # CTranslate2 knows multilingual models by it
        vocabulary = {text: place for place, text in enumerate(texts)}
        self.tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
        self.tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self.tokenizer.decoder = decoders.ByteLevel()
        self.tokenizer.add_special_tokens([AddedToken(text, special=True) for text in special])
        self.tokens = texts + special + [f"<|{0.02 * n:.2f}|>" for n in range(TIMESTAMPS)]
        self.first_timestamp = len(texts) + len(special)
        self.sentences = [vocabulary[_spell(text)] for text in sentences]
        self.prompt = 3 if is_multilingual else 1
        """Tokens before the first one when there are timestamps; one more when there are none."""

    def __getitem__(self, token: str) -> int:
        return int(self.tokenizer.token_to_id(token))


def _spell(text: str) -> str:
    """A sentence as one token of a byte-level tokenizer."""
    bytewise = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return str(bytewise.pre_tokenize_str(" " + text)[0][0])


def make_scripted_whisper(folder: Path, sentence: str) -> Path:
    """Make a model that says the same sentence, whatever it hears."""
    words = _Words([sentence], is_multilingual=False)
    _build(folder, words, _zeros(2, SIZE), np.array([6, 0], np.float32))
    return folder


def make_listening_whisper(
    folder: Path, sounds: Mapping[str, Samples], *, languages: Mapping[str, str] | None = None
) -> Path:
    """Make a model that writes down the sentence whose sound it hears, and nothing for noise and silence.

    It looks at the mean of what its ears give over the whole sound, so it knows a sentence by its timbres, at
    any place and loudness, in the voice it was made from. Other sentences are taken for one of these.

    Args:
        folder: Is made.
        sounds: Each sentence with its sound, mono, 16 kHz.
        languages: The language of each sentence; with it the model is a multilingual one.
    """
    classifier, bias = _fit(list(sounds.values()))
    words = _Words(list(sounds), is_multilingual=languages is not None)
    _build(folder, words, classifier, bias, [(languages or {}).get(text, "en") for text in sounds])
    return folder


# --- what it is made of


@functools.cache
def _ears() -> tuple[Array, Array]:
    """Two layers of fixed random filters over the spectrogram."""
    random = np.random.default_rng(7)
    first = random.normal(0, 1 / np.sqrt(3 * 80), (SIZE, 80, 3)) * 3
    second = random.normal(0, 1 / np.sqrt(3 * SIZE), (SIZE, SIZE, 3)) * 3
    return first.astype(np.float32), second.astype(np.float32)


def _build(
    folder: Path, words: _Words, classifier: Array, bias: Array, languages: Sequence[str] = ("en",)
) -> None:
    """Write the model down.

    The place of a token stands in the first numbers of the decoder's state, what was heard in the following
    ones (by attention that looks at all of the sound alike); the projection makes the token of both.
    """
    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv2.weight = _ears()
    encoder.conv1.bias, encoder.conv2.bias = _zeros(SIZE), _zeros(SIZE)
    encoder.position_encodings.encodings = _zeros(1500, SIZE)
    for room in (encoder, decoder):
        _plain(room.layer_norm)
        _pass_through(room.layer[0])
    places = 8
    value, out = _zeros(2 * SIZE, SIZE), _zeros(SIZE, SIZE)
    value[SIZE : SIZE + len(classifier)] = classifier
    out[places : places + len(classifier), : len(classifier)] = np.eye(len(classifier))
    attention = decoder.layer[0].attention
    attention.linear[1].weight, attention.linear[2].weight = value, out
    attention.linear[1].bias[SIZE : SIZE + len(bias)] = bias

    decoder.embeddings.weight = _zeros(len(words.tokens), SIZE)
    encodings = _zeros(448, SIZE)
    for position in range(448):
        encodings[position, min(position, places - 1)] = 12
    decoder.position_encodings.encodings = encodings
    decoder.projection.weight = _projection(words, places, languages)

    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [words[f"<|{name}|>"] for name in LANGUAGES]
    spec.config.alignment_heads = [(0, 0)]
    spec.register_vocabulary(words.tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(os.fspath(folder))
    words.tokenizer.save(os.fspath(folder / "tokenizer.json"))
    settings = {
        "feature_size": 80, "sampling_rate": RATE, "hop_length": 160, "n_fft": 400, "chunk_length": 30
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))


def _projection(words: _Words, places: int, languages: Sequence[str]) -> Array:
    """Which token follows at which place, and after which sound.

    In numbers of the state after its normalisation: a place is about 10, what is heard about 5.
    """
    weight = _zeros(len(words.tokens), SIZE)
    said, strong = words.prompt, 8.0
    end, nothing = words["<|endoftext|>"], places + len(words.sentences)
    for number, token in enumerate(words.sentences):
        weight[token, said], weight[token, places + number] = 2 * strong, strong
    weight[end, said], weight[end, nothing] = 2 * strong, strong
    weight[end, said + 1 : places] = 3 * strong
    weight[words.first_timestamp, said - 1] = 2.5 * strong
    weight[words["<|nospeech|>"], 0], weight[words["<|nospeech|>"], nothing] = 2 * strong, 1.5 * strong
    for number, language in enumerate(languages if said > 1 else ()):
        weight[words[f"<|{language}|>"], 0] = 2 * strong
        weight[words[f"<|{language}|>"], places + number] += strong
    return weight


def _zeros(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


def _plain(norm: object) -> None:
    norm.gamma, norm.beta = np.ones(SIZE, np.float32), _zeros(SIZE)


def _pass_through(layer: object) -> None:
    """A layer that adds nothing."""
    for attention in (layer.self_attention, getattr(layer, "attention", None)):
        if attention is None:
            continue
        _plain(attention.layer_norm)
        shapes = [3 * SIZE, SIZE] if attention is layer.self_attention else [SIZE, 2 * SIZE, SIZE]
        for linear, height in zip(attention.linear, shapes, strict=True):
            linear.weight, linear.bias = _zeros(height, SIZE), _zeros(height)
    _plain(layer.ffn.layer_norm)
    layer.ffn.linear_0.weight, layer.ffn.linear_0.bias = _zeros(SIZE, SIZE), _zeros(SIZE)
    layer.ffn.linear_1.weight, layer.ffn.linear_1.bias = _zeros(SIZE, SIZE), _zeros(SIZE)


# --- what it learns


def _fit(sounds: Sequence[Samples]) -> tuple[Array, Array]:
    """A linear classifier of what the ears give on average; its last class is nothing."""
    random = np.random.default_rng(3)
    examples, classes = [], []
    for number, sound in enumerate(sounds):
        for change in _CHANGES:
            examples.append(_listen(change(sound, random)))
            classes.append(number)
    for noise in _noises(random):
        examples.append(_listen(noise))
        classes.append(len(sounds))
    x, y = np.array(examples), np.eye(len(sounds) + 1)[classes]
    centre = x.mean(axis=0)
    x = x - centre
    weight = (1 / y.sum(axis=0))[classes]
    covariance = (x * weight[:, None]).T @ x
    ridge = 1e-3 * np.trace(covariance) / SIZE * np.eye(SIZE)
    solution = np.linalg.solve(covariance + ridge, (x * weight[:, None]).T @ (y - y.mean(axis=0)))
    bias = y.mean(axis=0) - centre @ solution
    return 6 * solution.T.astype(np.float32), 6 * bias.astype(np.float32)


class _Calm:
    """A matrix that is multiplied in small pieces.

    For larger ones NumPy's library uses threads, which wait for each other for long on a busy machine.
    """

    def __init__(self, matrix: Array) -> None:
        self.matrix = np.ascontiguousarray(matrix)
        self.step = max(1, 200_000 // matrix.size)

    def __matmul__(self, other: Array) -> Array:
        starts = range(0, other.shape[1], self.step)
        return np.concatenate([self.matrix @ other[:, at : at + self.step] for at in starts], axis=1)


_extract = FeatureExtractor()
_extract.mel_filters = _Calm(_extract.mel_filters)


def _listen(sound: Samples) -> NDArray[np.float64]:
    """The mean of the encoder's output over its 1500 frames; it is zero where there is no sound any more."""
    features = np.pad(_extract(sound)[:, :-1].astype(np.float32), ((0, 0), (0, 4)))
    first, second = _ears()
    x = _gelu(_convolve(features, first, 1))
    x = _gelu(_convolve(x, second, 2))
    x = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
    return x.sum(axis=1).astype(np.float64) / 1500


def _convolve(x: Array, weight: Array, stride: int) -> Array:
    padded = np.pad(x, ((0, 0), (1, 1)))
    taps = np.concatenate([padded[:, tap : tap + x.shape[1] : stride] for tap in range(3)])
    flat = np.concatenate([weight[:, :, tap] for tap in range(3)], axis=1)
    return _Calm(flat) @ taps


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(0.79788456 * (x + 0.044715 * x * x * x)))


# --- what it learns from


_Change = Callable[[Samples, np.random.Generator], Samples]


def _padded(before: float, after: float) -> _Change:
    def change(sound: Samples, random: np.random.Generator) -> Samples:
        return np.pad(sound, (round(before * RATE), round(after * RATE)))

    return change


def _noisy(decibels: float, before: float = 0.3) -> _Change:
    def change(sound: Samples, random: np.random.Generator) -> Samples:
        level = np.sqrt(np.mean(sound**2)) * 10 ** (decibels / 20)
        padded = _padded(before, 0.3)(sound, random)
        return (padded + level * random.standard_normal(len(padded))).astype(np.float32)

    return change


def _coloured(*taps: float) -> _Change:
    def change(sound: Samples, random: np.random.Generator) -> Samples:
        filtered = np.convolve(sound, np.array(taps, np.float32))[: len(sound)]
        return _noisy(-45)(filtered.astype(np.float32), random)

    return change


_CHANGES: list[_Change] = [
    _padded(0, 0),
    _padded(0.3, 0.6),
    _noisy(-50),
    _noisy(-40, 0.1),
    _noisy(-30, 0.6),
    _noisy(-24),
    lambda sound, random: _noisy(-60)(0.1 * sound, random),
    lambda sound, random: (0.3 * sound + 1e-4 * random.standard_normal(len(sound))).astype(np.float32),
    lambda sound, random: (0.1 * sound + 3e-4 * random.standard_normal(len(sound))).astype(np.float32),
    _coloured(1, -0.4),
    _coloured(0.6, 0.4),
    _coloured(1, *[0] * 200, 0.3),
]
"""What may happen to a sound between a mouth and a transcription."""


def _noises(random: np.random.Generator) -> list[Samples]:
    """What is no speech."""
    found = []
    for seconds in (0.5, 1.5, 4.0):
        length = round(seconds * RATE)
        times = np.arange(length) / RATE
        white = random.standard_normal(length)
        rough = np.convolve(white, np.ones(12) / 12, mode="same")
        clicks = (random.random(length) < 0.0005) * white
        hum = np.sin(2 * np.pi * 50 * times) + 0.3 * np.sin(2 * np.pi * 150 * times)
        chord = sum(np.sin(2 * np.pi * tone * times) for tone in (262, 330, 392))
        for noise in (np.zeros(length), white, rough, clicks, hum, chord):
            found += [(level * noise).astype(np.float32) for level in (0.003, 0.1)]
    return found
