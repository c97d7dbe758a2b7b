"""The catalogue and its graph behind rasa-sdk's interface of knowledge bases.

rasa-sdk's own action over it speaks fixed English and is not used; ours take from here which thing of a
list is meant, and whatever else knows rasa-sdk's interface (an action of a shop's own) finds all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from rasa_sdk.knowledge_base.storage import KnowledgeBase

from kefu.shop import catalogue
from kefu.shop.money import Money
from kefu.shop.records import Product, Transaction
from kefu.shop.related import links_of

Read = Callable[[], AbstractContextManager[Transaction]]
Object = dict[str, Any]


class KefuKnowledgeBase(KnowledgeBase):
    """An object type is a kind of product, an object one product as plain values.

    Its key attribute is ``id``, its representation the name in ``language``; beside its own attributes
    each relation is one, with the ids that it leads to. What is a coroutine reads off the event loop.
    """

    def __init__(self, read: Read, *, language: str) -> None:
        super().__init__()
        self._read = read
        self._language = language

    def get_object_types(self) -> list[str]:
        """The kinds of products that there are, in the catalogue's order."""
        with self._read() as tx:
            products = catalogue.shelf(tx).products.values()
            return list(dict.fromkeys(product.kind for product in products))

    async def get_attributes_of_object(self, object_type: str) -> list[str]:
        """Every attribute that any product of the kind has."""
        found = await self._found(object_type)
        return list(dict.fromkeys(name for each in found for name in each))

    async def get_objects(
        self, object_type: str, attributes: Sequence[Mapping[str, str]], limit: int = 5
    ) -> list[Object]:
        """Products of a kind that can be bought now and have these attributes, cheapest first."""
        found = await self._found(object_type, in_stock=True)
        return [each for each in found if _has(each, attributes)][:limit]

    async def get_object(self, object_type: str, object_identifier: str) -> Object | None:
        """The one product of a kind with this id, else with this in its name; None unless it is one."""
        found, wanted = await self._found(object_type), str(object_identifier).casefold()
        by_id = [each for each in found if each["id"].casefold() == wanted]
        fitting = by_id or [each for each in found if any(wanted in name for name in _names(each))]
        return fitting[0] if len(fitting) == 1 else None

    def mentioned(self, ordinal: str, listed: Sequence[str]) -> str | None:
        """Which of the ids ``listed`` an ordinal ("2", "last") means; None where it means none of them."""
        meant = self.ordinal_mention_mapping.get(ordinal.upper())
        counted = ordinal.isdecimal() and int(ordinal) > len(listed)
        return None if meant is None or counted or not listed else str(meant(list(listed)))

    async def _found(self, kind: str, *, in_stock: bool = False) -> list[Object]:
        return await asyncio.to_thread(self._of_kind, kind, in_stock)

    def _of_kind(self, kind: str, in_stock: bool) -> list[Object]:
        with self._read() as tx:
            found = catalogue.search(tx, catalogue.Wish(kinds=(kind,), in_stock=in_stock))
            return [self._object(tx, product) for product in found]

    def _object(self, tx: Transaction, product: Product) -> Object:
        """A product as plain values; lists as lists, money as a decimal beside its currency."""
        own = {key: catalogue.attribute(product, key).value for key in catalogue.keys_of(product)}
        return {
            "id": product.product_id,
            "name": product.name(self._language),
            "name_en": product.name_en,
            "name_zh": product.name_zh,
            "category": product.category,
            "price": str(Money(product.price, product.currency).decimal),
            "currency": product.currency,
            "stock": product.stock,
            "variants": [variant.name for variant in product.variants],
            **{key: list(value) if isinstance(value, tuple) else value for key, value in own.items()},
            **links_of(tx, product),
        }


def _names(each: Object) -> tuple[str, str]:
    return each["name_en"].casefold(), each["name_zh"].casefold()


def _has(each: Object, attributes: Sequence[Mapping[str, str]]) -> bool:
    return all(_is(each.get(wanted["name"]), str(wanted["value"])) for wanted in attributes)


def _is(value: Any, wanted: str) -> bool:
    several = value if isinstance(value, list) else [value]
    return wanted.casefold() in (str(one).casefold() for one in several if one is not None)
