"""Which drivers a test of a store may run over."""

from __future__ import annotations

import pytest

# for tests with threads of their own, which an event loop cannot serve
BLOCKING = pytest.mark.parametrize("drivers", ["blocking"])
