"""What stands in for Rasa's modules of TensorFlow."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from kefu.channels import shield
from kefu.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("module", shield.STANDING_IN)
def test_each_name_stands_in_for_one_that_rasa_has(module: str) -> None:
    """Read from the file: the modules themselves would load TensorFlow."""
    folder = importlib.util.find_spec("rasa").submodule_search_locations[0]  # type: ignore[union-attr, index]
    file = Path(folder).parent / (module.replace(".", "/") + ".py")
    classes = {
        node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.ClassDef)
    }
    assert set(shield.STANDING_IN[module]) <= classes


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True
    )


def test_behind_the_shield_heavy_libraries_are_not_there() -> None:
    done = run(
        "from kefu.channels.shield import *\n"
        "raise_shield(); raise_shield()\n"
        "from kefu.language.entities import load_spacy\n"
        "load_spacy()\n"
        "import sys, importlib\n"
        "assert all(is_out(name) for name in HEAVY), [n for n in HEAVY if not is_out(n)]\n"
        "for name in HEAVY:\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as error: print(name, error)\n"
        "    else: raise SystemExit(name)\n"
    )
    assert done.returncode == 0, done.stderr
    assert "KEFU_SERVE=1 keeps it out" in done.stdout and len(done.stdout.splitlines()) == len(shield.HEAVY)


def test_what_needs_tensorflow_says_what_to_do() -> None:
    done = run(
        "from kefu.channels.shield import raise_shield\n"
        "raise_shield()\n"
        "from rasa.utils.tensorflow.callback import RasaTrainingLogger\n"
        "RasaTrainingLogger(1, silent=True)\n"
    )
    assert "ModelError: found a use of RasaTrainingLogger" in done.stderr
    assert "KEFU_SERVE=0" in done.stderr


def test_settings_of_tensorflow_do_not_call_for_it() -> None:
    done = run(
        "import os\n"
        "os.environ['TF_INTRA_OP_PARALLELISM_THREADS'] = '1'\n"
        "from kefu.channels.shield import raise_shield\n"
        "raise_shield()\n"
        "from rasa.utils.tensorflow.environment import setup_tf_environment\n"
        "setup_tf_environment()\n"
    )
    assert done.returncode == 0, done.stderr


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "version", lambda name: "3.7.0")
    with pytest.raises(ConfigError, match=r"found Rasa 3\.7\.0; wanted 3\.6\.21"):
        shield.raise_shield()
