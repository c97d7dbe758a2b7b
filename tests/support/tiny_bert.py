"""A BERT of a few thousand weights, for tests that need a real model and no time."""

from __future__ import annotations

import string
from pathlib import Path

LETTERS = tuple(string.ascii_lowercase)
WORDS = ("where", "is", "my", "order", "cancel", "refund", "the", *LETTERS, *"我的订单到哪了退款")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def save_tiny_bert(folder: Path, *, characters: str = "") -> Path:
    """Write config.json, tokenizer.json and model.safetensors of a random two-layer BERT.

    It knows ``characters`` besides a few of its own.
    """
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    pieces = [*SPECIAL, *WORDS, *(f"##{letter}" for letter in LETTERS), *characters]
    words = list(dict.fromkeys(pieces))
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(vocab_size=len(words), **sizes)
    BertModel(config).save_pretrained(folder)
    tokenizer = BertWordPieceTokenizer({word: place for place, word in enumerate(words)}, lowercase=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
