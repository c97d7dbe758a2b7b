"""Who speaks and what they see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kefu.errors import TokenError
from kefu.shop.identity import Identity, identify, may_see, open_session, visible_orders
from tests.support.demo_shop import NOW, DemoShop


def test_a_customer_sees_their_own_orders_newest_first(shop: DemoShop) -> None:
    alice = Identity("s", customer_id="C1001")
    with shop.read() as tx:
        numbers = [order.order_number for order in visible_orders(tx, alice)]
        assert may_see(tx, alice, " kf10000001 ") is not None
    assert numbers == [f"KF1000000{n}" for n in (1, 5, 6, 2, 3, 4)]


@pytest.mark.parametrize(
    "number", ["KF10000007", "KF99999999", "", "KF10000007' OR '1'='1", "KF10000001\x00", "\ud800"]
)
def test_not_yours_and_not_there_look_the_same(shop: DemoShop, number: str) -> None:
    with shop.read() as tx:
        assert may_see(tx, Identity("s", customer_id="C1001"), number) is None
        assert may_see(tx, Identity("s"), number) is None
        assert visible_orders(tx, Identity("s")) == []


def test_a_session_knows_its_customer_until_it_expires(shop: DemoShop) -> None:
    with shop.write() as tx:
        session = open_session(tx, customer_id="C1001", language="en", now=NOW, hours=2)
    with shop.read() as tx:
        assert identify(tx, session.session_id, now=NOW) == Identity(session.session_id, "C1001")
        late = identify(tx, session.session_id, now=NOW + timedelta(hours=2))
        assert late.guest
        assert identify(tx, "nobody", now=NOW) == Identity("nobody")


def test_a_session_is_not_opened_for_a_customer_who_is_not_there(shop: DemoShop) -> None:
    with shop.write() as tx, pytest.raises(TokenError, match="C9999"):
        open_session(tx, customer_id="C9999", language=None, now=NOW, hours=1)
