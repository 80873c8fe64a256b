# The only door to chores. `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test test-fast check format bench bench-skew bench-orient bench-binarize bench-dewarp \
        bench-hostile fuzz lock audit bench-upsample bench-whiten bench-codec bench-queue bench-load bench-folders faults docs clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Recto needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv

.venv/.serve: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q -e '.[serve]'
	@touch $@

.venv/.develop: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q -e '.[serve,test,check]'
	@touch $@ .venv/.serve

.venv/.lab: pyproject.toml | .venv/.develop
	$(BIN)/python -m pip install -q -e '.[serve,test,check,lab]'
	@touch $@

run: .venv/.serve ## Set everything up and serve on localhost (RECTO_PORT, RECTO_HOME)
	@exec $(BIN)/recto serve

test: .venv/.develop ## Every test
	$(BIN)/python -m pytest

test-fast: .venv/.develop ## The everyday tests
	$(BIN)/python -m pytest -m 'not slow'

check: .venv/.develop ## Format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.develop ## Mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.develop ## ms per page of every filter, the HTTP round trip, the queue; JSON and Markdown in bench-results/
	$(BIN)/python -m lab.benchmarks.house

bench-skew bench-orient bench-binarize bench-dewarp bench-upsample bench-whiten bench-codec bench-queue bench-load bench-folders: bench-%: .venv/.lab ## One filter against its peers
	$(BIN)/python -m lab.benchmarks.$*

SECONDS := 600
faults: .venv/.develop ## SECONDS (600) of load and faults, and the proof that nothing is lost; report in bench-results/
	$(BIN)/python -m tests.faults.harness --seconds $(SECONDS)

bench-hostile: .venv/.develop ## Bad files and bad requests by kind, and what became of them
	$(BIN)/python -m lab.benchmarks.hostile

fuzz: .venv/.develop ## SECONDS (600) of coverage-guided fuzzing, shared by all targets
	$(BIN)/python -m pip install -q -e '.[fuzz]'
	for target in headers pages bodies base64_text forms uploads recipes; do \
	  $(BIN)/python -m tests.hostile.fuzz $$target $$(($(SECONDS) / 7)) .venv/fuzz/$$target || exit; done

lock: .venv/.develop ## Choose the newest versions that fit, and write them down with their hashes
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --extra serve --extra tracing --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements/serve.txt

audit: .venv/.develop ## Known vulnerabilities of what is locked, where the data can be reached
	-@$(BIN)/python -m pip install -q pip-audit
	@$(BIN)/python -m lab.chores.audit

docs: .venv/.lab ## Draw the pictures of README and docs again
	for picture in lab/pictures/[a-z]*.py; do $(BIN)/python -m lab.pictures.$$(basename $$picture .py) || exit; done

clean: ## Remove what the chores made
	rm -rf .venv bench-results build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
