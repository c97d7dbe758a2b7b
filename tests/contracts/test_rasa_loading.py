"""A model read by our code is the model that Rasa reads."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphModelConfiguration, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain
from rasa.shared.data import TrainingType

from kefu.channels import loading, shield
from kefu.errors import ConfigError

ROOT = Path(__file__).parents[2]
RESOURCE = Resource("domain_provider")
CONTEXT = ExecutionContext(GraphSchema({}))
STOCK = {
    (kind, name): kind.__dict__[name]
    for kind, name in (
        (DomainProvider, "load"),
        (LocalModelStorage, "from_model_archive"),
        (LocalModelStorage, "_extract_archive_to_directory"),
    )
}
# what YAML and JSON may read otherwise
TRICKY = """version: "3.1"
intents: [greet, {bye: {use_entities: []}}]
entities: [{city: {roles: [from, to]}}]
slots:
  language: {type: categorical, values: ["yes", "no", "on"], mappings: [{type: custom}]}
  paid: {type: bool, influence_conversation: true, initial_value: false, mappings: [{type: custom}]}
responses:
  utter_greet:
    - text: "你好 👋 1:30"
      condition: [{type: slot, name: language, value: "yes"}]
    - text: "0x1F ~ null"
      metadata: {rephrase: true, share: 1.0e-3, none: null}
forms: {order_form: {required_slots: [], ignored_intents: [bye]}}
actions: [action_x, {validate_order_form: {send_domain: true}}]
session_config: {session_expiration_time: 0.5, carry_over_slots_to_new_session: false}
"""


@pytest.fixture
def ours() -> Iterator[None]:
    loading.apply()
    yield
    for (kind, name), original in STOCK.items():
        setattr(kind, name, original)


def packed(domain: Domain, folder: Path) -> Path:
    """An archive as training makes it, of a model that has nothing but a domain."""
    parts = folder / "parts"
    parts.mkdir()
    storage = LocalModelStorage(parts)
    DomainProvider(storage, RESOURCE)._persist(domain)
    nothing = GraphSchema({})
    configuration = GraphModelConfiguration(
        train_schema=nothing, predict_schema=nothing, training_type=TrainingType.BOTH, assistant_id="kefu",
        language="en", spaces=None, core_target=None, nlu_target="none",
    )  # fmt: skip
    storage.create_model_package(folder / "model.tar.gz", configuration, domain)
    return folder / "model.tar.gz"


def served(archive: Path, folder: Path) -> tuple[Domain, Domain]:
    """The domain that policies get and the one of the processor."""
    folder.mkdir()
    storage, metadata = LocalModelStorage.from_model_archive(folder, archive)
    provider = DomainProvider.load({}, storage, RESOURCE, CONTEXT)
    return provider.provide_inference(), metadata.domain


def told(domain: Domain) -> tuple[Any, ...]:
    """All that a domain decides."""
    return (
        domain.as_dict(), domain.fingerprint(), domain.input_states, domain.action_names_or_texts,
        domain.responses, domain.intent_properties, [vars(slot) for slot in domain.slots],
        domain.session_config, domain.forms,
    )  # fmt: skip


@pytest.mark.parametrize("which", ["the assistant's", "tricky"])
def test_the_domain_is_the_one_that_rasa_reads(which: str, tmp_path: Path) -> None:
    domain = Domain.from_yaml(TRICKY) if which == "tricky" else Domain.load(ROOT / "domain.yml")
    archive = packed(domain, tmp_path)
    stock, _ = served(archive, tmp_path / "stock")
    loading.apply()
    try:
        policies, processor = served(archive, tmp_path / "ours")
    finally:
        for (kind, name), original in STOCK.items():
            setattr(kind, name, original)
    assert policies is processor
    assert told(policies) == told(stock)


def test_the_files_are_those_that_rasa_unpacks(ours: None, tmp_path: Path) -> None:
    archive = packed(Domain.from_yaml(TRICKY), tmp_path)
    found = []
    for name, unpack in (
        ("ours", LocalModelStorage._extract_archive_to_directory),
        ("stock", STOCK[LocalModelStorage, "_extract_archive_to_directory"].__func__),
    ):
        (tmp_path / name).mkdir()
        unpack(archive, tmp_path / name)
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        found.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert len(found[0]) == 2


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/kefu-out.txt", "a/../../out.txt"])
def test_what_leads_out_of_an_archive_is_refused(ours: None, name: str, tmp_path: Path) -> None:
    archive, folder = tmp_path / "bad.tar.gz", tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 3
        tar.addfile(member, io.BytesIO(b"bad"))
    inside = folder / name.lstrip("/")
    try:
        LocalModelStorage._extract_archive_to_directory(archive, folder)
    except tarfile.ReadError:
        assert not list(folder.rglob("*.txt"))
    else:
        assert inside.is_file()  # an absolute path is taken as one below the folder
    assert not list((tmp_path / "in").glob("*.txt"))
    assert not list(tmp_path.glob("*.txt"))
    assert not Path("/tmp/kefu-out.txt").exists()


def test_a_storage_of_another_make_is_read_as_rasa_does(ours: None, tmp_path: Path) -> None:
    """While training there is no archive that a domain could come from."""
    storage = LocalModelStorage(tmp_path)
    domain = Domain.from_yaml(TRICKY)
    DomainProvider(storage, RESOURCE)._persist(domain)
    assert told(DomainProvider.load({}, storage, RESOURCE, CONTEXT).provide_inference()) == told(domain)


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "version", lambda name: "3.6.22")
    with pytest.raises(ConfigError, match=r"found Rasa 3\.6\.22"):
        loading.apply()
    assert DomainProvider.__dict__["load"] is STOCK[DomainProvider, "load"]


def test_a_second_call_changes_nothing(ours: None) -> None:
    before = {key: key[0].__dict__[key[1]] for key in STOCK}
    loading.apply()
    assert before == {key: key[0].__dict__[key[1]] for key in STOCK}
