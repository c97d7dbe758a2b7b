"""Two parts, two passages; a follow-up finds the passage of the same matter; and neither spoils the other."""

from collections.abc import Callable, Sequence

import pytest

from kefu.knowledge.asking import Before, Found, found
from kefu.knowledge.ranking import Hit

REFUND, SPAIN, EBOOK, FORMATS = "refund-time", "shipping-countries", "ebook-refund", "ebook-formats"


def searching(answers: dict[str, dict[str, float]]) -> Callable[[str], list[Hit]]:
    """A search that knows these texts, and finds hardly anything for others."""

    def search(text: str) -> list[Hit]:
        scores = answers.get(text.strip("?？ "), {"about-shop": 0.02})
        return [Hit(passage, "en", score) for passage, score in scores.items()]

    return search


KNOWN = {
    "how long do refunds take": {REFUND: 0.99, "return-window": 0.001},
    "do you ship to Spain": {SPAIN: 0.97, "couriers": 0.01},
    "how fast are refunds": {REFUND: 0.9},
    "do you plant trees": {"bulk-order": 0.1},
    "where is my order": {"guest-order": 0.2},
    "how long does it take": {"shipping-time": 0.7},
    "how long do refunds take how long does it take": {REFUND: 0.98},
    "e-books": {FORMATS: 0.3, EBOOK: 0.2},
    "and for e-books": {FORMATS: 0.6, EBOOK: 0.2},
    "how long do refunds take e-books": {REFUND: 0.7, EBOOK: 0.2, "return-window": 0.01},
    "unicorns": {"about-shop": 0.03},
    "how long do refunds take unicorns": {REFUND: 0.9, "return-window": 0.002},
    "Spain": {SPAIN: 0.9},
    "and to Spain": {SPAIN: 0.9},
    "how long do refunds take Spain": {REFUND: 0.95, SPAIN: 0.001},
}


def ask(text: str, *, before: str | None = None) -> Found:
    search = searching(KNOWN)
    last = Before(REFUND, before) if before else None
    return found(text, search(text), search, before=last)


def passages(result: Found) -> list[str]:
    return [part.hits[0].passage_id for part in result.parts]


def test_two_parts_that_are_two_matters_have_two_passages() -> None:
    result = ask("how long do refunds take and do you ship to Spain?")
    assert passages(result) == [REFUND, SPAIN]
    assert result.sure == pytest.approx(0.97)


@pytest.mark.parametrize(
    "text",
    [
        "how long do refunds take and how fast are refunds?",
        "do you plant trees and do you fly?",
        "do you ship to Spain",
    ],
)
def test_a_cut_that_the_passages_do_not_bear_out_is_none(text: str) -> None:
    assert ask(text).parts == ()


def test_a_part_that_is_not_known_stays_beside_the_one_that_is() -> None:
    result = ask("how long do refunds take and do you plant trees?")
    assert [part.hits[0].score >= 0.5 for part in result.parts] == [True, False]
    assert result.sure < 0.5


def test_a_task_beside_a_question_is_kept() -> None:
    result = ask("where is my order and how long do refunds take?")
    assert [part.text for part in result.parts] == ["where is my order", "how long do refunds take?"]


def test_a_part_that_leans_on_the_first_is_not_searched_alone() -> None:
    """Alone, "how long does it take" is about parcels."""
    assert ask("how long do refunds take and how long does it take?").parts == ()


def test_a_follow_up_finds_the_same_matter_for_the_other_kind() -> None:
    result = ask("and for e-books?", before="how long do refunds take")
    assert result.hits[0].passage_id == EBOOK and result.sure >= 0.5
    assert result.follows == "how long do refunds take"


def test_in_a_chain_of_follow_ups_both_passages_heard_are_ruled_out() -> None:
    search = searching(KNOWN | {"how long do refunds take members": {REFUND: 0.6, "membership-refund": 0.4}})
    before = Before(EBOOK, "how long do refunds take")
    result = found("what about members?", search("what about members?"), search, before=before)
    assert result.hits[0].passage_id == "membership-refund" and result.sure >= 0.5 and result.another


def test_without_a_question_before_it_a_follow_up_is_searched_alone() -> None:
    result = ask("and for e-books?")
    assert result.hits[0].passage_id == FORMATS and result.follows is None


def test_words_that_are_sure_alone_win_where_the_old_question_has_nothing_to_say() -> None:
    result = ask("and to Spain?", before="how long do refunds take")
    assert result.hits[0].passage_id == SPAIN and result.follows is None


def test_where_nothing_else_is_known_the_last_passage_is_all_there_is() -> None:
    result = ask("and for unicorns?", before="how long do refunds take")
    assert result.hits[0].passage_id == REFUND and result.follows is not None


def test_a_whole_question_is_not_polluted_by_the_one_before() -> None:
    fresh, after = ask("do you ship to Spain"), ask("do you ship to Spain", before="how long do refunds take")
    assert fresh == after


@pytest.mark.parametrize("text", ["", "?", "and", "呢", "?" * 400, "and for ?"])
def test_odd_messages_are_searched_as_they_are(text: str) -> None:
    def nothing(words: str) -> Sequence[Hit]:
        return []

    assert found(text, [], nothing, before=Before(REFUND, "how long")) == Found(())


def test_no_words_are_searched_twice() -> None:
    asked: list[str] = []
    search = searching(KNOWN)

    def counted(text: str) -> list[Hit]:
        asked.append(text)
        return search(text)

    found("how long do refunds take and how long does it take?", (), counted)
    assert len(asked) >= 3, "both parts, and both together"
    assert len(asked) == len(set(asked))
