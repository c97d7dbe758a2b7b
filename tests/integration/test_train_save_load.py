"""The pipeline of config.yml, trained small, saved, loaded, and followed while the shop changes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

from kefu.cli.models import understanding_of
from kefu.components import wiring
from kefu.store import Store
from tests.support.databases import SqliteDatabases
from tests.support.lessons import quick
from tests.support.shielded import answers
from tests.support.tiny_bert import save_tiny_bert

ROOT = Path(__file__).parents[2]
INTENTS = ("greet", "track_order", "cancel_order", "report_damage", "faq")
EACH = 25
FRESH = ["where's my parcel KF10000002", "鍵盤壞了", "hello there", "取消订单10000001", "👍", ""]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sqlite_databases: SqliteDatabases) -> Iterator[Path]:
    """A KEFU_HOME of its own, with a store that holds the demo shop."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_HOME", str(home))
        patch.setenv("KEFU_DATABASE_URL", sqlite_databases.shop())
        wiring.store_source.cache_clear()
        yield home
    wiring.store_source.cache_clear()


@pytest.fixture(scope="module")
def archive(home: Path) -> Path:
    """A model of a few intents on a tiny encoder, otherwise as config.yml says."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    spoken = "".join(sorted({char for group in few("zh") for char in group["examples"] if char > "\u2e80"}))
    tiny = str(save_tiny_bert(home / "bert", characters=spoken))
    for component in config["pipeline"]:
        if component["name"].endswith(("BertFeaturizer", "KnowledgeRetriever")):
            component["model"] = tiny
            if component["name"].endswith("KnowledgeRetriever"):
                component["folder"] = some_passages(home)
        elif component["name"].endswith("BertIntentEntityClassifier"):
            component.update(quick(Path(tiny), some_feelings(home), epochs=30, threads=1))
    (home / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for language in ("en", "zh"):
        target = home / "nlu" / f"{language}.yml"
        target.parent.mkdir(exist_ok=True)
        data = {"version": "3.1", "nlu": few(language)}
        target.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    made = train_nlu(str(home / "config.yml"), str(home / "nlu"), str(home / "models"))
    assert made is not None
    return Path(made)


@pytest.fixture(scope="module")
def agent(archive: Path) -> Agent:
    """The model, loaded once for the tests that only ask it."""
    return Agent.load(str(archive))


def some_passages(home: Path) -> str:
    """A folder with some of the packaged passages."""
    folder = home / "knowledge"
    folder.mkdir()
    for name in ("account.md", "cancel.md", "payment.md"):
        shutil.copy(ROOT / "data" / "knowledge" / name, folder / name)
    return str(folder)


def some_feelings(home: Path) -> str:
    """A folder with each tenth row of data/sentiment."""
    folder = home / "sentiment"
    folder.mkdir()
    for file in (ROOT / "data" / "sentiment").glob("*.csv"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / file.name).write_text("".join([lines[0], *lines[1::10]]), encoding="utf-8")
    return str(folder)


def few(language: str) -> list[dict[str, Any]]:
    """A few examples of a few intents of data/nlu."""
    kept = []
    for file in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            if group.get("intent") in INTENTS:
                lines = group["examples"].splitlines()[:EACH]
                kept.append({"intent": group["intent"], "examples": "\n".join(lines) + "\n"})
    return kept


async def parsed(agent: Agent, texts: list[str]) -> list[dict[str, Any]]:
    return [dict(await agent.parse_message(text)) for text in texts]


async def products(agent: Agent, text: str) -> list[str]:
    return [e["value"] for e in (await parsed(agent, [text]))[0]["entities"] if e["entity"] == "product"]


async def test_a_model_says_the_same_wherever_it_is_loaded(agent: Agent, archive: Path, home: Path) -> None:
    first = await parsed(agent, FRESH)
    shutil.rmtree(home / "encoders")  # another machine: nothing but the archive
    wiring._opened.cache_clear()
    again = await parsed(Agent.load(str(archive)), FRESH)
    assert again == first


async def test_the_understanding_in_the_archive_says_what_the_assistant_says(
    agent: Agent, archive: Path
) -> None:
    (message,) = await parsed(agent, ["where's my parcel KF10000002"])
    (reading,) = understanding_of(archive).read(["where's my parcel KF10000002"])
    found = {one["name"]: one["confidence"] for one in message["intent_ranking"]}
    found.pop("nlu_fallback", None)  # of a model that learnt so little
    assert dict(reading.ranking) == found
    assert message["out_of_scope"]["score"] == round(reading.strangeness, 4)
    assert message["sentiment"]["label"] in reading.further["sentiment"]


async def test_what_was_taught_is_known(agent: Agent) -> None:
    groups = few("zh")
    lines = [(line[2:], group["intent"]) for group in groups for line in group["examples"].splitlines()]
    plain = [(text, intent) for text, intent in lines if "[" not in text]
    found = [message["intent"]["name"] for message in await parsed(agent, [text for text, _ in plain])]
    right = sum(name == intent for name, (_, intent) in zip(found, plain, strict=True))
    assert right >= 0.9 * len(plain)


async def test_a_process_that_serves_holds_no_torch_and_no_tensorflow(agent: Agent, archive: Path) -> None:
    """No session and no traced function then either: there is no TensorFlow to make one."""
    told = answers(archive, FRESH)
    assert told["loaded"] == []
    here = await parsed(agent, FRESH)
    assert [name for name, _ in told["intents"]] == [one["intent"]["name"] for one in here]
    for (_, confidence), one in zip(told["intents"], here, strict=True):
        assert confidence == pytest.approx(one["intent"]["confidence"], abs=1e-3)


async def test_every_part_leaves_its_mark(agent: Agent) -> None:
    texts = ["KF10000002的鍵盤壞了", "quiero cancelar mi pedido", "and how long does shipping take?"]
    (damage, other, asked) = await parsed(agent, texts)
    assert [(e["entity"], e["value"]) for e in damage["entities"]][:2] == [
        ("order_number", "KF10000002"),
        ("product", "P104"),
    ]
    assert damage["language"] == "zh"
    assert {"id", "language", "score"} == set(asked["knowledge"][0])
    assert (other["language"], other["intent"]["name"]) == ("es", "other_language")


async def test_a_change_of_the_catalogue_is_followed_without_a_restart(agent: Agent) -> None:
    assert await products(agent, "沙丘背包") == []
    url = wiring.store_source()._url
    store = Store.open(url)
    with store.write() as tx:
        lamp = tx.products.all()[0]
        names = {"product_id": "P900", "name_en": "Dune Travel Backpack", "name_zh": "沙丘背包"}
        tx.products.put([replace(lamp, **names)])
    store.close()
    end = time.monotonic() + 15
    while not (found := await products(agent, "沙丘背包")):
        assert time.monotonic() < end, "the new product was not heard in 15 seconds"
        time.sleep(0.1)
    assert found == ["P900"]
