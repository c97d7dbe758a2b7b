"""What stands in Rasa's place while `kefu train` trains: the same is learnt, and the same is refused."""

from __future__ import annotations

import copy
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.engine.storage import local_model_storage
from rasa.shared.utils import io, validation

from kefu.cli import training_3_6_21 as training
from tests.support.tiny_model import CONFIG, DATA, DOMAIN

ROOT = Path(__file__).parents[2]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
SCHEMAS = {"domain": "shared/utils/schemas/domain.yml", "nlu": "shared/nlu/training_data/schemas/nlu.yml",
           "stories": "shared/utils/schemas/stories.yml"}  # fmt: skip
FILES = {
    "domain": (DOMAIN, "intents: [a, a: {use_entities: 5}]", "responses: {utter_x: hello}", "slots: []",
               "forms: {f: {required_slots: 5}}", "intents: [", "intents: []\nintents: []", "", "- a"),
    "nlu": (DATA, "nlu: [{intent: 5}]", 'version: "3.1"\nnlu: {a: b}', "nlu:\n- intent: a\n  exampels: b"),
    "stories": (DATA, "rules: [{rule: a, steps: 5}]", "stories:\n- story: a\n  steps:\n  - intnt: b"),
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(told=values)
def test_a_text_is_parsed_as_rasa_does_and_stays_so_whoever_changes_it(told: Any) -> None:
    calls: list[str] = []

    def counted(content: str, reader_type: Any = "safe") -> Any:
        calls.append(content)
        return io.read_yaml(content, reader_type)

    read = training.YamlOnce(counted)
    text = yaml.safe_dump({"told": told})
    first = read(text)
    wanted = copy.deepcopy(first)
    first["told"] = "changed"
    assert read(text) == wanted == io.read_yaml(text)
    assert len(calls) == 1


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Deprecated call to:DeprecationWarning")
@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, own in FILES.items() for text in own])
def test_what_does_not_fit_a_schema_is_refused_in_rasas_words(
    kind: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = verdict(validation.validate_yaml_schema, text, SCHEMAS[kind])
    reader = training.YamlOnce(io.read_yaml)
    monkeypatch.setattr(io, "read_yaml", reader)
    validate = training.checking_once(validation.validate_yaml_schema, reader)
    for _ in range(2):  # what was refused once is refused again
        assert verdict(validate, text, SCHEMAS[kind]) == wanted


def verdict(validate: Any, text: str, schema: str) -> tuple[str, str]:
    try:
        validate(text, schema)
    except Exception as error:
        return type(error).__name__, str(error)
    return "fits", ""


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Deprecated call to:DeprecationWarning")
def test_what_fits_is_parsed_once_and_never_for_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Any] = []
    stock = io.read_yaml

    def counted(content: str, reader_type: Any = "safe") -> Any:
        parsed.append((content, reader_type))
        return stock(content, reader_type)

    reader = training.YamlOnce(counted)
    monkeypatch.setattr(io, "read_yaml", reader)
    validate = training.checking_once(validation.validate_yaml_schema, reader)
    for _ in range(2):
        validate(DOMAIN, SCHEMAS["domain"])
    assert reader(DOMAIN) == stock(DOMAIN)
    assert [kind for text, kind in parsed if text == DOMAIN] == ["safe"]
    assert {kind for _, kind in parsed} == {"safe"}


def test_an_archive_holds_the_same_and_tricks_are_refused_as_before(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(bytes(range(256)) * 1_000)
    fast = training.packing_fast(local_model_storage.TarSafe)
    with fast.open(tmp_path / "fast.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model", arcname="")
    for kind in (local_model_storage.TarSafe, fast, tarfile.TarFile):
        with kind.open(tmp_path / "fast.tar.gz", "r:gz") as archive:
            archive.extractall(tmp_path / kind.__name__)
        assert (tmp_path / kind.__name__ / "weights").read_bytes() == bytes(range(256)) * 1_000
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model" / "weights", arcname="../outside")
    with pytest.raises(Exception, match="traversal"), fast.open(tmp_path / "evil.tar.gz", "r:gz") as archive:
        archive.extractall(tmp_path)


OURS = "kefu.components.tokenizer.MixedTokenizer"


@pytest.mark.parametrize(
    ("pipeline", "policies", "without"),
    [
        ([OURS, "FallbackClassifier"], ["RulePolicy"], True),
        ([OURS, "DIETClassifier"], ["RulePolicy"], False),
        ([OURS], ["RulePolicy", "TEDPolicy"], False),
        ([OURS, "shop.components.Own"], ["RulePolicy"], False),
        (["rasa.nlu.classifiers.diet_classifier.DIETClassifier"], ["RulePolicy"], False),
        (None, ["RulePolicy"], False),  # Rasa chooses: DIET among them
        ([OURS], None, False),
    ],
)
def test_tensorflow_stays_where_something_needs_it(
    tmp_path: Path, pipeline: list[str] | None, policies: list[str] | None, without: bool
) -> None:
    told = {
        key: own and [{"name": name} for name in own]
        for key, own in {"pipeline": pipeline, "policies": policies}.items()
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(told))
    assert training.does_without_tensorflow(tmp_path / "config.yml") is without


def test_the_assistant_as_it_comes_needs_no_tensorflow(tmp_path: Path) -> None:
    assert training.does_without_tensorflow(ROOT / "config.yml")
    assert not training.does_without_tensorflow(tmp_path / "config.yml"), "Rasa says what is missing"


def test_every_component_that_needs_tensorflow_is_known() -> None:
    """The modules whose names stand in are those that import TensorFlow at their first lines."""
    folder = Path(io.__file__).parents[2]
    found = {
        ".".join(("rasa", *file.relative_to(folder).with_suffix("").parts))
        for part in ("nlu", "core/policies", "graph_components")
        for file in (folder / part).rglob("*.py")
        if "\nimport tensorflow" in file.read_text(encoding="utf-8")
    }
    assert found == set(training.COMPONENTS)


def test_a_training_keeps_tensorflow_out_warns_as_rasa_does_and_may_use_torch(tmp_path: Path) -> None:
    for name, text in {"config.yml": CONFIG, "domain.yml": DOMAIN, "data/tiny.yml": DATA}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        own = text.replace("RulePolicy", "kefu.components.rules.IndexedRulePolicy")
        (tmp_path / name).write_text(own)
    code = (
        "import sys\n"
        "from kefu.cli import training_3_6_21 as training\n"
        "try:\n"
        "    training.main()\n"
        "finally:\n"
        "    loaded = {n for n in ('tensorflow', 'torch', 'spacy') if sys.modules.get(n)}\n"
        "    import torch, transformers\n"
        "    torch.optim.AdamW([torch.zeros(1)])\n"  # which looks for TensorFlow
        "    print('loaded', sorted(loaded), transformers.is_torch_available())\n"
    )
    words = ("train", "--fixed-model-name", "one")
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    assert "loaded ['spacy'] True" in told, told
    assert (tmp_path / "models" / "one.tar.gz").is_file(), told
    assert "'RulePolicy' is not included in the model's policy" in told, "what its validator has to say"


@pytest.mark.parametrize(
    ("words", "config"),
    [
        ("train --fixed-model-name one", "config.yml"),
        ("train --config other.yml -d x", "other.yml"),
        ("train -c other.yml", "other.yml"),
        ("train --config=other.yml", "other.yml"),
        ("train --config", ""),
    ],
)
def test_the_configuration_that_is_trained_is_the_one_that_is_looked_at(words: str, config: str) -> None:
    assert training.config_of(words.split()) == Path(config)
