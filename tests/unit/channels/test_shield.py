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
    """Read from the file: the modules themselves would load TensorFlow or Matplotlib."""
    folder = importlib.util.find_spec("rasa").submodule_search_locations[0]  # type: ignore[union-attr, index]
    file = Path(folder).parent / (module.replace(".", "/") + ".py")
    body = ast.parse(file.read_text("utf-8")).body
    assert set(shield.STANDING_IN[module]) <= {
        node.name for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }


def test_behind_the_shield_rasa_still_makes_a_tracker_store_and_says_what_it_cannot() -> None:
    done = run(
        "from kefu.channels.shield import raise_shield\n"
        "raise_shield()\n"
        "import sys\n"
        "from rasa.core.tracker_store import MongoTrackerStore, TrackerStore\n"
        "from rasa.shared.core.domain import Domain\n"
        "from rasa.utils.endpoints import EndpointConfig\n"
        "import rasa.nlu.test\n"
        "assert type(TrackerStore.create(None, Domain.empty())).__name__ == 'InMemoryTrackerStore'\n"
        "assert not {'dns', 'bson', 'matplotlib'} & set(sys.modules)\n"
        "TrackerStore.create(EndpointConfig(type='mongod', url='mongodb://127.0.0.1:1'), Domain.empty())\n"
    )
    assert "ModuleNotFoundError: found a use of pymongo.database, which" in done.stderr
    assert done.stderr.count("Error:") == 1, done.stderr


def test_errors_of_mongodb_that_rasa_names_stand_in() -> None:
    errors = ast.parse(Path(importlib.util.find_spec("pymongo.errors").origin).read_text("utf-8"))  # type: ignore[union-attr, arg-type]
    named = {node.name for node in errors.body if isinstance(node, ast.ClassDef)}
    assert set(shield.OF_MONGODB["pymongo.errors"]) <= named


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
