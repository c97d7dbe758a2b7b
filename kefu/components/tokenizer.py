"""Tokens for English and Chinese in one message."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component, Place
from kefu.language import text


@dataclass(frozen=True)
class TokenizerOptions:
    """Rasa's own keys of a tokenizer."""

    intent_tokenization_flag: bool = False
    intent_split_symbol: str = "_"
    token_pattern: None = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedTokenizer(Component[TokenizerOptions], Tokenizer):
    """jieba for Chinese, words and punctuation otherwise; offsets into what was typed.

    A token's text is folded (Simplified, half-width), so that every component behind this
    one reads Traditional characters as Simplified ones.
    """

    options_type = TokenizerOptions
    packages = ("jieba", "opencc")

    def __init__(self, options: TokenizerOptions, place: Place) -> None:
        Component.__init__(self, options, place)
        Tokenizer.__init__(self, asdict(options))

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute's text."""
        return [Token(piece.text, piece.start, piece.end) for piece in text.split(message.get(attribute))]
