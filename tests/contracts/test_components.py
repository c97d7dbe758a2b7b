"""What every graph component promises, whatever it does."""

from __future__ import annotations

import copy
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
from kefu.components.entities import EntityFolder, EntityMerger
from kefu.components.featurizer import BertFeaturizer
from kefu.components.fragments import FragmentClassifier
from kefu.components.gibberish import GibberishGate
from kefu.components.knowledge import KnowledgeRetriever
from kefu.components.language import LanguageTagger
from kefu.components.ngrams import CharNgrams
from kefu.components.options import ComponentConfigError
from kefu.components.policy import LanguagePolicy
from kefu.components.tokenizer import MixedTokenizer
from kefu.errors import ModelError
from tests.support.graph import Workshop
from tests.support.tiny_bert import save_tiny_bert

TEXTS = [
    "where is KF10000002", "我的訂單到哪了", "", "👍", "hola quiero devolver mi pedido",
    "耳机 and the keyboard",
]  # fmt: skip
NLU = (
    MixedTokenizer, BertFeaturizer, CharNgrams, EntityFolder, SpacyCatalogExtractor, FragmentClassifier,
    GibberishGate, LanguageTagger, KnowledgeRetriever, EntityMerger,
)  # fmt: skip
TRAINED = (
    BertFeaturizer, CharNgrams, SpacyCatalogExtractor, GibberishGate, KnowledgeRetriever, LanguagePolicy,
)  # fmt: skip

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
    model = str(save_tiny_bert(home / "bert"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_HOME", str(home / "kefu"))
        wiring.store_source.cache_clear()
        yield {
            BertFeaturizer: {"model": model, "alias": "bert"},
            KnowledgeRetriever: {"model": model, "folder": str(passages)},
            CharNgrams: {"min_df": 1},
        }
    wiring.store_source.cache_clear()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="module")
def pipeline(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Every NLU component, trained and loaded in the order of config.yml."""
    shop = Workshop(tmp_path_factory.mktemp("storage"))
    examples = [Message({"text": text, "intent": "x"}) for text in TEXTS]
    loaded: Pipeline = {}
    for kind in NLU:
        loaded[kind] = shop.trained(kind, examples, **settings.get(kind, {}))
    return loaded


def before(pipeline: Pipeline, kind: type[GraphComponent]) -> list[Message]:
    """Messages as they reach ``kind``, with a feature and an entity of somebody else on them."""
    messages = [Message({"text": text, "mine": place}) for place, text in enumerate(TEXTS)]
    for earlier in NLU[: NLU.index(kind)]:
        messages = pipeline[earlier].process(messages)
    return messages


@pytest.mark.parametrize("kind", NLU)
def test_no_messages_give_no_messages(pipeline: Pipeline, kind: Any) -> None:
    assert pipeline[kind].process([]) == []


@pytest.mark.parametrize("kind", NLU)
def test_a_batch_is_as_good_as_single_messages(pipeline: Pipeline, kind: Any) -> None:
    together = pipeline[kind].process(before(pipeline, kind))
    alone = [m for one in before(pipeline, kind) for m in pipeline[kind].process([one])]
    assert [m.get("mine") for m in together] == list(range(len(TEXTS)))
    assert [m.data for m in together] == [m.data for m in alone]
    for one, other in zip(together, alone, strict=True):
        for mine, theirs in zip(one.features, other.features, strict=True):
            # an int8 encoder scales its activations over a whole batch
            assert np.abs(mine.features - theirs.features).max(initial=0) < 0.2 if mine.is_dense() else True


@pytest.mark.parametrize("kind", NLU)
def test_what_others_left_on_a_message_survives(pipeline: Pipeline, kind: Any) -> None:
    messages = before(pipeline, kind)
    kept = [(m.get("mine"), len(m.features), copy.deepcopy(m.get("entities", []))) for m in messages]
    for message, (mine, features, entities) in zip(pipeline[kind].process(messages), kept, strict=True):
        assert message.get("mine") == mine
        assert len(message.features) >= features
        assert len(message.get("entities", [])) >= len(entities)


@pytest.mark.parametrize("kind", TRAINED)
def test_loading_without_a_trained_part_raises(workshop: Workshop, settings: Settings, kind: Any) -> None:
    with pytest.raises(ModelError, match=r"Train again"):
        workshop.load(kind, **settings.get(kind, {}))


@pytest.mark.parametrize("kind", [*NLU, LanguagePolicy])
def test_an_unknown_key_is_refused(workshop: Workshop, kind: Any) -> None:
    with pytest.raises(ComponentConfigError, match=f"{kind.__name__} has no key 'treshold'. Known keys: "):
        workshop.create(kind, treshold=1)


@pytest.mark.parametrize("kind", [BertFeaturizer, CharNgrams, KnowledgeRetriever])
def test_a_value_of_another_type_is_refused(workshop: Workshop, kind: Any) -> None:
    key = next(k for k, v in kind.get_default_config().items() if isinstance(v, (int, float)))
    with pytest.raises(ComponentConfigError, match=f"{kind.__name__}.{key} is 'many', wanted"):
        workshop.create(kind, **{key: "many"})


@pytest.mark.parametrize("kind", [*NLU, LanguagePolicy])
def test_it_is_registered_under_its_module_path(kind: Any) -> None:
    found = DefaultV1Recipe._from_registry(f"{kind.__module__}.{kind.__name__}")
    assert found.clazz is kind
    assert found.is_trainable == (kind in TRAINED)


@pytest.mark.parametrize("kind", [MixedTokenizer, *TRAINED[:4]])
def test_its_fingerprint_covers_its_helpers(settings: Settings, kind: Any) -> None:
    addon = kind.fingerprint_addon(settings.get(kind, {}))
    assert addon == kind.fingerprint_addon(settings.get(kind, {}))
    assert len(addon) == 64
