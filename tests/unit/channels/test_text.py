"""What a customer's text may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.channels.refusals import Refusal
from kefu.channels.text import GUARD, LONGEST_MESSAGE, accept_message, accept_message_id, guarded, normalise

# Every code point, surrogates and controls too: what JSON's \uXXXX can carry.
anything = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@given(anything)
def test_normalised_text_can_be_stored_and_normalising_again_changes_nothing(text: str) -> None:
    clean = normalise(text)
    clean.encode("utf-8")
    assert "\x00" not in clean
    assert normalise(clean) == clean


@given(anything)
def test_guarded_text_is_never_a_command(text: str) -> None:
    assert not guarded(normalise(text)).strip().startswith("/")


@given(anything)
def test_text_is_accepted_or_refused_with_words(text: str) -> None:
    try:
        assert 1 <= len(accept_message(text)) <= LONGEST_MESSAGE
    except Refusal as refusal:
        assert refusal.status == 422 and refusal.message


def test_only_a_leading_slash_is_guarded() -> None:
    assert guarded("a/b") == "a/b"
    assert guarded("/a") == GUARD + "/a"


@pytest.mark.parametrize("message", [None, 5, ["hi"], {"text": "hi"}, True])
def test_a_message_is_a_text(message: object) -> None:
    with pytest.raises(Refusal) as refused:
        accept_message(message)
    assert refused.value.status == 400


def test_the_limit_holds_after_normalising() -> None:
    assert len(accept_message("e\u0301" * LONGEST_MESSAGE)) == LONGEST_MESSAGE
    with pytest.raises(Refusal):
        accept_message("é" * (LONGEST_MESSAGE + 1))


@pytest.mark.parametrize("message_id", [None, "a", "x" * 100, "会话-1"])
def test_a_message_id_is_kept_as_it_is(message_id: str | None) -> None:
    assert accept_message_id(message_id) == message_id
