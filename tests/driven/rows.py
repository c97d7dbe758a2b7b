"""What a transcript's ``=`` lines ask of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kefu.store import Transaction


def order(tx: Transaction, number: str, attribute: str, *words: str) -> str:
    """``order KF10000001 status cancelled``: an attribute of the order."""
    found, wanted = tx.orders.get(number), " ".join(words)
    assert found is not None, f"there is no order {number}"
    value = found.address.address if attribute == "address" and found.address else getattr(found, attribute)
    return "" if wanted.lower() in str(value).lower() else f"order {number} has {attribute} {value}"


def refunds(tx: Transaction, number: str, *wanted: str) -> str:
    """``refunds KF10000001 0`` or ``refunds KF10000001 1 7900 submitted``: how many; amounts and states."""
    rows = tx.refunds.of_order(number)
    told = [f"{row.amount} {row.state}" for row in rows]
    missing = len(rows) != int(wanted[0]) or (len(wanted) > 1 and " ".join(wanted[1:]) not in told)
    return f"refunds of {number} are {told}" if missing else ""


def returns(tx: Transaction, number: str, *wanted: str) -> str:
    """``returns KF10000003 1 approved damaged 1``: how many; state, reason, pieces."""
    rows = tx.returns.of_order(number)
    told = [f"{row.state} {row.reason} {row.quantity}" for row in rows]
    missing = len(rows) != int(wanted[0]) or (len(wanted) > 1 and " ".join(wanted[1:]) not in told)
    return f"returns of {number} are {told}" if missing else ""


def invoices(tx: Transaction, number: str, count: str) -> str:
    """``invoices KF10000003 1``: how many."""
    found = len(tx.invoices.of_order(number))
    return "" if found == int(count) else f"{number} has {found} invoices"


def tickets(tx: Transaction, session: str, kind: str, count: str) -> str:
    """``tickets legal 1``: how many of a kind this conversation opened (``callback`` counts as human)."""
    kinds = [{"callback": "human"}.get(row.kind, row.kind) for row in tx.tickets.of_session(session)]
    return "" if kinds.count(kind) == int(count) else f"the tickets are {kinds}"


def confirmation(tx: Transaction, session: str, state: str) -> str:
    """``confirmation open`` or ``confirmation none``: whether a confirmation waits."""
    found = "none" if tx.confirmations.open_of(session) is None else "open"
    return "" if found == state else f"the confirmation is {found}"


CHECKS: Mapping[str, Callable[..., str]] = {
    "order": order,
    "refunds": refunds,
    "returns": returns,
    "invoices": invoices,
}
SESSION_CHECKS: Mapping[str, Callable[..., str]] = {"tickets": tickets, "confirmation": confirmation}


def check(tx: Transaction, session: str, row: str) -> str:
    """Empty where the row stands as wanted, else what was found."""
    name, *rest = row.split()
    if name in SESSION_CHECKS:
        return SESSION_CHECKS[name](tx, session, *rest)
    return CHECKS[name](tx, *rest)
