"""How products stand to each other, and which clauses cover them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.knowledge_records import Relation
from kefu.store.products import CATALOGUE

_TABLE = schema.relations
_FIELDS = ("product_id", "kind", "other_id", "clause")
_SELECT = sa.select(*(_TABLE.c[name] for name in _FIELDS)).order_by(_TABLE.c.relation_id)


class Relations(Repository):
    """Typed relations, in the order in which they were loaded; only the seed writes them."""

    def all(self) -> list[Relation]:
        """Every relation."""
        return [Relation(**row) for row in self._all(_SELECT)]

    def of_product(self, product_id: str, *, kind: str | None = None) -> list[Relation]:
        """What is said of a product, of one kind where it is given; what others say of it is not in it."""
        return self._told(_SELECT.where(_TABLE.c.product_id == product_id), kind)

    def naming(self, product_id: str, *, kind: str | None = None) -> list[Relation]:
        """What other products say of this one."""
        return self._told(_SELECT.where(_TABLE.c.other_id == product_id), kind)

    def replace_of(self, product_ids: Sequence[str], relations: Sequence[Relation]) -> None:
        """Put these relations in place of all that was said of these products; bumps ``catalogue``."""
        if product_ids:
            gone = sa.delete(_TABLE).where(_TABLE.c.product_id == sa.bindparam("of_product"))
            self._run(gone, [{"of_product": product_id} for product_id in product_ids])
        rows = [{name: getattr(relation, name) for name in _FIELDS} for relation in relations]
        if rows:
            self._run(sa.insert(_TABLE), rows)
        self._bump(schema.counters, CATALOGUE)

    def _told(self, statement: Any, kind: str | None) -> list[Relation]:
        wanted = statement if kind is None else statement.where(_TABLE.c.kind == kind)
        return [Relation(**row) for row in self._all(wanted)]
