"""Products, variants, order numbers and codes in a message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.options import defaults, fingerprint, typed
from kefu.components.refreshing import Refreshing
from kefu.components.resources import trained
from kefu.language import aliases, catalogue, entities, numbers, text, words
from kefu.language.catalogue import Catalogue
from kefu.language.entities import CatalogueMatcher
from kefu.language.lexicon import Lexicon
from kefu.language.numbers import Found
from kefu.language.weights import packaged_vocabulary

_FILE, _COUNTER = "catalogue.json", "catalogue"


@dataclass(frozen=True)
class CatalogueOptions:
    """``shop``: the folder whose tables are learnt, empty for data/shop.

    ``follow_store``: whether a running assistant reads the store and follows its changes.
    """

    shop: str = ""
    follow_store: bool = True


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SpacyCatalogExtractor(GraphComponent, EntityExtractorMixin):
    """Finds the entities of the shop's catalogue; knows the store's, else the one it was trained on."""

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["spacy", "rapidfuzz"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of CatalogueOptions and their values."""
        return defaults(CatalogueOptions)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The shop's tables and the sources of the matcher."""
        options = typed(CatalogueOptions, {**defaults(CatalogueOptions), **config}, component=cls.__name__)
        shop = wiring.packaged_catalogue(options.shop)
        return fingerprint(shop.digest(), aliases, catalogue, entities, numbers, text, words)

    def __init__(
        self,
        options: CatalogueOptions,
        *,
        model_storage: ModelStorage,
        resource: Resource,
        matcher: Refreshing[CatalogueMatcher] | None = None,
    ) -> None:
        self._options = options
        self._storage = model_storage
        self._resource = resource
        self._matcher = matcher

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyCatalogExtractor:
        """An extractor that is yet to read a catalogue."""
        options = typed(CatalogueOptions, config, component=cls.__name__)
        return cls(options, model_storage=model_storage, resource=resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpacyCatalogExtractor:
        """The trained extractor, following the store; ModelError where the model holds no catalogue."""
        options = typed(CatalogueOptions, config, component=cls.__name__)
        with trained(model_storage, resource, _FILE) as folder:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        matcher = _following(
            Catalogue.from_dict(kept["catalogue"]), Lexicon.of(kept["lexicon"]), follow=options.follow_store
        )
        return cls(options, model_storage=model_storage, resource=resource, matcher=matcher)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the shop's catalogue and the word frequencies in the model."""
        kept = {
            "catalogue": wiring.packaged_catalogue(self._options.shop).as_dict(),
            "lexicon": Lexicon.read(packaged_vocabulary()).words(),
        }
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the catalogue's entities to each message."""
        if self._matcher is None:
            raise ValueError("SpacyCatalogExtractor has no catalogue yet: use SpacyCatalogExtractor.load.")
        matcher = self._matcher.value
        for message in messages:
            found = [_entity(f) for f in matcher.find(message.get(TEXT) or "")]
            added = self.add_extractor_name(found)
            message.set(ENTITIES, message.get(ENTITIES, []) + added, add_to_output=True)
        return messages


def _entity(found: Found) -> dict[str, Any]:
    return {
        "entity": found.entity,
        "start": found.start,
        "end": found.end,
        "value": found.value,
        "confidence_entity": found.confidence,
        **found.extra,
    }


def _following(known: Catalogue, lexicon: Lexicon, *, follow: bool) -> Refreshing[CatalogueMatcher]:
    """A matcher over the store's catalogue, or ``known`` where there is no store."""
    if not follow:
        return Refreshing(CatalogueMatcher(known, lexicon), counted=None)
    source = wiring.store_source()

    def build() -> CatalogueMatcher:
        return CatalogueMatcher(source.catalogue() or known, lexicon)

    def counter() -> int | None:
        return source.counter(_COUNTER)

    counted = counter()  # before the first build: a change in between is then seen
    following = Refreshing(build(), counted=counted)
    following.watch(counter, build, name=_COUNTER)
    return following
