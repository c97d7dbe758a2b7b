"""The classifier and the fine-tuned featurizer: they learn, are loaded as they were, and bear anything."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import tuned, wiring
from kefu.components.featurizer import BertFeaturizer
from kefu.components.options import ComponentConfigError
from kefu.components.tokenizer import MixedTokenizer
from kefu.components.tuned import TrainingOptions
from kefu.components.understanding import BertIntentEntityClassifier
from kefu.errors import ConfigError, ModelError
from kefu.language.tagging import units
from tests.support.graph import Workshop
from tests.support.lessons import feelings, lessons, quick
from tests.support.tiny_bert import save_tiny_bert

FRESH = ["where is my keyboard", "please cancel the lamp", "取消键盘", "hello there", "two bottles"]
STRANGE = [
    "", " ", "x" * 2_000, "where is my lamp " * 118, "👍🎉😡", "我的lamp到哪里了 где заказ",
    "a\x00b\x07\u200b\ufeff", "γεια σας τι κάνετε", "凭什么不能退？", "\ud83d", "/greet",
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A KEFU_HOME with a tiny BERT and a few further labels."""
    home = tmp_path_factory.mktemp("home")
    save_tiny_bert(home / "bert", characters="取消台灯键盘发货吗不要你好早上呀")
    feelings(home / "sentiment")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def keys(home: Path) -> dict[str, Any]:
    return quick(home / "bert", str(home / "sentiment"))


@pytest.fixture(scope="module")
def archive(home: Path, keys: dict[str, Any]) -> Workshop:
    """A model with a trained classifier in it."""
    shop = Workshop(home / "archive")
    shop.folder.mkdir()
    shop.create(BertIntentEntityClassifier, **keys).train(TrainingData(lessons()))
    return shop


@pytest.fixture(scope="module")
def classifier(archive: Workshop, keys: dict[str, Any]) -> BertIntentEntityClassifier:
    loaded: BertIntentEntityClassifier = archive.load(BertIntentEntityClassifier, **keys)
    return loaded


def said(classifier: BertIntentEntityClassifier, texts: list[str]) -> list[dict[str, Any]]:
    messages = classifier.process([Message({"text": text}) for text in texts])
    return [message.as_dict(only_output_properties=True) for message in messages]


