"""What every graph component promises, whatever it does."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from kefu.components import wiring
from kefu.components.catalogue import SpacyCatalogExtractor
from kefu.components.dialogue_policy import DialoguePolicy
from kefu.components.entities import EntityFolder, EntityMerger
from kefu.components.featurizer import BertFeaturizer
from kefu.components.fingerprints import sources
from kefu.components.fragments import FragmentClassifier
from kefu.components.gibberish import GibberishGate
from kefu.components.knowledge import KnowledgeRetriever
from kefu.components.known import KnownExamples
from kefu.components.language import LanguageTagger
from kefu.components.options import ComponentConfigError
from kefu.components.policy import LanguagePolicy
from kefu.components.scope import OutOfScope
from kefu.components.sentiment import SentimentAnalyzer
from kefu.components.tokenizer import MixedTokenizer
from kefu.components.understanding import BertIntentEntityClassifier
from kefu.components.wordings import KnownWordings
from kefu.errors import ModelError
from tests.support.graph import Workshop
from tests.support.lessons import feelings, lessons, quick
from tests.support.tiny_bert import save_tiny_bert

TEXTS = [
    "where is KF10000002", "我的訂單到哪了", "", "👍", "hola quiero devolver mi pedido",
    "耳机 and the keyboard",
]  # fmt: skip
NLU = (
    MixedTokenizer, BertFeaturizer, BertIntentEntityClassifier, KnownExamples, KnownWordings,
    EntityFolder, SpacyCatalogExtractor, FragmentClassifier, GibberishGate, LanguageTagger,
    KnowledgeRetriever, EntityMerger, OutOfScope, SentimentAnalyzer,
)  # fmt: skip
TRAINED = (
    BertFeaturizer, BertIntentEntityClassifier, KnownWordings, KnownExamples, SpacyCatalogExtractor,
    GibberishGate, KnowledgeRetriever, DialoguePolicy, LanguagePolicy,
)  # fmt: skip

POLICIES = (DialoguePolicy, LanguagePolicy)

# A file deep behind each component, by which its result may change.
HELPERS = {
    KnownExamples: "kefu/language/ngrams.py",
    KnownWordings: "kefu/language/tagging.py",
    MixedTokenizer: "kefu/language/text.py",
    BertFeaturizer: "kefu/language/subwords.py",
    BertIntentEntityClassifier: "kefu/language/training/loop.py",
    EntityFolder: "kefu/language/text.py",
    SpacyCatalogExtractor: "kefu/language/aliases.py",
    FragmentClassifier: "kefu/components/intents.py",
    GibberishGate: "kefu/language/vocabulary.py",
    LanguageTagger: "kefu/language/languages.py",
    KnowledgeRetriever: "kefu/language/export.py",
    EntityMerger: "kefu/components/base.py",
    OutOfScope: "kefu/components/intents.py",
    SentimentAnalyzer: "kefu/components/understanding.py",
    DialoguePolicy: "kefu/dialogue/mixing.py",
}
ROOT = Path(__file__).parents[2]

Settings = dict[type[GraphComponent], dict[str, Any]]
Pipeline = dict[type[GraphComponent], Any]

PASSAGES = "\n".join(
    f"""# passage-{number}
category: test
updated: 2026-11-22

## en
title: All about {word}
- what about {word}
- tell me of {word} please

{word} is fine.

## zh
title: 关于{han}
- {han}怎么样
- 说说{han}

{han}很好。
"""
    for number, (word, han) in enumerate(
        zip(["refunds", "parcels", "gifts", "coupons", "courses", "lamps", "tea", "shoes"],
            ["退款", "包裹", "礼物", "优惠券", "课程", "台灯", "茶叶", "鞋子"], strict=True)
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Keys for components that need a model or passages: a tiny BERT, eight passages, no store."""
    home = tmp_path_factory.mktemp("home")
    passages = home / "knowledge"
    passages.mkdir()
    (passages / "all.md").write_text(PASSAGES, encoding="utf-8")
    tiny = save_tiny_bert(home / "bert")
    model = str(tiny)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_HOME", str(home / "kefu"))
        wiring.store_source.cache_clear()
        yield {
            BertFeaturizer: {"model": model, "alias": "bert"},
            KnowledgeRetriever: {"model": model, "folder": str(passages)},
            BertIntentEntityClassifier: quick(tiny, feelings(home / "sentiment"), epochs=12),
        }
    wiring.store_source.cache_clear()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="module")
