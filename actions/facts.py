"""Facts of the product graph in words, so that an answer can name what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from actions.turn import Turn
from kefu.shop.records import Product, Transaction
from kefu.shop.related import Fact, Related, names_of

# {a} stands in the relation to {b}; what stands behind "because" or in a sentence of its own
SAID: Mapping[str, tuple[str, str]] = {
    "requires": ("{a} requires {b}", "{a}需要先有{b}"),
    "next": ("{b} comes after {a}", "{a}之后是{b}"),
    "fits": ("{a} fits {b}", "{a}适用于{b}"),
    "compatible_with": ("{a} goes with {b}", "{a}可以搭配{b}"),
    "alternative": ("{b} can stand in for {a}", "{b}可以替代{a}"),
    "variant_of": ("{a} is another version of {b}", "{a}是{b}的另一款"),
    "upgrade": ("{b} is the next step up from {a}", "{a}可以升级为{b}"),
}


def facts_words(facts: Iterable[Fact], turn: Turn, tx: Transaction) -> str:
    """Facts, each once, as one clause of a sentence without a full stop."""
    told = tuple(dict.fromkeys(facts))
    names, zh = names_of(tx, told, turn.language), turn.language == "zh"
    said = [SAID[f.relation][zh].format(a=names[f.subject.name], b=names[f.object.name]) for f in told]
    return ("；" if zh else "; ").join(said)


def facts_note(facts: Iterable[Fact]) -> dict[str, list[list[str]]]:
    """The same facts as plain values, which a channel or a test can read."""
    told = dict.fromkeys(facts)
    return {"facts": [[fact.subject.name, fact.relation, fact.object.name] for fact in told]}


def facts_of(related: Iterable[Related]) -> list[Fact]:
    """Every fact on the ways to these products, each once, in their order."""
    return list(dict.fromkeys(fact for each in related for fact in each.facts))


def products_of(related: Sequence[Related]) -> list[Product]:
    """The products alone."""
    return [each.product for each in related]
