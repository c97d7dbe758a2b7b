"""Messages of every class that may break a chat, as JSON bodies; drawn by Hypothesis from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200d\ufe0f\u0301\u0338"
WORDS = (
    "where is my order", "KF10000002", "kf10000003", "cancel", "return it", "the earbuds", "yes", "no", "2",
    "refund $79.00", "退货", "订单", "我要", "取消", "蓝牙耳机", "多少钱", "是", "123456",
    "alice@example.com", "+1-202-555-0101", "1 Market St, San Francisco", "and", "保修多久？", "🙂",
    "how long does shipping take?", "first one", "all of them", "SAVE10", "<b>hi</b>",
    "{order_number}", "${jndi:ldap://x}", "' OR 1=1 --",
)  # fmt: skip
INTENTS = ("affirm", "deny", "track_order", "restart", "session_start", "back", "action_listen", "")
LONGEST = 2600
# A UTF-16 file cannot hold half a pair; JSON can, as an escape.
ANY = st.characters()
UNITS = ("a", "1", "好", "🙂", "(", "[[", "é", "e\u0301", "/", ".", " \n", "KF", "0 ", "\u0e01\u0e33", "ﷺ")


@dataclass(frozen=True)
class Sent:
    """A body of one class (``kind``) as it goes over the wire."""

    kind: str
    body: bytes

    @property
    def value(self) -> Any:
        """The body as a value, for socket.io; None where it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def _message(text: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    return text.map(lambda said: json.dumps({"message": said}).encode())


def _texts(alphabet: st.SearchStrategy[str], most: int = 200) -> st.SearchStrategy[bytes]:
    return _message(st.text(alphabet, min_size=1, max_size=most))


def _phrases() -> st.SearchStrategy[str]:
    piece = st.one_of(st.sampled_from(WORDS), st.text(ANY, max_size=6))
    return st.lists(piece, min_size=1, max_size=8).map(" ".join)


def _long() -> st.SearchStrategy[str]:
    unit = st.one_of(st.sampled_from(UNITS), st.text(ANY, min_size=1, max_size=5), st.sampled_from(WORDS))
    return st.tuples(unit, st.integers(300, LONGEST)).map(lambda pair: (pair[0] * pair[1])[: pair[1]])


def _commands() -> st.SearchStrategy[str]:
    before = st.sampled_from(("", " ", "\u200b", "\n", "\u3000", "\ufeff", "\u202e", "／", "//", "\x00"))
    intent = st.one_of(st.sampled_from(INTENTS), st.text(ANY, max_size=8))
    after = st.sampled_from(("", "{}", '{"order_number": "KF10000002"}', "{", '{"a": [[[', "@1.0", "@nan{}"))
    return st.tuples(before, intent, after).map(lambda parts: f"{parts[0]}/{parts[1]}{parts[2]}")


def _json(leaves: int = 30) -> st.SearchStrategy[Any]:
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(ANY, max_size=20)
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=5) | st.dictionaries(st.text(ANY, max_size=8), inner, max_size=5)
        ),
        max_leaves=leaves,
    )


def _objects() -> st.SearchStrategy[bytes]:
    names = ("message_id", "attachments", "language", "metadata", "sender", "sender_id", "parse_data",
             "slots", "input_channel", "session_id", "text")  # fmt: skip
    more = st.dictionaries(st.sampled_from(names), _json(), max_size=4)
    said = st.one_of(st.sampled_from(WORDS), _json())
    both = st.tuples(said, more).map(lambda pair: {"message": pair[0], **pair[1]})
    return st.one_of(both, _json()).map(lambda value: json.dumps(value).encode())


def _ids() -> st.SearchStrategy[bytes]:
    one = st.one_of(
        st.text(ANY, max_size=120), st.integers(0, 14_000).map(lambda n: "x" * n), st.integers(), st.none()
    )
    ids = st.tuples(one, st.lists(one, max_size=7))
    return ids.map(lambda pair: json.dumps(
        {"message": "hello", "message_id": pair[0], "attachments": pair[1]}).encode())  # fmt: skip


def _raw() -> st.SearchStrategy[bytes]:
    deep = st.tuples(st.sampled_from((b"[", b'{"a":', b'{"message":[')), st.integers(1, 6000))
    numbers = st.integers(1, 9000).map(lambda n: b'{"message": ' + b"9" * n + b"}")
    broken = st.sampled_from((b'{"message": NaN}', b'{"message": "a", "message": "b"}', 
                              b'\xff{"message": "a"}',
                              b'{"message": "\\ud83d"}', b'{"message": "\\ud83d\\ud83d\\ude00 hi"}',
                              '{"message": "hi"}'.encode("utf-16"), b'\xef\xbb\xbf{"message": "hi"}',
                              b'{"message": "a\x00b"}', b'{"message": "\\u0000hi"}', b"",
                              b"null"))  # fmt: skip
    return st.one_of(deep.map(lambda pair: pair[0] * pair[1]), numbers, broken, st.binary(max_size=300))


KINDS: Mapping[str, Callable[[], st.SearchStrategy[bytes]]] = MappingProxyType({
    "all planes": lambda: _texts(ANY),
    "beyond the first plane": lambda: _texts(st.characters(min_codepoint=0x10000)),
    "lone surrogates": lambda: _texts(
        st.one_of(st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=("Cs",)), ANY)
    ),
    "controls": lambda: _texts(st.characters(max_codepoint=0xA0)),
    "directions and marks": lambda: _texts(st.one_of(st.sampled_from(MARKS), st.sampled_from("אבגد12abc订"))),
    "words": lambda: _message(_phrases()),
    "long": lambda: _message(_long()),
    "commands": lambda: _message(_commands()),
    "buttons": lambda: _message(st.text(ANY, max_size=60).map(lambda junk: f"btn:{junk}")),
    "other objects": _objects,
    "ids": _ids,
    "no JSON": _raw,
})  # fmt: skip


def drawn(number: int, *, count: int) -> list[Sent]:
    """``count`` bodies of all classes, the same ones for the same seed."""
    kinds = st.sampled_from(sorted(KINDS))
    strategy = kinds.flatmap(lambda kind: KINDS[kind]().map(lambda body: Sent(kind, body)))
    found: list[Sent] = []

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def collect(sent: Sent) -> None:
        found.append(sent)

    collect()
    return found
