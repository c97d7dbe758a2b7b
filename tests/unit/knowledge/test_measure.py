"""The figures count what was found, on questions held out."""

import pytest

from kefu.knowledge.measure import figures, held_out_figures
from kefu.knowledge.ranking import Hit
from tests.unit.knowledge.fakes import SAYINGS, TOPICS, fake_embed, topical_passages


def hits(*passage_ids: str, score: float = 0.9) -> list[Hit]:
    return [Hit(passage_id, "en", score / (place + 1)) for place, passage_id in enumerate(passage_ids)]


def test_recall_and_wrong_answers_are_shares():
    found = [("a", hits("a", "b"))] * 7 + [("a", hits("b", "a"))] * 2 + [("a", hits("b", score=0.1))]
    counted = figures(found, "en")
    assert (counted.recall_1, counted.recall_3) == pytest.approx((0.7, 0.9))
    assert counted.wrong_at_90 == pytest.approx(2 / 9)
    assert counted.threshold_at_90 == pytest.approx(0.9)


def test_a_question_without_hits_counts_as_not_found():
    assert figures([("a", []), ("a", hits("a"))], "en").recall_1 == 0.5


def test_every_question_is_held_out_once():
    counted = held_out_figures(topical_passages(), "en", embed=fake_embed, folds=4)
    assert counted.questions == len(TOPICS) * len(SAYINGS)
    assert counted.recall_1 > 0.7
