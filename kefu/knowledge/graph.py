"""The product graph: typed relations between products, variants and clauses; facts, and ways along them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

PRODUCT, VARIANT, CLAUSE = "product", "variant", "clause"
VARIANT_OF, COVERED_BY = "variant_of", "covered_by"
#: Relations that hold from either end, whichever of the two rows says so.
SYMMETRIC = frozenset({"compatible_with", "alternative"})
DEEPEST, MOST = 16, 200  # relations on one way, and things found, unless a caller wants others

Row = TypeVar("Row", covariant=True)


class Named(Protocol):
    """A variant of a product."""

    @property
    def name(self) -> str:
        """What it is called."""


class Listed(Protocol):
    """A product, as far as the graph looks at it."""

    @property
    def product_id(self) -> str:
        """Which product it is."""

    @property
    def kind(self) -> str:
        """What it is, as the policy tells products apart."""

    @property
    def variants(self) -> Sequence[Named]:
        """What there is of it."""


class Related(Protocol):
    """A row of the relations: a product, and another product or a clause."""

    @property
    def product_id(self) -> str:
        """Of which product it is said."""

    @property
    def kind(self) -> str:
        """The relation."""

    @property
    def other_id(self) -> str | None:
        """The other product."""

    @property
    def clause(self) -> str | None:
        """The clause."""


class Table(Protocol[Row]):
    """Rows that can be read."""

    def all(self) -> Sequence[Row]:
        """Every row, in the shop's own order."""


class CatalogueSource(Protocol):
    """Where a catalogue and its relations stand; a transaction of the store is one."""

    @property
    def products(self) -> Table[Listed]:
        """The products."""

    @property
    def relations(self) -> Table[Related]:
        """The relations."""


@dataclass(frozen=True)
class Thing:
    """A node: a product or a clause by its id, a variant by its name and its product (``of``)."""

    what: str  # product | variant | clause
    name: str
    of: str | None = None


@dataclass(frozen=True)
class Fact:
    """One thing that is known: ``subject`` stands in ``relation`` to ``object``.

    ``Fact(product("advanced"), "requires", product("basics"))``: the advanced course requires the basics.
    """

    subject: Thing
    relation: str
    object: Thing

    def other(self, end: Thing) -> Thing:
        """The end that is not ``end``."""
        return self.object if end == self.subject else self.subject


@dataclass(frozen=True)
class Step:
    """A relation that a walk may follow: from subject to object, or ``back`` from object to subject.

    A symmetric relation is followed both ways in any case.
    """

    relation: str
    back: bool = False


@dataclass(frozen=True)
class Path:
    """A way from ``start`` along ``facts``, each of which joins where the one before it ended."""

    start: Thing
    facts: tuple[Fact, ...]

    @property
    def things(self) -> tuple[Thing, ...]:
        """Every thing on the way, the start first."""
        passed = [self.start]
        for fact in self.facts:
            passed.append(fact.other(passed[-1]))
        return tuple(passed)

    @property
    def end(self) -> Thing:
        """Where the way leads."""
        return self.things[-1]


def product(product_id: str) -> Thing:
    """The node of a product."""
    return Thing(PRODUCT, product_id)


class Graph:
    """Facts, each once, and what follows from them. Nothing of it changes; threads may share it."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.facts = tuple(dict.fromkeys(facts))
        self._of = _by_end(self.facts, "subject")
        self._naming = _by_end(self.facts, "object")

    @classmethod
    def of(cls, source: CatalogueSource, *, clauses: Mapping[str, Sequence[str]]) -> Graph:
        """The graph of a catalogue; ``clauses`` gives those by which a whole kind of products is covered.

        What names a product that is not in the catalogue is left out.
        """
        products = source.products.all()
        known = {listed.product_id for listed in products}
        rows = [row for row in source.relations.all() if row.product_id in known]
        told = [fact for row in rows for fact in _told(row, known)]
        return cls([*told, *(fact for listed in products for fact in _own(listed, clauses))])

    def about(self, thing: Thing, *relations: str) -> tuple[Fact, ...]:
        """The facts of which ``thing`` is the subject, of these relations or of all."""
        return _among(self._of.get(thing, ()), relations)

    def naming(self, thing: Thing, *relations: str) -> tuple[Fact, ...]:
        """The facts of which ``thing`` is the object, of these relations or of all."""
        return _among(self._naming.get(thing, ()), relations)

    def beside(self, thing: Thing, steps: Iterable[Step]) -> tuple[Fact, ...]:
        """The facts that lead to the neighbours of ``thing``, each once, in the order of ``steps``."""
        found: dict[Thing, Fact] = {}
        for step in steps:
            for fact in self._along(thing, step):
                if fact.other(thing) != thing:
                    found.setdefault(fact.other(thing), fact)
        return tuple(found.values())

    def walk(
        self, start: Thing, steps: Sequence[Step], *, deepest: int = DEEPEST, most: int = MOST
    ) -> tuple[Path, ...]:
        """A shortest way to each thing that ``steps`` reach from ``start``, nearest first; never to itself.

        A circle ends, since nothing is entered twice. At most ``most`` things, ``deepest`` facts away.
        """
        found: dict[Thing, Path] = {start: Path(start, ())}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            way = found[here]
            if len(way.facts) >= deepest:
                break  # those behind it in the queue are as far away
            for fact in self.beside(here, steps):
                there = fact.other(here)
                if there not in found and len(found) <= most:
                    found[there] = Path(start, (*way.facts, fact))
                    queue.append(there)
        return tuple(path for path in found.values() if path.facts)

    def between(self, left: Thing, right: Thing, steps: Iterable[Step]) -> Fact | None:
        """The first fact by which one of ``steps`` leads straight from one thing to the other, or None."""
        facts = (fact for step in steps for fact in self._along(left, step))
        return next((fact for fact in facts if fact.other(left) == right), None)

    def _along(self, thing: Thing, step: Step) -> Iterator[Fact]:
        if not step.back or step.relation in SYMMETRIC:
            yield from self.about(thing, step.relation)
        if step.back or step.relation in SYMMETRIC:
            yield from self.naming(thing, step.relation)


def _by_end(facts: Iterable[Fact], end: str) -> dict[Thing, tuple[Fact, ...]]:
    found: dict[Thing, list[Fact]] = {}
    for fact in facts:
        found.setdefault(getattr(fact, end), []).append(fact)
    return {thing: tuple(told) for thing, told in found.items()}


def _among(facts: tuple[Fact, ...], relations: Sequence[str]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.relation in relations) if relations else facts


def _told(row: Related, known: set[str]) -> Iterator[Fact]:
    if row.clause is not None:
        yield Fact(product(row.product_id), row.kind, Thing(CLAUSE, row.clause))
    elif row.other_id in known and row.other_id != row.product_id:
        yield Fact(product(row.product_id), row.kind, product(str(row.other_id)))


def _own(listed: Listed, clauses: Mapping[str, Sequence[str]]) -> Iterator[Fact]:
    """What a product's own row says: its variants, and the clauses of its kind."""
    here = product(listed.product_id)
    for variant in listed.variants:
        yield Fact(Thing(VARIANT, variant.name, of=listed.product_id), VARIANT_OF, here)
    for clause in clauses.get(listed.kind, ()):
        yield Fact(here, COVERED_BY, Thing(CLAUSE, clause))
