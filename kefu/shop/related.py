"""How products stand to each other, each answer with the facts of the graph that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kefu.knowledge.graph import CLAUSE, PRODUCT, Fact, Step, product
from kefu.shop.catalogue import Wish, by_ids, in_stock, search, shelf
from kefu.store.records import Product

if TYPE_CHECKING:
    from kefu.store import Transaction

ALTERNATIVE = (Step("alternative"),)
REQUIRED = (Step("requires"),)
TOGETHER = (Step("fits", back=True), Step("compatible_with"), Step("fits"))
BEFORE = (Step("requires"), Step("next", back=True))
AFTER = (Step("next"), Step("requires", back=True))

__all__ = [
    "Fact",
    "Fit",
    "Needs",
    "Related",
    "Way",
    "accessories",
    "alternatives",
    "clauses_of",
    "course_path",
    "fits",
    "links_of",
    "names_of",
    "needs",
]


@dataclass(frozen=True)
class Related:
    """A product and the facts that lead to it; no facts: it is only of the same category."""

    product: Product
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Fit:
    """Whether two products go together.

    ``yes``, by ``facts``; ``not_listed``: the catalogue lists what goes with one of them, without the
    other; ``unknown``: it lists nothing. ``listed`` is what it does list.
    """

    status: str
    facts: tuple[Fact, ...] = ()
    listed: tuple[Related, ...] = ()


@dataclass(frozen=True)
class Way:
    """The courses that come before and after a course, nearest first."""

    before: tuple[Related, ...] = ()
    after: tuple[Related, ...] = ()


@dataclass(frozen=True)
class Needs:
    """What else somebody needs for a product.

    ``missing`` and ``owned`` are what it requires, and what that requires in turn; ``extras`` go with it
    and are not required, as far as they are not owned and can be bought.
    """

    missing: tuple[Related, ...] = ()
    owned: tuple[Related, ...] = ()
    extras: tuple[Related, ...] = ()


def alternatives(tx: Transaction, this: Product, *, limit: int = 3) -> list[Related]:
    """What may be bought instead: what the catalogue names, then its category, nearest price first.

    Nothing that is out of stock.
    """
    named = [r for r in _reached(tx, this, ALTERNATIVE, deepest=1) if in_stock(r.product)]
    named.sort(key=lambda related: abs(related.product.price - this.price))
    known = {this.product_id, *(related.product.product_id for related in named)}
    wish = Wish(kinds=(this.kind,), categories=(this.category,))
    near = search(tx, wish, near=this.price, limit=limit + len(known))
    return [*named, *(Related(p) for p in near if p.product_id not in known)][:limit]


def accessories(tx: Transaction, this: Product) -> list[Related]:
    """What goes with a product, whichever of the two rows says so."""
    return _reached(tx, this, TOGETHER, deepest=1)


def fits(tx: Transaction, left: Product, right: Product) -> Fit:
    """Whether two products go together."""
    ends = product(left.product_id), product(right.product_id)
    # "the case fits the earbuds" is said of whichever of the two is named first
    fact = shelf(tx).graph.between(*ends, (Step("fits"), Step("fits", back=True), Step("compatible_with")))
    if fact is not None:
        return Fit("yes", (fact,))
    listed = accessories(tx, left) or accessories(tx, right)
    return Fit("not_listed", listed=tuple(listed)) if listed else Fit("unknown")


def course_path(tx: Transaction, this: Product) -> Way:
    """What a course requires and what follows it, whichever of the two rows says so."""
    return Way(tuple(_reached(tx, this, BEFORE)), tuple(_reached(tx, this, AFTER)))


def needs(tx: Transaction, this: Product, *, owned: frozenset[str]) -> Needs:
    """What else is needed for a product by somebody who owns the products ``owned``."""
    required = _reached(tx, this, REQUIRED)
    besides = {related.product.product_id for related in required} | owned
    extras = [r for r in accessories(tx, this) if r.product.product_id not in besides and in_stock(r.product)]
    return Needs(
        missing=tuple(related for related in required if related.product.product_id not in owned),
        owned=tuple(related for related in required if related.product.product_id in owned),
        extras=tuple(extras),
    )


def clauses_of(tx: Transaction, this: Product) -> tuple[str, ...]:
    """The clauses that cover a product, the shop's own rows first."""
    facts = shelf(tx).graph.about(product(this.product_id), "covered_by")
    return tuple(fact.object.name for fact in facts if fact.object.what == CLAUSE)


def links_of(tx: Transaction, this: Product) -> dict[str, list[str]]:
    """Each relation of which a product is the subject, with the ids of products and clauses it leads to."""
    links: dict[str, list[str]] = {}
    for fact in shelf(tx).graph.about(product(this.product_id)):
        links.setdefault(fact.relation, []).append(fact.object.name)
    return links


def names_of(tx: Transaction, facts: Sequence[Fact], language: str) -> dict[str, str]:
    """What the products in ``facts`` are called, by id."""
    known = shelf(tx).products
    ends = [end for fact in facts for end in (fact.subject, fact.object) if end.what == PRODUCT]
    return {end.name: known[end.name].name(language) for end in ends}


def _reached(
    tx: Transaction, this: Product, steps: Sequence[Step], *, deepest: int | None = None
) -> list[Related]:
    """The products to which ``steps`` lead, nearest first, as they stand now."""
    graph, start = shelf(tx).graph, product(this.product_id)
    paths = graph.walk(start, steps) if deepest is None else graph.walk(start, steps, deepest=deepest)
    ways = {path.end.name: path.facts for path in paths if path.end.what == PRODUCT}
    return [Related(found, ways[found.product_id]) for found in by_ids(tx, ways)]
