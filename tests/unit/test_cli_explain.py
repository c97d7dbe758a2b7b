"""`kefu explain`: out of a model archive, in words and as JSON."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kefu.cli.models import understanding_of
from kefu.errors import ModelError
from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from tests.support.cli import runner
from tests.support.tiny_bert import save_tiny_bert

NODE = "components/train_kefu.components.understanding.BertIntentEntityClassifier3"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as training leaves it, from a tiny BERT."""
    from kefu.language.training.fit import fit_understanding

    texts = {"track": ["where is my order", "订单到哪了"], "refund": ["refund my order", "我的退款"]}
    examples = [Example(text, intent) for intent, some in texts.items() for text in some]
    recipe = Recipe(model=str(save_tiny_bert(tmp_path_factory.mktemp("bert"))), epochs=1)
    folder = tmp_path_factory.mktemp("fitted")
    fit_understanding(examples, recipe, folder=folder, quiet=True)
    return folder


@pytest.fixture(scope="module")
def archive(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as Rasa packs it, with what else is in there."""
    file = tmp_path_factory.mktemp("models") / "model.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.add(fitted, NODE)
        add(tar, "components/train_Other0/heads.npz", b"another component's")
        add(tar, "metadata.json", b"{}")
    return file


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def explain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    return runner(monkeypatch, capsys, "explain")


def test_a_message_is_explained_from_the_archive(
    explain: Callable[..., tuple[int, str, str]], archive: Path
) -> None:
    status, out, err = explain("where is my order", "--model", archive, "--json")
    assert status == 0, err
    found = json.loads(out)
    assert {one["intent"] for one in found["ranking"]} == {"track", "refund"}
    assert [one["word"] for one in found["words"]] == ["where", "is", "my", "order"]
    nearest = found["nearest"][0]
    assert (nearest["text"], nearest["intent"]) == ("where is my order", "track")
    assert nearest["similarity"] == pytest.approx(1.0, abs=0.05)
    assert found["language"] == "en" and 0.0 <= found["strangeness"] <= 1.0


@pytest.mark.parametrize(
    "text",
    ["", "👍", "我的訂單到哪了", "x " * 1000, "\u200b\x07"],
    ids=["empty", "emoji", "traditional", "long", "nothing"],
)
def test_any_message_is_explained(
    explain: Callable[..., tuple[int, str, str]], archive: Path, text: str
) -> None:
    status, out, err = explain(text, "--model", archive)
    assert status == 0, err
    assert out.startswith("intents\n") and "nearest training examples" in out and "strangeness" in out


def test_a_folder_is_opened_as_it_is_and_an_archive_needs_no_file_later(fitted: Path, archive: Path) -> None:
    one, other = understanding_of(fitted), understanding_of(archive)
    assert one.intents == other.intents
    assert one.read(["refund"])[0].ranking == other.read(["refund"])[0].ranking


def test_an_archive_without_the_classifier_says_so(tmp_path: Path) -> None:
    file = tmp_path / "old.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        add(tar, "components/train_DIETClassifier4/model.bin", b"x")
        add(tar, f"{NODE}/../../../../escape.txt", b"x")
    with pytest.raises(ModelError, match="no BertIntentEntityClassifier.*kefu train"):
        understanding_of(file)
    assert not list(tmp_path.rglob("escape.txt"))


def test_what_is_no_archive_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"not a tar")
    with pytest.raises(ModelError, match="cannot read"):
        understanding_of(tmp_path / "broken.tar.gz")
