"""Products, variants, order numbers, codes and dates in a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.base import Trained
from kefu.components.refreshing import Refreshing
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


@dataclass(frozen=True)
class Shop:
    """What is heard of a shop, and the time zone in which it counts days."""

    matcher: CatalogueMatcher
    zone: ZoneInfo


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SpacyCatalogExtractor(Trained[CatalogueOptions, Refreshing[Shop]], EntityExtractorMixin):
    """Finds numbers, dates and what the catalogue names: the store's, else the one it was trained on.

    What "tomorrow" is, ``now`` tells in the shop's time zone. Nothing is learnt from the clock.
    """

    options_type = CatalogueOptions
    packages = ("spacy", "rapidfuzz")
    files = (_FILE,)
    now: Callable[[], datetime] = staticmethod(_utc_now)

    @classmethod
    def inputs(cls, options: CatalogueOptions) -> list[str]:
        """The shop's tables and its time zone."""
        return [wiring.packaged_catalogue(options.shop).digest(), wiring.packaged_zone(options.shop).key]

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Keep the shop's catalogue and the word frequencies."""
        kept = {
            "catalogue": wiring.packaged_catalogue(self._options.shop).as_dict(),
            "zone": wiring.packaged_zone(self._options.shop).key,
            "lexicon": Lexicon.read(packaged_vocabulary()).words(),
        }
        (folder / _FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, options: CatalogueOptions) -> Refreshing[Shop]:
        """A matcher over what was kept, which follows the store."""
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        known, lexicon = Catalogue.from_dict(kept["catalogue"]), Lexicon.of(kept["lexicon"])
        return _following(known, lexicon, ZoneInfo(kept["zone"]), follow=options.follow_store)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the catalogue's entities to each message."""
        shop = self.learnt.value
        today = self.now().astimezone(shop.zone).date()
        for message in messages:
            found = [_entity(f) for f in shop.matcher.find(message.get(TEXT) or "", today=today)]
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


def _following(known: Catalogue, lexicon: Lexicon, zone: ZoneInfo, *, follow: bool) -> Refreshing[Shop]:
    """The store's catalogue and time zone, or those ``known`` where there is no store."""
    if not follow:
        return Refreshing(Shop(CatalogueMatcher(known, lexicon), zone), counted=None)
    source = wiring.store_source()

    def build() -> Shop:
        return Shop(CatalogueMatcher(source.catalogue() or known, lexicon), source.zone() or zone)

    def counter() -> int | None:
        return source.counter(_COUNTER)

    counted = counter()  # before the first build: a change in between is then seen
    following = Refreshing(build(), counted=counted)
    following.watch(counter, build, name=_COUNTER)
    return following