def test_of_two_questions_their_own_order_is_the_task(
    classifier: BertIntentEntityClassifier,
    archive: Workshop,
    keys: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each part by itself as it would be understood; the tiny model knows no rules."""
    text = "where is my order KF10000002 and how long does a refund take?"
    (whole,) = said(classifier, [text])
    heard = whole["intent"]["name"]
    task = next(one["name"] for one in whole["intent_ranking"] if one["name"] != heard)
    minding: BertIntentEntityClassifier = archive.load(BertIntentEntityClassifier, **keys, rule="asks_rule")
    monkeypatch.setattr(minding, "_tops", lambda texts: [(task, 0.9), ("asks_rule", 0.9)])
    (changed,) = said(minding, [text])
    assert changed["intent"]["name"] == task and changed["intent"]["confidence"] >= 0.9
    assert sum(one["confidence"] for one in changed["intent_ranking"]) == pytest.approx(1.0)
    assert said(minding, ["where is my keyboard"]) == said(classifier, ["where is my keyboard"])


def test_it_learns_intents_and_entities_by_heart(classifier: BertIntentEntityClassifier) -> None:
    wanted = lessons()
    found = said(classifier, [message.get("text") for message in wanted])
    assert [one["intent"]["name"] for one in found] == [message.get("intent") for message in wanted]
    spans = [[(e["start"], e["end"], e["entity"], e["value"]) for e in one["entities"]] for one in found]
    assert spans == [
        [(e["start"], e["end"], e["entity"], e["value"]) for e in message.get("entities")]
        for message in wanted
    ]


def test_what_it_says_is_in_rasas_format(classifier: BertIntentEntityClassifier) -> None:
    (found,) = said(classifier, ["please cancel the lamp"])
    names = [one["name"] for one in found["intent_ranking"]]
    assert sorted(names) == ["cancel_order", "greet", "track_order"]
    assert found["intent"] == found["intent_ranking"][0]
    assert sum(one["confidence"] for one in found["intent_ranking"]) == pytest.approx(1.0, abs=1e-5)
    (entity,) = found["entities"]
    assert entity["extractor"] == "BertIntentEntityClassifier"
    assert 0.0 < entity["confidence_entity"] <= 1.0
    assert "reading" not in found


def test_it_is_loaded_as_it_was(
    archive: Workshop, keys: dict[str, Any], classifier: BertIntentEntityClassifier
) -> None:
    before = said(classifier, FRESH)
    assert said(archive.load(BertIntentEntityClassifier, **keys), FRESH) == before


def test_anything_may_be_said(classifier: BertIntentEntityClassifier) -> None:
    for text, found in zip(STRANGE, said(classifier, STRANGE), strict=True):
        assert sum(one["confidence"] for one in found["intent_ranking"]) == pytest.approx(1.0, abs=1e-5)
        assert all(0 <= e["start"] < e["end"] <= len(text) for e in found["entities"])
    empty = said(classifier, [""])[0]
    assert empty["intent"]["confidence"] == pytest.approx(1 / 3), "no word speaks for no intent"


def test_a_message_without_a_text_is_left_alone(classifier: BertIntentEntityClassifier) -> None:
    mute = Message({"intent": {"name": "greet", "confidence": 1.0}})
    spoken = Message({"text": "cancel my lamp", "entities": [{"entity": "mine", "start": 0, "end": 6}]})
    classifier.process([mute, spoken])
    assert mute.data == {"intent": {"name": "greet", "confidence": 1.0}}
    assert [e["entity"] for e in spoken.get("entities")] == ["mine", "thing"]


def test_one_class_is_a_class(home: Path, tmp_path: Path, keys: dict[str, Any]) -> None:
    examples = [Message({"text": f"hello {word}", "intent": "greet"}) for word in ("you", "there", "again")]
    trained = Workshop(tmp_path).trained(BertIntentEntityClassifier, examples, **{**keys, "epochs": 3})
    assert [one["intent"] for one in said(trained, ["hello", "where"])] == [
        {"name": "greet", "confidence": pytest.approx(1.0)}
    ] * 2


def test_no_example_is_refused(tmp_path: Path, keys: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="no example of an intent. Wanted some in data/nlu"):
        Workshop(tmp_path).create(BertIntentEntityClassifier, **keys).train(TrainingData([]))


def test_a_value_that_no_recipe_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentConfigError, match="BertFeaturizer: recipe: tuning is 'some', wanted one of"):
        Workshop(tmp_path).create(BertFeaturizer, tuning="some")


@pytest.mark.parametrize(("told", "threads"), [("3", 3), ("", None), ("0", None), ("many", None)])
def test_no_thread_means_every_core_or_as_many_as_the_environment_says(
    told: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 5, 7, 8, 9}, raising=False)
    assert TrainingOptions(threads=0).recipe().threads == (threads or 5)
    assert TrainingOptions(threads=2).recipe().threads == 2


@pytest.mark.parametrize("tuning", ["frozen", "all", "lora"])
def test_a_featurizer_learns_as_it_is_told(
    home: Path, tmp_path: Path, keys: dict[str, Any], tuning: str
) -> None:
    own = {**keys, "tuning": tuning, "epochs": 25, "lora_rank": 16, "alias": "bert"}
    shop = Workshop(tmp_path)
    first = shop.trained(BertFeaturizer, lessons(), **own)
    tokens = shop.create(MixedTokenizer)

    def vectors(featurizer: BertFeaturizer) -> list[Any]:
        messages = featurizer.process(tokens.process([Message({"text": text}) for text in FRESH]))
        return [[feature.features for feature in message.features] for message in messages]

    before = vectors(first)
    again = vectors(shop.trained(BertFeaturizer, lessons(), **own))
    shapes = [[one.shape for one in own_vectors] for own_vectors in before]
    assert shapes[0] == [(4, 32), (1, 32)]
    assert all((a == b).all() for x, y in zip(before, again, strict=True) for a, b in zip(x, y, strict=True))
    if tuning != "frozen":
        frozen = vectors(shop.trained(BertFeaturizer, lessons(), **{**own, "tuning": "frozen"}))
        assert abs(frozen[0][1] - before[0][1]).max() > 0.01, "fine-tuning has moved the vectors"


def test_featurizer_and_classifier_of_one_recipe_are_trained_once(
    home: Path, tmp_path: Path, keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, trainings, fit = {**keys, "epochs": 2}, [], tuned._fit

    def counted(*arguments: Any, **named: Any) -> None:
        trainings.append(named["work"])
        fit(*arguments, **named)

    monkeypatch.setattr(tuned, "_fit", counted)
    shop = Workshop(tmp_path)
    shop.create(BertFeaturizer, **own, tuning="all").train(TrainingData(lessons()))
    shop.create(BertIntentEntityClassifier, **{**own, "threads": 2}).train(TrainingData(lessons()))
    assert len(trainings) == 1
    assert not list(trainings[0].rglob("*.pt")), "what an interrupted training would need is gone"
    assert list((trainings[0] / "logs").rglob("events.out.tfevents.*")), "its curves are kept"
    files = [tmp_path / kind / "encoder.onnx" for kind in ("BertFeaturizer", "BertIntentEntityClassifier")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_one_example_more_goes_on_from_the_training_before(
    home: Path, tmp_path: Path, keys: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    own = {**keys, "epochs": 20, "changed_most": 0.1, "seed": 3}
    more = [*lessons(), Message({"text": "cancel this lamp", "intent": "cancel_order"})]
    shop = Workshop(tmp_path)
    with caplog.at_level(logging.INFO, logger=tuned.__name__):
        shop.trained(BertIntentEntityClassifier, lessons(), **own)
        assert "from that of nearly the same" not in caplog.text
        classifier = shop.trained(BertIntentEntityClassifier, more, **own)
        assert "from that of nearly the same" in caplog.text
        assert said(classifier, ["cancel this lamp"])[0]["intent"]["name"] == "cancel_order"
        caplog.clear()
        shop.trained(BertIntentEntityClassifier, more, **{**own, "seed": 4})
    assert "from that of nearly the same" not in caplog.text, "another recipe is another training"


def test_only_the_newest_trainings_are_kept(home: Path, tmp_path: Path, keys: dict[str, Any]) -> None:
    for epochs in range(3, 8):
        old = home / "training" / f"of-day-{epochs}"
        old.mkdir(parents=True)
        os.utime(old, (epochs, epochs))
        options = {**keys, "tuning": "frozen", "epochs": epochs}
        Workshop(tmp_path).create(BertIntentEntityClassifier, **options).train(TrainingData(lessons()))
    assert len(list((home / "tuned").iterdir())) == 4
    logs = {path.name for path in (home / "training").iterdir()}
    assert len(logs) == 4
    assert "of-day-3" not in logs, "the oldest go first"


def test_what_is_wrong_with_the_data_is_told_with_its_lines(
    tmp_path: Path, keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KEFU_ROOT", str(tmp_path))
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "data" / "nlu" / "all.yml").write_text(
        "nlu:\n- intent: track_order\n  examples: |\n    - where is my lamp\n"
        '- intent: greet\n  examples: |\n    - where is my [lamp]{"entity": "thing"}\n',
        encoding="utf-8",
    )
    twice = Message({"text": "where is my lamp", "intent": "greet"})
    with caplog.at_level(logging.INFO, logger=tuned.__name__):
        Workshop(tmp_path).trained(BertIntentEntityClassifier, [*lessons(), twice], **{**keys, "epochs": 2})
    told = caplog.text
    assert "'where is my lamp' has two labels (data/nlu/all.yml, line 4: track_order; " in told
    assert "data/nlu/all.yml, line 7: greet): learnt as track_order" in told
    assert "accuracy on" in told


def test_further_labels_need_their_columns(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found no CSV file in"):
        wiring.further_examples(str(tmp_path))
    (tmp_path / "one.csv").write_text("text,mood\nhi,good\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"one.csv lacks the columns sentiment, urgency; found \['text', 'mood'\]"
    ):
        wiring.further_examples(str(tmp_path))


def test_serving_needs_no_torch(archive: Workshop, keys: dict[str, Any]) -> None:
    program = f"""
import sys
from pathlib import Path
from rasa.shared.nlu.training_data.message import Message
from kefu.components.understanding import BertIntentEntityClassifier
from tests.support.graph import Workshop
before = "torch" in sys.modules
loaded = Workshop(Path({str(archive.folder)!r})).load(BertIntentEntityClassifier, **{keys!r})
(message,) = loaded.process([Message({{"text": "cancel my lamp"}})])
addon = loaded.fingerprint_addon({keys!r})
print(before, "torch" in sys.modules, "transformers" in sys.modules, message.get("intent")["name"])
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False", "False", "cancel_order"]


@pytest.mark.parametrize("explain", ["none", "neighbours", "all"])
def test_why_a_message_was_read_so_stays_on_it(archive: Workshop, keys: dict[str, Any], explain: str) -> None:
    own: BertIntentEntityClassifier = archive.load(BertIntentEntityClassifier, **keys, explain=explain)
    text = lessons()[0].get("text")
    (found,) = said(own, [text])
    if explain == "none":
        assert "explanation" not in found
        return
    near = found["explanation"]["nearest"]
    assert (near[0]["text"], near[0]["intent"]) == (text, found["intent"]["name"])
    assert near[0]["similarity"] == pytest.approx(1.0, abs=0.01)
    assert [one["similarity"] for one in near] == sorted((one["similarity"] for one in near), reverse=True)
    assert ("carried" in found["explanation"]) == (explain == "all")


def test_what_carried_is_told_by_place_and_strange_texts_are_borne(
    archive: Workshop, keys: dict[str, Any]
) -> None:
    own: BertIntentEntityClassifier = archive.load(BertIntentEntityClassifier, **keys, explain="all")
    secret = "please cancel zorblax42"
    (found,) = said(own, [secret])
    carried = found["explanation"]["carried"]
    assert carried, "some word speaks for the intent"
    words = [unit.text for unit in units(secret)]
    assert all(secret[one["start"] : one["end"]] in words and one["weight"] > 0 for one in carried)
    assert "zorblax42" not in repr(found["explanation"])
    assert len(said(own, STRANGE)) == len(STRANGE)


def test_an_unknown_way_to_explain_is_refused(archive: Workshop) -> None:
    with pytest.raises(ComponentConfigError, match="explain is 'some', wanted one of none, neighbours, all"):
        archive.create(BertIntentEntityClassifier, explain="some")
