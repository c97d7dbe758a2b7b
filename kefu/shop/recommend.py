"""What to recommend to a speaker: what follows from their purchases, else what sells; with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kefu.knowledge.graph import Fact, Graph, Step, product
from kefu.shop.catalogue import by_ids, in_stock, shelf
from kefu.shop.identity import Identity
from kefu.shop.purchases import purchases_of
from kefu.shop.related import REQUIRED
from kefu.store.records import Product

if TYPE_CHECKING:
    from kefu.store import Transaction

# What follows from having something, the strongest reason first. An alternative to it does not.
FOLLOWS = (
    Step("requires"),
    Step("next"),
    Step("requires", back=True),
    Step("fits", back=True),
    Step("compatible_with"),
    Step("upgrade"),
)
LATELY = 1_000  # of the shop's orders, the newest so many tell what sells


@dataclass(frozen=True)
class Recommendation:
    """A product to recommend: ``fact`` links it to ``owned``, a purchase; without them it is what sells."""

    product: Product
    fact: Fact | None = None
    owned: Product | None = None


@dataclass(frozen=True)
class Recommended:
    """What is recommended. ``bought``: whether the speaker has any purchase that could have been a reason."""

    found: tuple[Recommendation, ...]
    bought: bool

    @property
    def personal(self) -> bool:
        """Whether it follows from purchases."""
        return any(each.fact is not None for each in self.found)


def recommend(
    tx: Transaction,
    identity: Identity,
    *,
    kinds: Collection[str] = (),
    about: Collection[str] = (),
    limit: int = 3,
) -> Recommended:
    """Recommend up to ``limit`` products of ``kinds`` (all, where none is given).

    With ``about`` only these purchases count as a reason. What was ever ordered is not recommended, even
    if it went back, nor what cannot be bought now. What the shop sells most stands in where nothing
    follows from the purchases.
    """
    bought = purchases_of(tx, identity)
    reasons = [owned for owned in bought.kept if not about or owned.product_id in about]
    follows = dict(_following(tx, reasons, bought.owned, bought.ordered))
    there = [p for p in by_ids(tx, follows) if in_stock(p) and (not kinds or p.kind in kinds)]
    found = [Recommendation(p, *follows[p.product_id]) for p in there][:limit]
    if not found and not about:
        found = [Recommendation(p) for p in _selling(tx, bought.ordered, kinds, limit)]
    return Recommended(tuple(found), bool(bought.kept))


def _following(
    tx: Transaction, reasons: Sequence[Product], owned: frozenset[str], ordered: frozenset[str]
) -> Iterator[tuple[str, tuple[Fact, Product]]]:
    """Products that a relation links to a purchase, by id, each with its first reason."""
    graph, seen = shelf(tx).graph, set(ordered)
    for step in FOLLOWS:
        for reason in reasons:
            here = product(reason.product_id)
            for fact in graph.beside(here, (step,)):
                other = fact.other(here).name
                if other not in seen and _ready(graph, other, owned):
                    seen.add(other)
                    yield other, (fact, reason)


def _ready(graph: Graph, product_id: str, owned: frozenset[str]) -> bool:
    """Whether all that a product requires is owned: no course is recommended before its first part."""
    required = graph.walk(product(product_id), REQUIRED)
    return all(path.end.name in owned for path in required)


def _selling(tx: Transaction, ordered: frozenset[str], kinds: Collection[str], limit: int) -> list[Product]:
    """What sold most lately, without what the speaker ordered."""
    sold = [id_ for id_ in tx.orders.sold_lately(most=LATELY) if id_ not in ordered]
    there = (p for p in by_ids(tx, sold) if in_stock(p) and (not kinds or p.kind in kinds))
    return [p for p, _ in zip(there, range(limit), strict=False)]
