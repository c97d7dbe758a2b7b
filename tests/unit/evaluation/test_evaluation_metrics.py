"""The figures: intents, calibration, what is out of scope, latency."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.evaluation.calibration import measure_calibration
from kefu.evaluation.examples import NONE
from kefu.evaluation.intents import measure_intents
from kefu.evaluation.latency import latency_of, measure_latency
from kefu.evaluation.outside import auroc, measure_outside

# the first call imports scikit-learn
relaxed = settings(deadline=None)
LABELS = st.sampled_from(["a", "b", "c", "no such"])
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1)
ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


def test_a_label_that_counts_as_right_too_is_right() -> None:
    wanted, found = ["a", "a", "b"], ["b", "c", "b"]
    strict = measure_intents(wanted=wanted, found=found)
    kind = measure_intents(wanted=wanted, found=found, accept=[("b", "d"), (), ()])
    assert (strict.accuracy, kind.accuracy) == (1 / 3, 2 / 3)
    rows = {row.intent: row for row in kind.intents}
    assert (rows["b"].precision, rows["a"].recall) == (1.0, 0.5)
    assert [(c.wanted, c.found, c.times) for c in kind.confusions] == [("a", "c", 1)]


def test_languages_are_measured_apart() -> None:
    report = measure_intents(
        wanted=["a", "b", "a", "b"], found=["a", "b", "b", "b"], languages=["en", "en", "zh", None]
    )
    english, chinese = report.languages
    assert (english.language, english.examples, english.accuracy, english.macro_f1) == ("en", 2, 1.0, 1.0)
    assert (chinese.language, chinese.examples, chinese.accuracy) == ("zh", 1, 0.0)
    assert "language zh: accuracy 0.0000" in report.as_table()


def test_the_majority_stands_beside_the_figures() -> None:
    report = measure_intents(wanted=["a", "b", "b"], found=["a", "a", "a"])
    assert (report.majority_intent, report.majority_accuracy) == ("b", 2 / 3)


@relaxed
@given(PAIRS, st.randoms())
def test_intents_do_not_depend_on_the_order_of_rows(
    pairs: list[tuple[str, str]], chance: random.Random
) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    one, other = (
        measure_intents(wanted=[w for w, _ in p], found=[f for _, f in p]) for p in (pairs, shuffled)
    )
    assert one == other
    assert one.accuracy == sum(want == got for want, got in pairs) / len(pairs)


@relaxed
@given(st.lists(st.booleans(), min_size=1))
def test_a_perfect_predictor_has_no_calibration_error(right: list[bool]) -> None:
    report = measure_calibration(confidences=[float(one) for one in right], right=right)
    assert report.ece == 0.0 and sum(one.examples for one in report.bins) == len(right)


@relaxed
@given(ANSWERS, st.randoms())
def test_calibration_does_not_depend_on_the_order(
    answers: list[tuple[float, bool]], chance: random.Random
) -> None:
    shuffled = chance.sample(answers, len(answers))
    one, other = (
        measure_calibration(confidences=[c for c, _ in rows], right=[r for _, r in rows])
        for rows in (answers, shuffled)
    )
    assert one.ece == pytest.approx(other.ece, abs=1e-9) and 0.0 <= one.ece <= 1.0
    # what all the bins miss together is no less than what the means miss
    assert one.ece >= abs(one.confidence - one.accuracy) - 1e-9


def test_the_calibration_error_is_the_distance_weighted_by_answers() -> None:
    report = measure_calibration(confidences=[0.9, 0.9, 0.9, 0.3], right=[True, True, False, False])
    assert report.ece == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.3)
    assert [one.examples for one in report.bins if one.examples] == [1, 3]
    assert report.as_table().splitlines()[-1].startswith("expected calibration error 0.2500")


def test_what_is_no_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure_calibration(confidences=[1.2], right=[True])
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure_calibration(confidences=[float("nan")], right=[True])


SCORES = st.lists(st.tuples(st.integers(-5, 5).map(float), st.booleans()), min_size=2).filter(
    lambda rows: len({positive for _, positive in rows}) == 2
)


@relaxed
@given(SCORES)
def test_auroc_is_symmetric(rows: list[tuple[float, bool]]) -> None:
    scores, positive = [score for score, _ in rows], [one for _, one in rows]
    straight = auroc(scores, positive)
    assert straight is not None
    assert auroc([-score for score in scores], positive) == pytest.approx(1 - straight)
    assert auroc(scores, [not one for one in positive]) == pytest.approx(1 - straight)


def test_auroc_needs_both_kinds_and_scores() -> None:
    assert auroc([0.1, 0.9], [True, True]) is None
    assert auroc([None, 0.9], [True, False]) is None


def test_keeping_out_is_measured_with_its_price() -> None:
    report = measure_outside(
        outside=[False, False, False, True, True],
        found=["a", NONE, "b", NONE, "a"],
        right=[True, False, False, True, False],
        best_right=[True, True, False, False, False],
        strangeness=[0.1, 0.6, 0.2, 0.9, 0.3],
    )
    assert (report.in_scope, report.out_of_scope, report.accuracy) == (3, 2, 0.4)
    assert report.in_scope_accuracy == pytest.approx(1 / 3)
    assert report.in_scope_accuracy_ungated == pytest.approx(2 / 3)
    assert (report.recall, report.precision, report.auroc) == (0.5, 0.5, pytest.approx(5 / 6))


def test_a_file_all_of_one_kind_leaves_the_other_open() -> None:
    report = measure_outside(
        outside=[True], found=["a"], right=[False], best_right=[False], strangeness=[0.1]
    )
    assert (report.in_scope_accuracy, report.precision, report.auroc, report.recall) == (
        None,
        None,
        None,
        0.0,
    )
    assert "in-scope accuracy -" in report.as_table()


def test_latency_is_time_of_the_processor_a_message() -> None:
    def read(text: str) -> str:
        deadline = time.process_time() + 0.002
        while time.process_time() < deadline:
            pass
        time.sleep(0.01)  # waiting costs no processor
        return text.upper()

    results, report = measure_latency(read, ["a", "b", "c", "d"])
    assert results == ["A", "B", "C", "D"]
    assert report.messages == 4 and 2.0 <= report.p50_ms < 9.0


@relaxed
@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_middle_is_not_later_than_the_late(milliseconds: list[float]) -> None:
    report = latency_of(milliseconds)
    assert min(milliseconds) <= report.p50_ms <= report.p95_ms <= max(milliseconds)
