# Needs only python3 (3.11 or newer), make and git. Written for GNU make 3.81, which macOS still ships.

VENV := .venv
BIN := $(VENV)/bin
STYLE := api/static/built/service.css

# The newest suitable Python. Each is tried out, because a version manager's shim may exist and yet not run.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help run demo bench style translations test check screenshots histories fingerprints lock clean

help:
	@echo "make run    start the service with everything it needs, on this machine"
	@echo "make demo   watch three cases run from the referral to their end"
	@echo "make bench  measure the service on this machine and write docs/figures.md"
	@echo "make style  build the style of the pages (make run and make test do so by themselves)"
	@echo "make translations  bring the catalogues of translations up to date with the source"
	@echo "make test   run all tests"
	@echo "make check  lint, types, import rules, migrations"
	@echo "make screenshots  take pictures of every page, on a desk and on a telephone, into docs/pictures"
	@echo "make histories  record the histories of cases that later code must be able to go on with"
	@echo "make fingerprints  write down anew what a case does, for reviewers to compare"
	@echo "make lock   resolve the dependencies anew"
	@echo "make clean  remove the virtual environment, the style and caches (never var/, which holds the cases)"

# `exec`, so that Ctrl-C and signals reach the service itself and not a shell around it.
run: $(VENV)/.installed $(STYLE)
	@exec $(BIN)/python cli.py up

demo: $(VENV)/.installed $(STYLE)
	@exec $(BIN)/python cli.py demo

# `make bench BENCH="--size quick"` takes minutes. With nothing else running, or the times say more about the machine than about the service.
bench: $(VENV)/.installed-dev $(STYLE)
	@exec $(BIN)/python -m bench $(BENCH)

style: $(STYLE)

# What is new waits in translations/*.po for a translator; a test fails until it is there.
translations: $(VENV)/.installed-dev
	$(BIN)/python -m translations.extract

# Not quiet: the header says whether the case file is tested on PostgreSQL too.
test: $(VENV)/.installed-dev $(STYLE)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder  # three files at a time on two cores: much of a test is waiting

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python cli.py check-migrations

# Every page in every state that tests/browser/test_every_page.py knows.
screenshots: $(VENV)/.installed-dev $(STYLE)
	PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/browser/test_every_page.py -k reached

# Only for a change that is meant to leave released cases alone: it forgets what they did (see docs/runbook.md).
histories: $(VENV)/.installed-dev
	RECORD_HISTORIES=tests/replay/histories $(BIN)/python -m pytest -q tests/workflows

fingerprints: $(VENV)/.installed-dev
	RECORD_FINGERPRINTS=yes $(BIN)/python -m pytest -q tests/workflows

lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --constraint requirements.lock \
		--universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements-dev.lock

clean:
	rm -rf api/look/node_modules $(dir $(STYLE))
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: installed again only when a lock file has changed.
$(VENV)/.installed: requirements.lock $(BIN)/python
	@echo "Installing the dependencies into $(VENV) (once, and when requirements.lock changes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(BIN)/python
	@echo "Installing the dependencies and the test tools into $(VENV) (once, and when requirements-dev.lock changes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.installed

$(STYLE): $(wildcard api/look/*.scss) api/look/package-lock.json api/look/build.py | $(VENV)/.installed
	@echo "Building the style of the pages (once, and when api/look changes) ..."
	@$(BIN)/python -m api.look.build

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it (for example 'apt install python3 python3-venv' or 'brew install python@3.13') and run make again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: on Debian and Ubuntu, 'apt install python3-venv' and run make again." >&2; exit 1; }
