"""The command line: what it prints, how it fails, which model belongs to a configuration."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kefu.cli import children, models
from kefu.cli.nginx import write_configuration
from kefu.cli.up import endpoints_file, require_free, wait_until
from kefu.errors import ConfigError, ModelError
from kefu.evaluation.examples import read_examples
from kefu.evaluation.intents import measure_intents
from kefu.evaluation.retrieval import measure_retrieval
from kefu.settings import Settings
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


def kefu(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from kefu.cli import main; main()", *words]
    environment = children.child_environment({"KEFU_HOME": str(home)})
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    assert kefu("seed", home=folder).returncode == 0
    return folder


def test_help_names_the_commands(tmp_path: Path) -> None:
    shown = kefu("--help", home=tmp_path)  # that it loads nothing heavy: test_imports_light.py
    for command in ("up", "seed", "token", "outbox", "train", "shell", "evaluate", "bench"):
        assert f"\n  {command}" in shown.stdout


def test_a_token_is_the_last_line(home: Path) -> None:
    printed = kefu("token", "C1001", home=home).stdout.splitlines()
    assert printed[-1].count(".") == 2 and "Alice" in printed[-2]


@pytest.mark.parametrize(
    ("words", "status", "next_step"),
    [
        (("nonsense",), 2, "kefu --help"),
        (("up", "--port", "x"), 2, "kefu up --help"),
        (("token", "C9999"), 1, "kefu seed"),
        (("outbox", "--last-code", "alice@example.com"), 1, "ask for one"),
        (("seed", "no/such/folder"), 1, "folder"),
        (("evaluate", "intents", "no.csv"), 1, "text, intent"),
        (("evaluate", "intents", "README.md", "--model", "no.tar.gz"), 1, ""),
    ],
)
def test_an_error_is_one_line_with_the_next_step(
    home: Path, words: tuple[str, ...], status: int, next_step: str
) -> None:
    failed = kefu(*words, home=home)
    assert failed.returncode == status
    (line,) = failed.stderr.splitlines()
    assert line.startswith("kefu: ") and next_step in line and "not foreseen" not in line


def test_an_unforeseen_error_is_one_line_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failed = kefu("token", "C1001", home=Path("/proc/nowhere"))
    assert failed.returncode == 1 and len(failed.stderr.splitlines()) == 1


# --- models


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "config.yml").write_text("language: en\n")
    (tmp_path / "data" / "nlu" / "greet.yml").write_text("nlu: []\n")
    (tmp_path / "models").mkdir()
    return tmp_path


def test_the_digest_follows_what_training_reads_and_nothing_else(project: Path) -> None:
    before = models.configuration_digest(project)
    (project / "README.md").write_text("words")
    assert models.configuration_digest(project) == before
    (project / "data" / "nlu" / "greet.yml").write_text("nlu: [] # other\n")
    changed = models.configuration_digest(project)
    assert changed != before
    (project / "data" / "nlu" / "greet.yml").rename(project / "data" / "nlu" / "hello.yml")
    assert models.configuration_digest(project) not in {before, changed}


def test_a_model_that_fits_is_not_trained_again_and_becomes_the_newest(project: Path) -> None:
    fitting = models.model_of_configuration(project)
    fitting.write_bytes(b"a model")
    other = project / "models" / "20200101.tar.gz"
    other.write_bytes(b"another")
    assert models.ensure_model(project) == fitting == models.newest_model(project)


PLAIN = [{"name": name, "max_history": 6} for name in models.PLAIN_POLICIES]


@pytest.mark.parametrize(
    ("config", "glued"),
    [
        ({"policies": PLAIN}, False),
        ({"policies": PLAIN[:1]}, False),
        ({"policies": [*PLAIN, {"name": "TEDPolicy"}]}, True),
        ({"policies": [{"name": "shop.policies.Own"}]}, True),
        ({"policies": None}, True),  # Rasa chooses: TED among them
        ({}, True),
    ],
)
def test_stories_are_glued_for_policies_that_learn_from_it(
    project: Path, config: dict[str, Any], glued: bool
) -> None:
    (project / "config.yml").write_text(yaml.safe_dump(config))
    command = models.train_command(project, "m1")
    assert command[3:6] == ["train", "--fixed-model-name", "m1"]
    assert command[6:] == ([] if glued else ["--augmentation", "0"])


def test_what_was_validated_is_not_validated_again() -> None:
    assert "--skip-validation" in models.train_command(ROOT, "m1", validated=True)
    assert "--skip-validation" not in models.train_command(ROOT, "m1")


def test_the_assistant_as_it_comes_needs_no_glued_stories() -> None:
    assert models.train_command(ROOT, "m1")[-2:] == ["--augmentation", "0"]


def test_no_model_says_how_to_get_one(project: Path) -> None:
    with pytest.raises(ModelError, match="kefu train"):
        models.newest_model(project)


# --- children


def wait_for(child: children.Child) -> None:
    child.process.wait(timeout=20)


def test_every_line_has_its_process_in_front_and_the_last_words_are_kept(tmp_path: Path) -> None:
    out = io.StringIO()
    family = children.Family(root=tmp_path, out=out)
    child = family.start(
        "rasa", [sys.executable, "-c", "print('one'); print('no model'); raise SystemExit(3)"]
    )
    wait_for(child)
    family.stop()
    assert out.getvalue() == "rasa    | one\nrasa    | no model\n"
    assert family.obituary() == "rasa ended with status 3: no model"


def test_a_server_that_ran_is_started_again_and_one_that_never_did_is_not(tmp_path: Path) -> None:
    out = io.StringIO()
    family = children.Family(root=tmp_path, out=out, stable_seconds=0.0)
    child = family.start("rasa1", [sys.executable, "-c", "print('up'); raise SystemExit(3)"], again=True)
    first = child.process
    wait_for(child)
    assert family.obituary() is None and child.process is not first
    wait_for(child)
    family.stop()
    assert "rasa1 ended with status 3: up; it is started again" in out.getvalue()
    hasty = children.Family(root=tmp_path, out=out)
    wait_for(hasty.start("rasa1", [sys.executable, "-c", "print('no'); raise SystemExit(1)"], again=True))
    hasty.stop()
    assert hasty.obituary() == "rasa1 ended with status 1: no"


def test_nginx_stands_before_the_servers_that_were_started(tmp_path: Path) -> None:
    settings = Settings.load({"KEFU_HOME": str(tmp_path)})
    text = write_configuration(settings, port=7000, workers=[7001, 7002, 7003]).read_text()
    assert re.findall(r"^ +server 127\.0\.0\.1:(\d+)", text, re.MULTILINE) == ["7001", "7002", "7003"]
    assert re.findall(r"^ +listen (.*);", text, re.MULTILINE) == ["127.0.0.1:7000"]
    assert "5055" not in text and settings.action_port == 5055
    (tmp_path / "deploy" / "nginx").mkdir(parents=True)
    (tmp_path / "deploy" / "nginx" / "kefu.conf").write_text("listen 80;")
    with pytest.raises(ConfigError, match="0 lists of workers"):
        write_configuration(replace(settings, root=tmp_path), port=1, workers=[2, 3])


@pytest.mark.parametrize(("told", "threads"), [(None, "1"), ("2", "2")])
def test_a_server_computes_with_one_thread_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str | None, threads: str
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    out = io.StringIO()
    family = children.Family(root=tmp_path, out=out)
    asked = "import numpy, threadpoolctl as t; print(max(p['num_threads'] for p in t.threadpool_info()))"
    family.start("server", [sys.executable, "-c", asked]).process.wait(60)
    family.stop()
    assert out.getvalue().rpartition(" ")[2].strip() == threads


def test_stopping_ends_the_children_of_children(tmp_path: Path) -> None:
    out = io.StringIO()
    family = children.Family(root=tmp_path, out=out)
    family.start("shell", ["bash", "-c", "sleep 60 & echo $!; wait"])
    deadline = time.monotonic() + 10
    while not out.getvalue() and time.monotonic() < deadline:
        time.sleep(0.05)
    grandchild = int(out.getvalue().partition("|")[2])
    family.stop()
    deadline = time.monotonic() + 10
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(grandchild)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_waiting_ends_with_the_reason() -> None:
    assert wait_until(lambda: None, lambda: None, seconds=1) is None
    assert wait_until(lambda: "no model", lambda: None, seconds=0) == "no model, after 0 s"
    assert wait_until(lambda: "no model", lambda: "rasa ended", seconds=9) == "rasa ended"


def test_a_taken_port_is_named() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)):
            require_free("127.0.0.1", port, option="--port")
    require_free("127.0.0.1", free_port(), option="--port")


def test_another_action_port_gets_its_own_endpoints_file(tmp_path: Path) -> None:
    usual = Settings.load({"KEFU_HOME": str(tmp_path)})
    assert endpoints_file(usual) == ROOT / "endpoints.yml"
    moved = Settings.load({"KEFU_HOME": str(tmp_path), "KEFU_ACTION_PORT": "5066"})
    assert "http://127.0.0.1:5066/webhook" in endpoints_file(moved).read_text()


# --- evaluation


def test_examples_come_from_csv_and_jsonl(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("\ufefftext,intent,note\n你好,greet,x\n", encoding="utf-8")
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "你好", "intent": "greet"}\n', encoding="utf-8")
    wanted = [{"text": "你好", "intent": "greet"}]
    assert read_examples(table, columns=("text", "intent")) == wanted
    assert read_examples(lines, columns=("text", "intent")) == wanted


def test_intents_are_measured() -> None:
    report = measure_intents(wanted=["a", "a", "b", "b"], found=["a", "b", "b", "nlu_fallback"])
    assert report.accuracy == 0.5
    rows = {row.intent: row for row in report.intents}
    assert rows["a"].f1 == pytest.approx(2 / 3) and rows["b"].f1 == 0.5
    assert report.macro_f1 == pytest.approx((2 / 3 + 0.5) / 2)
    assert "accuracy 0.5000" in report.as_table().splitlines()[-1]


def test_retrieval_is_measured() -> None:
    report = measure_retrieval(
        wanted=["p1", "p2", "p3", None, None], found=[["p1"], ["p1", "p2"], [], [], ["p1"]]
    )
    assert (report.first, report.among_three) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert report.mean_reciprocal_rank == pytest.approx(0.5)
    assert report.withheld == 0.5
