# One command builds and serves the book, one runs every check. See README.md.
.DEFAULT_GOAL := help
.PHONY: help book site serve test lint unit notebooks-check browser looks bench notebooks lock chromium clean
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
BOOK_ENV := $(VENV)/.book-env
TEST_ENV := $(VENV)/.test-env
BENCH_ENV := $(VENV)/.bench-env
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --progress-bar off
say = @printf '\n\033[1m── %s\033[0m\n' "$(1)"

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

book: site serve ## Build the book and serve it on localhost

serve: $(BOOK_ENV)
	@$(BIN)/python -m analysis.site.serve --port $(PORT)

site: $(BOOK_ENV) ## Build the static site into _build/html
	$(call say,Building the book)
	@$(BIN)/python -m analysis.site.assets
	@$(BIN)/jupyter-book build -W -n --keep-going .

test: lint unit site notebooks-check browser ## Run everything that CI runs
	$(call say,All checks passed)

lint: $(TEST_ENV)
	$(call say,Style types and arrows)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m analysis.registry check

unit: $(TEST_ENV)
	$(call say,Unit and property tests)
	@$(BIN)/python -m pytest -q -m "not browser"

notebooks-check: $(TEST_ENV)
	$(call say,Notebooks under strict nbval)
	@$(BIN)/python -m pytest -q --nbval -p no:cacheprovider book

browser: $(TEST_ENV) chromium
	$(call say,The built site in Chromium)
	@$(BIN)/python -m pytest -q -m browser

looks: $(TEST_ENV) chromium ## Renew the reference pictures of the pages (look at them before a commit)
	@HP_RENEW_LOOKS=1 $(BIN)/python -m pytest -q -m browser tests/browser/test_looks.py

bench: $(BENCH_ENV) ## Time our methods beside their peers
	@set -e; for b in benchmarks/bench_*.py; do printf '\n── %s\n' "$$b"; $(BIN)/python $$b; done

notebooks: $(BOOK_ENV) ## Execute all notebooks in place (after a change of data or code)
	@$(BIN)/python -m analysis.site.notebooks run book/*.ipynb

lock: $(BOOK_ENV) ## Renew the pinned requirements from pyproject.toml
	@$(PIP) uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header pyproject.toml \
		--extra book --extra fast -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header pyproject.toml \
		--extra book --extra fast --extra test -o requirements-test.txt

chromium:
	@bash assets/find-chromium.sh --install

clean: ## Remove the environment and everything built
	rm -rf $(VENV) _build assets/node_modules

# The environment: made once, renewed when the pins change.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Missing: $(PYTHON). Install Python 3.11 or newer, or say make PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Missing: the venv module of $(PYTHON). On Debian: apt-get install python3-venv"; exit 1; }
	$(call say,Making the environment in $(VENV))
	@$(PYTHON) -m venv $(VENV)

$(BOOK_ENV): requirements.txt pyproject.toml | $(VENV)/bin/python
	$(call say,Installing the book's packages)
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(TEST_ENV): requirements-test.txt $(BOOK_ENV)
	$(call say,Installing the test packages)
	@$(PIP) -r requirements-test.txt
	@touch $@

$(BENCH_ENV): $(TEST_ENV)
	$(call say,Installing the benchmark peers)
	@$(PIP) --editable ".[bench]" -c requirements-test.txt
	@touch $@
