"""A model with one form, trained in seconds, and others made of it by changing its words."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

CONFIG = """
recipe: default.v1
assistant_id: tiny
language: en
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: RulePolicy, core_fallback_threshold: 0.1}]
"""
DOMAIN = """
version: "3.1"
intents: [greet, order, inform]
entities: []
slots:
  size:
    type: text
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: size}]}]
  colour:
    type: text
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: colour}]}]
forms:
  order_form: {required_slots: [size, colour]}
responses:
  utter_greet: [{text: hello from one}]
  utter_ask_size: [{text: "which size?"}]
  utter_ask_colour: [{text: "which colour?"}]
  utter_ordered: [{text: "one {size} in {colour}"}]
"""
DATA = """
version: "3.1"
nlu:
- {intent: greet, examples: "- hi\\n- hello\\n"}
- {intent: order, examples: "- order\\n- buy\\n"}
- {intent: inform, examples: "- large\\n- red\\n"}
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: order, steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]}
- rule: ordered
  condition: [{active_loop: order_form}]
  steps:
  - action: order_form
  - active_loop: null
  - slot_was_set: [{requested_slot: null}]
  - action: utter_ordered
"""


def trained(root: Path) -> Path:
    """The archive of a tiny assistant that is trained in ``root``."""
    for name, text in {"config.yml": CONFIG, "domain.yml": DOMAIN, "data/tiny.yml": DATA}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "kefu.cli.training_3_6_21", "train", "--fixed-model-name", "one"]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "models" / "one.tar.gz"


def reworded(archive: Path, target: Path, **words: str) -> Path:
    """A copy of ``archive`` with each word (a key) of its metadata changed into another."""
    with tarfile.open(archive) as source, tarfile.open(target, "w:gz") as made:
        for member in source:
            stream = source.extractfile(member)
            data = stream.read() if stream else b""
            if Path(member.name).name == "metadata.json":
                text = data.decode("utf-8")
                for old, new in words.items():
                    assert old in text
                    text = text.replace(old, new)
                data = json.dumps(json.loads(text)).encode("utf-8")
                member.size = len(data)
            made.addfile(member, io.BytesIO(data) if stream else None)
    return target
