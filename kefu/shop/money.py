"""Amounts of money: whole minor units with their currency, never floats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from kefu.errors import ConfigError

MINOR_UNITS = 100  # the store keeps every amount in hundredths


@dataclass(frozen=True)
class Money:
    """``amount`` in minor units (cents) of the ISO 4217 ``currency``.

    >>> Money(7900, "USD") + Money(500, "USD")
    Money(amount=8400, currency='USD')
    """

    amount: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a decimal amount such as ``200.00``; raises ConfigError when it is none."""
        try:
            minor = Decimal(text) * MINOR_UNITS
        except InvalidOperation:
            minor = Decimal("NaN")
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise ConfigError(f"found the amount {text!r}; wanted one like 200.00; correct the policy table")
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, two places: ``Decimal('79.00')``."""
        return (Decimal(self.amount) / MINOR_UNITS).quantize(Decimal("0.01"))

    def __str__(self) -> str:
        """As the shop's own people read it: ``79.00 USD``."""
        return f"{self.decimal} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ConfigError(
                f"found amounts in {self.currency} and {other.currency}; wanted one currency; "
                "give the policy's limits in the currency of the prices"
            )
        return other.amount


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Share ``amount`` in proportion to ``weights``, rounded to the minor unit, the rest on the last.

    No share is negative or above its weight as long as ``amount`` is at most the sum of the weights;
    what the last weight cannot carry moves to the one before it.

    >>> split(1000, [7900, 2500])
    [760, 240]
    """
    total = sum(weights)
    if total <= 0 or amount <= 0:
        return [0] * len(weights)
    shares: list[int] = []
    rest = amount
    for weight in weights:
        share = min((2 * amount * weight + total) // (2 * total), rest)
        shares.append(share)
        rest -= share
    return _place(rest, shares, weights)


def _place(rest: int, shares: list[int], weights: Sequence[int]) -> list[int]:
    """Put the rounding rest on the last share that its weight can carry."""
    for index in range(len(shares) - 1, -1, -1):
        step = min(rest, max(weights[index] - shares[index], 0))
        shares[index] += step
        rest -= step
    return shares


def part(amount: int, *, pieces: int, before: int, of: int) -> int:
    """What ``pieces`` of ``of`` equal pieces are worth, after ``before`` of them are gone.

    Rounded so that the pieces, whatever way they are taken, always add up to ``amount``.

    >>> part(1000, pieces=1, before=0, of=3), part(1000, pieces=2, before=1, of=3)
    (333, 667)
    """
    return _upto(amount, before + pieces, of) - _upto(amount, before, of)


def _upto(amount: int, pieces: int, of: int) -> int:
    return (2 * amount * pieces + of) // (2 * of)
