"""Whose order it is stands in the query: only a few named functions may look an order up at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import sqlalchemy as sa

from kefu.shop.identity import Identity, may_see, visible_orders
from kefu.store import Store
from tests.support.project import modules

ROOMS = modules("kefu/shop", "kefu/channels", "actions")
# Loads an order by its number, whoever asks; and the functions that may, with their reason.
UNOWNED = {"get", "lock", "numbers"}
ALLOWED = {
    ("kefu.shop.codes", "check_code"),  # the code is the proof
    ("kefu.shop.operations", "_perform"),  # right after may_see, to hold what was seen
    # these speak to the shop's own people, or to nobody
    ("kefu.shop.explanation", "explain"),
    ("kefu.shop.settlement", "_call_person"),
    ("kefu.shop.receipt", "_case"),
    ("kefu.shop.receipt", "_held"),
    ("kefu.shop.supervision", "_waiting"),
    ("kefu.shop.supervision", "_waiting_return"),
}
OWNED = {"get_owned", "get_proved", "of_customer"}
BY_OWNER = {("kefu.shop.identity", "may_see"), ("kefu.shop.identity", "visible_orders")}


def order_calls(names: set[str]) -> Iterator[tuple[str, str]]:
    """(module, function) of every call ``….orders.<name>(…)`` in the rooms that serve customers."""
    for module in ROOMS:
        for function in (n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner = node.func.value
                    if (
                        node.func.attr in names
                        and isinstance(owner, ast.Attribute)
                        and owner.attr == "orders"
                    ):
                        yield module.name, function.name


def test_orders_are_looked_up_by_their_owner() -> None:
    assert set(order_calls(OWNED)) == BY_OWNER
    assert set(order_calls(UNOWNED)) - ALLOWED == set()


def test_what_takes_an_order_number_of_a_customer_takes_an_identity() -> None:
    """A public function of the shop with both a transaction and an order number knows who asks.

    ``send_code`` is an exception: whoever asks for a code has no identity yet; ``reissue_invoice`` another:
    a supervisor's decision makes the invoice anew.
    """
    lacking = []
    for module in (m for m in ROOMS if m.name.startswith("kefu.shop.")):
        for node in (n for n in module.tree.body if isinstance(n, ast.FunctionDef)):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = {arg.arg for arg in given}
            types = {ast.unparse(arg.annotation) for arg in given if arg.annotation}
            if {"tx", "order_number"} <= names and "Identity" not in types and not node.name.startswith("_"):
                lacking.append(f"{module.name}.{node.name}")
    assert lacking == ["kefu.shop.codes.send_code", "kefu.shop.refunds.reissue_invoice"]


def test_the_owner_stands_in_the_where(shop_store: Store) -> None:
    said: list[tuple[str, tuple[object, ...]]] = []

    def hear(
        connection: object, cursor: object, statement: str, values: tuple[object, ...], *rest: object
    ) -> None:
        said.append((statement, values))

    sa.event.listen(shop_store._engine, "before_cursor_execute", hear)
    speakers = (Identity("s", customer_id="C1001"), Identity("s", verified_order="KF10000029"), Identity("s"))
    with shop_store.read() as tx:
        for who in speakers:
            said.clear()
            for number in ("KF10000001", "KF10000029", "KF99999999"):
                may_see(tx, who, number)
            visible_orders(tx, who)
            asked = [(words, values) for words, values in said if "FROM orders" in words]
            assert asked or who == speakers[2]
            for words, values in asked:
                where = words.partition("WHERE")[2]
                if who.customer_id:
                    assert "orders.customer_id = ?" in where and "C1001" in values
                else:
                    assert where.count("orders.order_number = ?") == 2 and who.verified_order in values


def test_no_slot_entity_or_metadata_makes_an_identity() -> None:
    """Identities with a customer or a proved order come from ``identify`` alone.

    Explanation and replay decide for the shop's own people, as if the order's owner asked; goods that
    arrive are judged as their owner's wish.
    """
    makers = {
        (module.name, function.name)
        for module in ROOMS
        for function in (n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef))
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Identity")
        if len(node.args) + len(node.keywords) > 1
    }
    assert makers == {
        ("kefu.shop.identity", "identify"),
        ("kefu.shop.explanation", "explain"),
        ("kefu.shop.policy_replay", "_cases"),
        ("kefu.shop.receipt", "_case"),
    }