def pipeline(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Every NLU component, trained and loaded in the order of config.yml."""
    shop = Workshop(tmp_path_factory.mktemp("storage"))
    loaded: Pipeline = {}
    for kind in NLU:
        loaded[kind] = shop.trained(kind, lessons(), **settings.get(kind, {}))
    return loaded


def before(pipeline: Pipeline, kind: type[GraphComponent]) -> list[Message]:
    """Messages as they reach ``kind``, with a feature and an entity of somebody else on them."""
    messages = [Message({"text": text, "mine": place}) for place, text in enumerate(TEXTS)]
    for earlier in NLU[: NLU.index(kind)]:
        messages = pipeline[earlier].process(messages)
    return messages


def shown(message: Message) -> dict[str, Any]:
    """What a message says to those outside, the ranking by name."""
    told: dict[str, Any] = message.as_dict(only_output_properties=True)
    ranking = {one["name"]: one["confidence"] for one in told.pop("intent_ranking", [])}
    return {**told, "ranking": ranking}


def near(one: Any, other: Any) -> bool:
    """Whether both are the same but for a little in the numbers.

    An int8 encoder scales its activations over a whole batch.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < 0.1
    return bool(one == other)


@pytest.mark.parametrize("kind", NLU)
def test_no_messages_give_no_messages(pipeline: Pipeline, kind: Any) -> None:
    assert pipeline[kind].process([]) == []


@pytest.mark.parametrize("kind", NLU)
def test_a_batch_is_as_good_as_single_messages(pipeline: Pipeline, kind: Any) -> None:
    together = pipeline[kind].process(before(pipeline, kind))
    alone = [m for one in before(pipeline, kind) for m in pipeline[kind].process([one])]
    assert [m.get("mine") for m in together] == list(range(len(TEXTS)))
    for one, other in zip(together, alone, strict=True):
        assert near(shown(one), shown(other)), (shown(one), shown(other))
        for mine, theirs in zip(one.features, other.features, strict=True):
            assert np.abs(mine.features - theirs.features).max(initial=0) < 0.2 if mine.is_dense() else True


@pytest.mark.parametrize("kind", NLU)
def test_what_others_left_on_a_message_survives(pipeline: Pipeline, kind: Any) -> None:
    messages = before(pipeline, kind)
    kept = [(m.get("mine"), len(m.features), copy.deepcopy(m.get("entities", []))) for m in messages]
    for message, (mine, features, entities) in zip(pipeline[kind].process(messages), kept, strict=True):
        assert message.get("mine") == mine
        assert len(message.features) >= features
        left = [(e["start"], e["end"]) for e in message.get("entities", [])]
        lost = [e for e in entities if (e["start"], e["end"]) not in left]
        if kind is EntityMerger:  # whose work it is: but only what overlaps another goes
            lost = [e for e in lost if not any(start < e["end"] and e["start"] < end for start, end in left)]
        assert lost == []


@pytest.mark.parametrize("kind", TRAINED)
def test_loading_without_a_trained_part_raises(workshop: Workshop, settings: Settings, kind: Any) -> None:
    with pytest.raises(ModelError, match=r"Train again"):
        workshop.load(kind, **settings.get(kind, {}))


@pytest.mark.parametrize("kind", [*NLU, *POLICIES])
def test_an_unknown_key_is_refused(workshop: Workshop, kind: Any) -> None:
    with pytest.raises(ComponentConfigError, match=f"{kind.__name__} has no key 'treshold'. Known keys: "):
        workshop.create(kind, treshold=1)


@pytest.mark.parametrize("kind", [BertFeaturizer, BertIntentEntityClassifier, OutOfScope, DialoguePolicy])
def test_a_value_of_another_type_is_refused(workshop: Workshop, kind: Any) -> None:
    key = next(k for k, v in kind.get_default_config().items() if isinstance(v, (int, float)))
    with pytest.raises(ComponentConfigError, match=f"{kind.__name__}.{key} is 'many', wanted"):
        workshop.create(kind, **{key: "many"})


def test_a_list_is_taken_where_the_default_is_a_tuple(workshop: Workshop) -> None:
    assert workshop.create(OutOfScope, never_from=["greet"])._options.never_from == ["greet"]
    with pytest.raises(ComponentConfigError, match="OutOfScope.never_from is 'greet', wanted list"):
        workshop.create(OutOfScope, never_from="greet")


@pytest.mark.parametrize("kind", [*NLU, *POLICIES])
def test_it_is_registered_under_its_module_path(kind: Any) -> None:
    found = DefaultV1Recipe._from_registry(f"{kind.__module__}.{kind.__name__}")
    assert found.clazz is kind
    assert found.is_trainable == (kind in TRAINED)


@pytest.mark.parametrize("kind", [*NLU, DialoguePolicy])
def test_a_fingerprint_is_the_same_each_time(settings: Settings, kind: Any) -> None:
    addon = kind.fingerprint_addon(settings.get(kind, {}))
    assert addon == kind.fingerprint_addon(settings.get(kind, {}))
    assert len(addon) == 64


@pytest.mark.parametrize("kind", HELPERS)
def test_its_fingerprint_covers_the_code_behind_it(kind: Any, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kefu", tmp_path / "kefu", ignore=shutil.ignore_patterns("__pycache__"))
    before = sources(kind.__module__, root=tmp_path)
    assert sources(kind.__module__) == before, "a copy of the same code is the same code"
    changed = shutil.copytree(tmp_path / "kefu", tmp_path / "changed" / "kefu").parent
    with (changed / HELPERS[kind]).open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    assert sources(kind.__module__, root=changed) != before


def test_a_fingerprint_knows_the_weights_and_the_further_labels(settings: Settings, tmp_path: Path) -> None:
    own = settings[BertIntentEntityClassifier]
    before = BertIntentEntityClassifier.fingerprint_addon(own)
    labels = Path(shutil.copytree(own["further"], tmp_path / "further"))
    assert BertIntentEntityClassifier.fingerprint_addon({**own, "further": str(labels)}) == before
    with (labels / "both.csv").open("a", encoding="utf-8") as stream:
        stream.write("so nice,positive,low\n")
    assert BertIntentEntityClassifier.fingerprint_addon({**own, "further": str(labels)}) != before
    weights = Path(shutil.copytree(own["model"], tmp_path / "bert"))
    (weights / "config.json").write_text((weights / "config.json").read_text() + " ", encoding="utf-8")
    assert BertIntentEntityClassifier.fingerprint_addon({**own, "model": str(weights)}) != before


@pytest.mark.parametrize("kind", [MixedTokenizer, *TRAINED[:-1]])
def test_a_node_from_the_training_cache_has_a_fingerprint(kind: Any) -> None:
    """Rasa asks for it with the cached result among the keys: the second `rasa train` failed on that."""
    assert len(kind.fingerprint_addon({"output": "cached"})) == 64
