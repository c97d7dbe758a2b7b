"""What generated input may be answered with, although it is against the interface's document."""

from __future__ import annotations

from typing import Any

import pytest
from schemathesis.core.failures import AcceptedNegativeData

from benchmarks.fuzz.interface import _is_tolerated
from kefu.channels.text import LONGEST_MESSAGE


class Accepted(AcceptedNegativeData):
    """A finding of schemathesis, in its words."""

    def __init__(self, *parts: str) -> None:
        self.words = "Invalid data should have been rejected\nInvalid component:\n" + "\n".join(parts)

    def __str__(self) -> str:
        return self.words


HEADER = "  - header: violates `required` (was Authorization)"
TOO_LONG = '  - body: violates `maxLength` at /properties/message (was "a", became "aaa")'
OTHER = "  - body: violates `enum` at /properties/language"
STRIPPED = {"message": "\x15" + "x" * LONGEST_MESSAGE}


@pytest.mark.parametrize(
    ("failure", "status", "body", "tolerated"),
    [
        (Accepted(HEADER), 200, None, True),
        (Accepted(HEADER, TOO_LONG), 200, STRIPPED, True),
        (Accepted(TOO_LONG), 200, {"message": "x" * (LONGEST_MESSAGE + 1)}, False),
        (Accepted(OTHER, TOO_LONG), 200, STRIPPED, False),
        (Accepted(OTHER), 200, STRIPPED, False),
        (Accepted(OTHER, TOO_LONG), 413, STRIPPED, True),
        (ValueError("a status of 500"), 413, STRIPPED, False),
    ],
)
def test_only_what_is_no_mistake_is_tolerated(
    failure: Exception, status: int, body: Any, tolerated: bool
) -> None:
    assert _is_tolerated(failure, status, body) is tolerated
