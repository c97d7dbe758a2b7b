"""What the trained model hears of feelings and haste, on messages that it never learnt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HELD_OUT = Path("tests/held_out/sentiment.csv")
# measured: 0.77 and 0.95; always neutral: 0.42, always low: 0.80. Another machine trains a little otherwise.
LEAST = {"sentiment": 0.7, "urgency": 0.88}

pytestmark = pytest.mark.driven


def test_feelings_and_haste_are_heard_in_both_languages() -> None:
    command = [sys.executable, "-m", "kefu.cli", "evaluate", "sentiment", str(HELD_OUT), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    report = json.loads(ran.stdout)
    found = {name: report["heads"][name]["accuracy"] for name in LEAST}
    print(found, report["languages"])
    assert all(found[name] >= least for name, least in LEAST.items()), report
