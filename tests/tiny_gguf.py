"""A tiny GGUF model of random weights: real enough for llama.cpp to load, small enough to build in a test.

It says nonsense in plain ASCII words, takes any text, and fills a JSON schema correctly.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import gguf
import numpy as np

# Llama 3's own layout of a conversation, shortened.
_CHAT_TEMPLATE = (
    "{{- bos_token }}"
    "{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{{- message['content'] | trim }}"
    "{{- '<|eot_id|>' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    "{%- endif %}"
)
_SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
_WORDS = """
    the and you that with have this will your from they what here there hello is are be to of in it on
    for as at so we he she not but or happy sad angry neutral
"""


def _byte_symbols() -> list[str]:
    """The printable letter that stands for each byte in a byte-level BPE vocabulary (as in GPT-2)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def _vocabulary() -> tuple[list[str], list[str]]:
    """Tokens without the special ones, and the merges that make the words out of bytes."""
    symbols = _byte_symbols()
    tokens, merges = list(symbols), []
    for form in (form for word in _WORDS.split() for form in (f" {word}", word)):
        letters = [symbols[byte] for byte in form.encode()]
        left = letters[0]
        for letter in letters[1:]:
            if left + letter not in tokens:
                tokens.append(left + letter)
                merges.append(f"{left} {letter}")
            left += letter
    return tokens, merges


def make_tiny_gguf(
    path: Path,
    *,
    seed: int = 1,
    context: int = 4096,
    width: int = 64,
    layers: int = 2,
    heads: int = 4,
    architecture: str = "llama",
    chat_template: str = _CHAT_TEMPLATE,
) -> Path:
    """Write the model; the same arguments give the same bytes.

    Args:
        path: The file to write.
        seed: Of the random weights.
        context: The longest context it claims to be trained for, in tokens.
        width: Of the hidden state; 512 with 8 layers and heads makes a slow model of some 50 MB.
        layers: Blocks.
        heads: Attention heads; a divisor of `width`.
        architecture: What the header claims; anything but "llama" cannot be loaded.
        chat_template: How a conversation becomes a prompt, in Jinja.

    Returns:
        `path`.
    """
    random = np.random.default_rng(seed)
    tokens, merges = _vocabulary()
    specials = {name: len(tokens) + place for place, name in enumerate(_SPECIALS)}
    types = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(specials)
    tokens += _SPECIALS

    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny random")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(specials["<|begin_of_text|>"])
    writer.add_eos_token_id(specials["<|eot_id|>"])
    writer.add_eot_token_id(specials["<|eot_id|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(chat_template)

    def weights(rows: int, columns: int, spread: float = 0.08) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * spread).astype(np.float16)

    embedding, output = weights(len(tokens), width), weights(len(tokens), width, 0.5)
    # Special tokens, control bytes and lone bytes of UTF-8 are made unlikely: answers run on in plain text.
    embedding[list(specials.values())] = 0
    output[[*range(32), *range(127, 256), *specials.values()]] = 0
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for block in (f"blk.{number}" for number in range(layers)):
        writer.add_tensor(f"{block}.attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(f"{block}.ffn_norm.weight", np.ones(width, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{block}.{name}.weight", weights(width, width))
        writer.add_tensor(f"{block}.ffn_gate.weight", weights(2 * width, width))
        writer.add_tensor(f"{block}.ffn_up.weight", weights(2 * width, width))
        writer.add_tensor(f"{block}.ffn_down.weight", weights(width, 2 * width))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@functools.cache
def cached_tiny_gguf() -> Path:
    """The default model, built once in this process and removed when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="alisa-tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make_tiny_gguf(folder / "tiny.gguf")
