# Start with `make run` and `make test`. Needs Python 3.11 or newer, and nothing else.
# Every path is relative, so that the name of the clone's folder may contain blanks.

PYTHON ?= python3
PYTEST_ARGS ?= -n 2 --dist loadgroup
UV := 0.13.9
VENV_PYTHON := .venv/bin/python
# Each file must have a hash that is in the lock: what a registry, a mirror or a proxy changes is not installed.
PIP_INSTALL := $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes
# A Ctrl-C that comes while Python loads the program waits until the program takes it (Supervisor.stopping_on_signals):
# Python alone would show a stack trace. GNU's env can block it; any other leaves things as they are.
HOLD_CTRL_C := $(shell env --block-signal=INT true 2>/dev/null && echo env --block-signal=INT)
# If make is killed (kill -9), what it started ends too.
UP := $(HOLD_CTRL_C) $(VENV_PYTHON) -m flask --app src.app up --sample --while $$PPID

# If the machine's Python was replaced, .venv no longer works: install again.
$(shell test -x $(VENV_PYTHON) || rm -f .venv/installed .venv/installed-dev)

.DEFAULT_GOAL := help
.PHONY: help run test coverage lint install lock pins bench faults soak containers

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name what; \
	do printf '  make %-10s %s\n' "$$name" "$$what"; done

# At a terminal the program becomes a job of its own, so that Ctrl-C reaches only it, and make ends as quietly as it does.
run: .venv/installed ## start everything, import a sample file (SAMPLE_ROWS=...), serve until Ctrl-C
	@if [ -t 0 ] && [ -t 1 ]; then set -m; $(UP); else exec $(UP); fi

test: lint ## lint, types and the whole test suite (PYTEST_ARGS="-n 2")
	@$(VENV_PYTHON) -m pytest $(PYTEST_ARGS)

# Apart from the test: counting lines takes half as long again.
coverage: .venv/installed-dev ## the test suite, with the lines that it runs; fails below 95 %
	@$(VENV_PYTHON) -m pytest $(PYTEST_ARGS) --cov --cov-report=term --cov-report=xml

lint: .venv/installed-dev ## ruff, mypy, the linters of docs/openapi.json, and known vulnerabilities in what is installed
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check --quiet .
	@$(VENV_PYTHON) -m mypy
	@$(VENV_PYTHON) .ci/openapi_lint.py
	@$(VENV_PYTHON) .ci/audit.py

install: .venv/installed ## make .venv with the pinned requirements (PYTHON=python3.13)
	@echo 'Installed in .venv.'

faults: .venv/installed-dev ## break the running service on purpose at random moments, for an hour or two (FAULT_POINTS=20)
	@FAULT_POINTS=$(or $(FAULT_POINTS),20) $(VENV_PYTHON) -m pytest -n 0 -q tests/faults

containers: .venv/installed-dev ## build and run the containers under a Docker engine of its own (root, Debian; else skipped)
	@CONTAINERS=1 $(VENV_PYTHON) -m pytest -n 0 -q --timeout 1800 tests/containers

soak: .venv/installed-dev ## keep it under load for ten minutes, watching memory and open files (MINUTES=60)
	@$(VENV_PYTHON) -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES))

bench: .venv/installed-dev ## measure imports, indicators and requests (ROWS=10000000)
	@$(VENV_PYTHON) -m benchmarks $(if $(ROWS),--rows $(ROWS))

# For every Python from 3.11 on and every platform, with the hashes of all their files.
lock: ## pin what requirements*.in name, and all that it needs, in requirements*.txt (LOCK_ARGS=--upgrade)
	@test -x var/lock/bin/uv || { $(PYTHON) -m venv var/lock && var/lock/bin/python -m pip install --quiet uv==$(UV); }
	@for name in requirements requirements-dev; do \
	  env UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links $(LOCK_ARGS) $$name.in -o $$name.txt; done

pins: ## have Compose take the images by the digests that their tags have now (Docker, and a way to the registry)
	@sh .ci/pins.sh

# The stamps are written last. An interrupted installation (.venv/unfinished) is started again from scratch.
.venv/installed: requirements.txt
	@if [ -e .venv/unfinished ] || [ ! -x $(VENV_PYTHON) ]; then \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'Python 3.11 or newer is needed: say which with make PYTHON=/path/to/python3.' >&2; exit 1; }; \
	  echo 'Making .venv ...'; rm -rf .venv; mkdir .venv; touch .venv/unfinished; $(PYTHON) -m venv .venv; fi
	@echo 'Installing requirements.txt ...'; touch .venv/unfinished
	@$(PIP_INSTALL) -r requirements.txt
	@touch .venv/installed; rm .venv/unfinished

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo 'Installing requirements-dev.txt ...'; touch .venv/unfinished
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch .venv/installed-dev; rm .venv/unfinished
