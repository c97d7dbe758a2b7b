"""The ranker finds passages, and its score says how sure it may be."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import scipy.sparse
from sklearn.utils.extmath import randomized_svd

from kefu.errors import ConfigError
from kefu.knowledge.ranking import Hit, Ranker
from kefu.knowledge.scorer import Mix, project
from kefu.knowledge.views import View, plain, unit_rows
from tests.unit.knowledge.fakes import SAYINGS, TOPICS, fake_embed, passage, topical_passages


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker.fit(topical_passages("en") + topical_passages("zh"), embed=fake_embed)


@pytest.mark.parametrize("topic", TOPICS)
def test_words_never_seen_in_this_order_find_their_passage(ranker, topic):
    hits = ranker.search(f"hello, {topic}: what do i do", "en")
    assert hits[0].passage_id == topic
    assert len(hits) == 3


def test_scores_fall_and_lie_between_0_and_1(ranker):
    scores = [hit.score for hit in ranker.search("about my refund", "en", k=5)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_question_of_another_world_is_less_sure(ranker):
    own = ranker.search("tell me about the coupon", "en")[0].score
    assert own > 0.7
    assert ranker.search("bake bread tomorrow", "en")[0].score < 0.4 < own


def test_a_language_answers_for_itself(ranker):
    assert ranker.languages == ("en", "zh")
    assert {hit.language for hit in ranker.search("tell me about invoice", "zh")} == {"zh"}
    with pytest.raises(ConfigError, match="no passages in 'fr'; there are: en, zh"):
        ranker.search("la facture", "fr")


@pytest.mark.parametrize("text", ["", "  ", "?!…", "👍"])
def test_a_text_without_words_finds_nothing(ranker, text):
    assert ranker.search(text, "en") == []


def test_odd_texts_are_searched_like_any_other(ranker):
    for text in ("x" * 2000, "<b>refund</b>", "ＲＥＦＵＮＤ", "退款" * 500):
        assert len(ranker.search(text, "en")) == 3
    assert ranker.search("<b>refund</b>", "en")[0].passage_id == "refund"


def test_a_vector_at_hand_gives_the_same_answer(ranker):
    text = "how does the warranty thing work"
    assert ranker.search(text, "en", vector=lambda: fake_embed([text])[0]) == ranker.search(text, "en")


def test_two_fits_agree():
    first, second = (Ranker.fit(topical_passages(), embed=fake_embed) for _ in range(2))
    assert first.search("my parcel", "en") == second.search("my parcel", "en")


def test_a_wording_is_embedded_once_however_many_languages_learn_from_it():
    embedded: list[str] = []

    def counted(texts: list[str]) -> np.ndarray:
        embedded.extend(texts)
        return fake_embed(texts)

    both = topical_passages("en") + topical_passages("zh")
    Ranker.fit(both, embed=counted)
    assert len(embedded) == sum(len(one.questions) + 2 for one in both)  # and a title and an answer


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_the_directions_are_those_of_both_views_laid_side_by_side(weight):
    """Held against scikit-learn: the classifier sees the same texts as alike."""
    random = np.random.default_rng(0)
    grams = scipy.sparse.random(60, 90, density=0.1, format="csr", dtype=np.float32, random_state=0)
    view = View(grams, unit_rows(random.normal(size=(60, 12))))
    mix = Mix(vectors=weight, dimensions=15, sharpness=1.0)
    whole = scipy.sparse.hstack([grams, view.vectors * weight]).tocsr() if weight else grams
    known = whole @ randomized_svd(whole, 15, n_iter=2, random_state=0)[2].T
    found = view.projected(project(view, mix=mix), weight=weight)
    assert found.shape == (60, 15)
    assert np.allclose(found @ found.T, known @ known.T, atol=1e-3)


def test_a_hit_is_plain_data(ranker):
    hit = ranker.search("course please", "en", k=1)[0]
    assert hit == Hit("course", "en", hit.score)
    assert type(hit.score) is float


def test_a_single_passage_is_refused():
    with pytest.raises(ConfigError, match="1 passages in 'en'; wanted at least 2"):
        Ranker.fit(topical_passages()[:1], embed=fake_embed)


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_few_passages_are_told_apart(count):
    passages = topical_passages()[:count]
    ranker = Ranker.fit(passages, embed=fake_embed)
    for one in passages:
        hits = ranker.search(f"hello, {one.passage_id}: what do i do", "en")
        assert (hits[0].passage_id, len(hits)) == (one.passage_id, min(count, 3))
    assert ranker.search("bake bread tomorrow", "en")[0].score < 0.5


def test_one_question_a_passage_without_title_and_answer_is_enough():
    passages = [
        passage(topic, title="", questions=(f"tell me about {topic}",), answer="", clause=None)
        for topic in TOPICS
    ]
    ranker = Ranker.fit(passages, embed=fake_embed)
    assert ranker.search("tell me about refund", "en")[0].passage_id == "refund"
    assert ranker.search("tell me about refund", "en")[0].score > 0.9
    assert ranker.search("bake bread tomorrow", "en")[0].score < 0.5


def test_passages_with_one_question_stand_beside_those_with_many():
    lonely = passage("lonely", title="", questions=("can i pay by cheque",), answer="", clause=None)
    ranker = Ranker.fit([*topical_passages(), lonely], embed=fake_embed)
    assert ranker.search("pay by cheque", "en")[0].passage_id == "lonely"
    assert ranker.size("en") == len(TOPICS) + 1


def respell(language: str, texts: Sequence[str]) -> Callable[[str], str]:
    """Knows one mistake of one word, where the passages hold that word."""
    known = language == "en" and any("warranty" in text for text in texts)
    return lambda text: text.replace("wxrzzzty", "warranty") if known else text


def test_a_text_is_read_as_it_is_rewritten(tmp_path):
    ranker = Ranker.fit(topical_passages(), embed=fake_embed, rewriting=respell)
    right, wrong = "how does the warranty thing work", "how does the wxrzzzty thing work"
    assert ranker.search(wrong, "en") == ranker.search(right, "en")
    # the vector at hand is that of the mistyped text
    assert ranker.search(wrong, "en", vector=lambda: fake_embed([wrong])[0]) == ranker.search(right, "en")
    ranker.save(tmp_path / "kept.joblib")
    again = Ranker.load(tmp_path / "kept.joblib", embed=fake_embed, rewriting=respell)
    assert again.search(wrong, "en") == ranker.search(right, "en")


def test_a_vector_at_hand_is_not_asked_for_where_the_text_is_rewritten():
    ranker = Ranker.fit(topical_passages(), embed=fake_embed, rewriting=respell)
    asked = []
    for text in ("how does the wxrzzzty thing work", "how does the warranty thing work"):
        ranker.search(text, "en", vector=lambda text=text: asked.append(text) or fake_embed([text])[0])
    assert asked == ["how does the warranty thing work"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_question_is_weighed_as_scikit_learn_weighs_many(ranker, language):
    index, asked = (
        ranker._index(language),
        [saying.format("refund") for saying in SAYINGS] + ["退款 zzz", "é"],
    )
    together = index.scorer.score(
        View(index.grams.transform(map(plain, asked)), unit_rows(fake_embed(asked)))
    )
    certainty = index.calibration.probability(together)
    for row, text in enumerate(asked):
        first = ranker.search(text, language)[0]
        assert first.passage_id == index.passage_ids[together.total[row].argmax()]
        assert first.score == pytest.approx(certainty[row], abs=1e-5)


def test_an_encoder_that_knows_nothing_leaves_the_letters():
    ranker = Ranker.fit(topical_passages(), embed=lambda texts: np.zeros((len(texts), 4)))
    assert ranker.search("what about the phone", "en")[0].passage_id == "phone"


def test_a_search_takes_milliseconds(ranker):
    ranker.search("warm up", "en")
    times = []
    for _ in range(20):
        start = time.perf_counter()
        ranker.search("where is my parcel", "en")
        times.append(time.perf_counter() - start)
    assert np.median(times) < 0.02


def test_what_is_kept_answers_the_same(ranker, tmp_path):
    ranker.save(tmp_path / "kept.joblib")
    again = Ranker.load(tmp_path / "kept.joblib", embed=fake_embed)
    for text in ("hello, parcel: what do i do", "is there a rule for coupons", "bake bread"):
        assert again.search(text, "en") == ranker.search(text, "en")


@pytest.mark.parametrize("content", [b"", b"no pickle at all", b"\x80\x04K"])
def test_a_damaged_file_is_named(tmp_path, content):
    file = tmp_path / "kept.joblib"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="kept.joblib holds no ranker"):
        Ranker.load(file, embed=fake_embed)


def test_what_the_kernel_has_no_room_for_is_left_to_the_classifier(monkeypatch):
    """All questions are compared with, titles and answers as far as there is room."""
    monkeypatch.setattr("kefu.knowledge.scorer.MOST", sum(len(one.questions) for one in topical_passages()))
    ranker = Ranker.fit(topical_passages(), embed=fake_embed)
    for topic in TOPICS:
        assert ranker.search(f"hello, {topic}: what do i do", "en")[0].passage_id == topic


def test_the_others_scores_are_softened(ranker, monkeypatch):
    """Signs that are summed say the same twice: the second is not as far behind as their product says."""
    soft = ranker.search("refund or parcel", "en", k=5)
    monkeypatch.setattr("kefu.knowledge.ranking.SOFTENED", 1.0)
    hard = ranker.search("refund or parcel", "en", k=5)
    assert [hit.passage_id for hit in soft] == [hit.passage_id for hit in hard]
    assert soft[0] == hard[0]
    assert soft[1].score == pytest.approx(soft[0].score * (hard[1].score / hard[0].score) ** 0.4)
