"""Which order or line a customer means, from what they said, what they were shown and what they own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kefu.shop.identity import Identity, may_see, visible_orders
from kefu.shop.money import MINOR_UNITS
from kefu.store.records import Order, OrderLine

if TYPE_CHECKING:
    from kefu.store import Transaction

ALL = ("both", "all")
SHORT_NUMBER = 3  # so many last digits of an order number people write to tell their orders apart
SEVERAL = 2  # pieces from which "both" and "all of them" have something to mean
WHOLE_LIST = re.compile(r"\borders\b|everything|订单|訂單|全部|所有", re.IGNORECASE)
NUMBERS = re.compile(r"\d+(?:\.\d{1,2})?")

Judge = Callable[[Order, OrderLine], bool]


@dataclass(frozen=True)
class Mention:
    """What a message says about its object. ``ordinal``: "1", "2", …, "last", "other", "both" or "all".

    ``kinds`` are kinds or categories of products. ``variant`` only where it tells what the customer
    has, not what they wish for instead.
    """

    order_numbers: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ordinal: str | None = None
    variant: str | None = None
    text: str = ""

    @property
    def names_thing(self) -> bool:
        """Whether a product or a kind of product is named."""
        return bool(self.product_ids or self.kinds)


@dataclass(frozen=True)
class Target:
    """An order, or one line of it."""

    order_number: str
    line: int | None = None

    def covers(self, order_number: str, line: int) -> bool:
        """Whether a line is this target or part of it."""
        return self.order_number == order_number and self.line in (None, line)


@dataclass(frozen=True)
class Choice:
    """What was meant.

    ``one``: settled; ``targets`` holds it (more than one only after "both" or "all").
    ``many``: the customer has to choose among ``targets``, those that suit first.
    ``none``: nothing of theirs is meant or suits; ``targets`` holds what they have and does not suit.
    ``contradiction``: the named order does not hold the named product; ``targets`` is what it holds.
    ``not_visible``: the named order is not there or not theirs.
    """

    status: str
    targets: tuple[Target, ...] = ()


def choose(
    tx: Transaction,
    identity: Identity,
    mention: Mention,
    *,
    suits: Judge,
    offered: Sequence[Target] = (),
    focus: Target | str | None = None,
    whole_orders: bool,
) -> Choice:
    """Find what ``mention`` means among the speaker's lines.

    ``suits`` judges a line for the task at hand (``operations.suitable``); ``offered`` is what the
    assistant listed last, ``focus`` what was spoken of last (an order number or a target). With
    ``whole_orders`` the targets are orders, except where the words name some lines of an order only.
    """
    orders = _orders(tx, identity, mention)
    if not orders and mention.order_numbers:
        return Choice("not_visible")
    every = [(order, line) for order in orders for line in order.lines]
    named = [(order, line) for order, line in every if _is_named(line, mention)]
    if every and not named and mention.order_numbers:
        return Choice("contradiction", tuple(Target(order.order_number, line.line) for order, line in every))
    candidates = [_Candidate(order, line, suits(order, line)) for order, line in named]
    here = Target(focus) if isinstance(focus, str) else focus
    chooser = _Chooser(mention, tuple(dict.fromkeys(offered)), here, whole_orders)
    return chooser.choose(candidates) if candidates else Choice("none")


def _orders(tx: Transaction, identity: Identity, mention: Mention) -> list[Order]:
    if not mention.order_numbers:
        return visible_orders(tx, identity)
    seen = (may_see(tx, identity, number) for number in dict.fromkeys(mention.order_numbers))
    return [order for order in seen if order is not None]


def _is_named(line: OrderLine, mention: Mention) -> bool:
    if mention.product_ids:
        return line.product.product_id in mention.product_ids
    return not mention.kinds or bool({line.product.kind, line.product.category} & set(mention.kinds))


@dataclass(frozen=True)
class _Candidate:
    """A line that the words do not speak against."""

    order: Order
    line: OrderLine
    suits: bool

    def within(self, targets: Iterable[Target]) -> bool:
        return any(target.covers(self.order.order_number, self.line.line) for target in targets)


@dataclass(frozen=True)
class _Chooser:
    """One choice: what was said, what was shown, what was spoken of last."""

    mention: Mention
    offered: tuple[Target, ...]
    focus: Target | None
    whole: bool

    def choose(self, candidates: list[_Candidate]) -> Choice:
        shown = [candidate for candidate in candidates if candidate.within(self.offered)]
        pool = shown or candidates
        told = _told_apart(pool, self.mention)
        if self.mention.ordinal:
            return self._by_ordinal(self.mention.ordinal, told, bool(shown))
        named = bool(self.mention.names_thing or self.mention.order_numbers or len(told) < len(pool))
        return self._settle(told, named=True) if named else self._without_words(told)

    def _without_words(self, pool: list[_Candidate]) -> Choice:
        """Nothing is named ("cancel it"): what was spoken of last, else whatever suits."""
        return self._settle(self._in_focus(pool) or pool, named=False)

    def _in_focus(self, pool: list[_Candidate]) -> list[_Candidate]:
        return [candidate for candidate in pool if self.focus and candidate.within([self.focus])]

    def _settle(self, pool: list[_Candidate], *, named: bool) -> Choice:
        suitable = [candidate for candidate in pool if candidate.suits]
        if len(self._targets(suitable)) > 1:
            suitable = self._in_focus(suitable) or suitable
        best = self._targets(suitable or pool)
        if len(best) == 1:
            return Choice("one", best)
        if not suitable and not named:
            return Choice("none", best)
        rest = self._targets(pool) if named else ()
        return Choice("many", tuple(dict.fromkeys((*best, *rest))))

    def _by_ordinal(self, ordinal: str, pool: list[_Candidate], shown: bool) -> Choice:
        options = self._options(pool, shown)
        if ordinal in ALL:
            return self._all_pieces(pool, shown) or Choice("one", self._everything(options, pool))
        if ordinal == "last":
            return self._resolve(self._newest(pool, shown), pool)
        if ordinal == "other":
            return self._other_piece(pool, shown) or self._other(options, pool)
        place = int(ordinal) if ordinal.isdecimal() else 0
        if 1 <= place <= len(options):
            return self._resolve(options[place - 1], pool)
        return Choice("many", options)

    def _options(self, pool: list[_Candidate], shown: bool) -> tuple[Target, ...]:
        """What an ordinal counts: the list as it was shown, else what suits, newest first."""
        if shown:
            return tuple(t for t in self.offered if any(candidate.within([t]) for candidate in pool))
        return self._targets([candidate for candidate in pool if candidate.suits] or pool)

    def _everything(self, options: tuple[Target, ...], pool: list[_Candidate]) -> tuple[Target, ...]:
        if self.whole:
            return options
        return self._targets([candidate for candidate in pool if candidate.within(options)])

    def _newest(self, pool: list[_Candidate], shown: bool) -> Target:
        """ "My last order" is the newest one, whether it suits or not; of one order's lines the last."""
        options = self._options(pool, shown) if shown else self._targets(pool)
        placed = {candidate.order.order_number: candidate.order.placed_at for candidate in pool}
        if len({target.order_number for target in options}) == 1:
            return options[-1]
        return max(options, key=lambda target: placed[target.order_number])

    def _other_piece(self, pool: list[_Candidate], shown: bool) -> Choice | None:
        """Of two of one thing just spoken of, "the other one" is the second piece, not another purchase."""
        here = [candidate for candidate in self._in_focus(pool) if candidate.suits]
        return self._settle(here, named=True) if not shown and _is_several_of_one(here) else None

    def _all_pieces(self, pool: list[_Candidate], shown: bool) -> Choice | None:
        """ "Both are broken" is about what was just spoken of, if that is several."""
        here = self._in_focus(pool)
        if shown or _pieces(here) < SEVERAL or WHOLE_LIST.search(self.mention.text):
            return None
        return Choice("one", self._targets([candidate for candidate in here if candidate.suits] or here))

    def _other(self, options: tuple[Target, ...], pool: list[_Candidate]) -> Choice:
        """The one that is not the focus; what does not suit counts only where nothing else is left."""
        left = self._outside_focus(options) or self._outside_focus(self._targets(pool))
        if len(left) == 1:
            return self._resolve(left[0], pool)
        return Choice("many", left or options)

    def _outside_focus(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        focus = self.focus
        if focus is None:
            return targets
        return tuple(
            target
            for target in targets
            if target.order_number != focus.order_number
            or None not in (target.line, focus.line)
            and target.line != focus.line
        )

    def _resolve(self, target: Target, pool: list[_Candidate]) -> Choice:
        """A target as the task needs it: an order is narrowed to its lines where lines are wanted."""
        if self.whole or target.line is not None:
            return Choice("one", (target,))
        return self._settle([candidate for candidate in pool if candidate.within([target])], named=True)

    def _targets(self, pool: list[_Candidate]) -> tuple[Target, ...]:
        return tuple(dict.fromkeys(self._target(candidate, pool) for candidate in pool))

    def _target(self, candidate: _Candidate, pool: list[_Candidate]) -> Target:
        order = candidate.order
        meant = [other for other in pool if other.order.order_number == order.order_number]
        some_only = self.mention.names_thing and len(meant) < len(order.lines)
        return Target(order.order_number, None if self.whole and not some_only else candidate.line.line)


def _pieces(candidates: list[_Candidate]) -> int:
    return sum(candidate.line.quantity for candidate in candidates)


def _is_several_of_one(candidates: list[_Candidate]) -> bool:
    return len(candidates) == 1 and candidates[0].line.quantity > 1


def _told_apart(pool: list[_Candidate], mention: Mention) -> list[_Candidate]:
    """Narrow by what people add to tell things apart; a detail that fits nothing is left aside."""
    for fits in (_has_variant, _has_number, _has_price):
        kept = [candidate for candidate in pool if fits(candidate, mention)]
        pool = kept or pool
    return pool


def _has_variant(candidate: _Candidate, mention: Mention) -> bool:
    mine, said = candidate.line.variant, mention.variant
    return mine is not None and said is not None and mine.casefold() == said.casefold()


def _has_number(candidate: _Candidate, mention: Mention) -> bool:
    """The end of the order number ("the one ending in 0003")."""
    said = (number for number in NUMBERS.findall(mention.text) if len(number) >= SHORT_NUMBER)
    return any(candidate.order.order_number.endswith(number) for number in said)


def _has_price(candidate: _Candidate, mention: Mention) -> bool:
    """What the line or the order cost ("the 149 dollar one")."""
    said = {Decimal(number) * MINOR_UNITS for number in NUMBERS.findall(mention.text) if len(number) > 1}
    return bool(said & {Decimal(candidate.line.unit_price), Decimal(candidate.order.total)})
