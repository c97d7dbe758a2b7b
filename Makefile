# Everything that a person types here is below; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Outside the project on purpose: plain `rasa test` reads every YAML file below the root, an environment's too.
ifeq ($(strip $(KEFU_VENV)),)
KEFU_VENV := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kefu/venv
endif
export KEFU_VENV
export PATH := $(KEFU_VENV)/bin:$(PATH)
export RASA_TELEMETRY_ENABLED := false
export SANIC_HOST := 127.0.0.1

.PHONY: help run shell train seed test check install lock venv-path

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

run: install  ## install, load the demo shop, train if needed, and serve http://127.0.0.1:5005/
	@kefu up

shell: install  ## talk to the assistant in this terminal (as the demo customer C1001)
	@kefu shell

train: install  ## train a model, unless there is one for this configuration
	@kefu train

seed: install  ## load the demo shop afresh
	@kefu seed --fresh

check: install  ## ruff, mypy and rasa data validate
	@scripts/check

test: install  ## all that CI runs: check, tests, train, stories, driven conversations
	@scripts/test

install:  ## the environment in KEFU_VENV (does nothing where it fits)
	@scripts/install

lock: install  ## resolve requirements.lock anew
	@uv pip compile --python-version 3.10 --custom-compile-command "make lock" requirements-dev.in -o requirements.lock

venv-path:  ## where the environment is
	@echo $(KEFU_VENV)
