"""A small thing to learn: three intents and one entity, in both languages."""

from __future__ import annotations

from kefu.language.examples import Example, Span

_FRAMES = {
    "track_order": ["where is my {}", "has my {} shipped", "track the {}", "我的{}到哪了", "{}发货了吗"],
    "cancel_order": ["cancel my {}", "please cancel the {}", "i want the {} no more", "取消{}", "{}不要了"],
    "greet": ["hello", "good morning to you", "hey you there", "你好", "早上好呀"],
}  # fmt: skip
_THINGS = ["lamp", "keyboard", "two bottles", "台灯", "键盘"]


def learnable() -> list[Example]:
    """The examples; a "thing" is the entity."""
    examples = []
    for intent, frames in _FRAMES.items():
        for frame in frames:
            for thing in _THINGS if "{}" in frame else [""]:
                text, start = frame.format(thing), frame.find("{}")
                spans = (Span(start, start + len(thing), "thing"),) if start >= 0 else ()
                examples.append(Example(text, intent, spans))
    return examples
