"""What is told of an order that comes in several parcels."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from actions.status import parcel_text
from kefu.shop.records import Shipment

ZONE = "Asia/Shanghai"
AT = datetime(2026, 3, 4, 4, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("fields", "en", "zh"),
    [
        (("DHL", "A1", AT, AT, None), "DHL A1: delivered on 4 March 2026", "DHL A1：2026年3月4日 已送达"),
        (
            ("UPS", "B2", AT, None, AT),
            "UPS B2: on its way, expected by 4 March 2026",
            "UPS B2：运输中，预计 2026年3月4日 前送达",
        ),
        (("UPS", None, AT, None, None), "UPS: on its way", "UPS：运输中"),
        ((None, None, None, None, None), "not sent yet", "尚未发出"),
    ],
)
def test_a_parcel_is_told_by_carrier_and_state(fields: tuple[object, ...], en: str, zh: str) -> None:
    parcel = Shipment("KF10000002", 1, *fields)
    assert parcel_text(parcel, language="en", zone=ZONE) == en
    assert parcel_text(parcel, language="zh", zone=ZONE) == zh
