# Everything a machine needs comes from here: Python 3.10 or newer, and make.
# `make help` lists what there is.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-official demo test check lint format bench soak lock docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## Make .venv with modelyard, its service and scikit-learn

install-dev: .venv/.installed-dev ## The same with what tests and checks need

demo: install ## Train, deploy, predict, and swap the model under traffic
	@$(BIN)/python examples/demo.py

install-official: .official/.installed ## Make .official with the official OCI clients, for the tests that use them

test: install-dev install-official ## Run the tests
	@$(BIN)/python -m pytest

check: lint test ## Everything that CI runs: format, lint, types, import directions, tests

lint: install-dev ## Format, lint, types and import directions, without the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: install-dev ## Put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install-dev ## Measure speed as ratios against named peers
	@$(BIN)/python -m bench

soak: install-dev ## Run the long tests
	@$(BIN)/python -m pytest -m soak --timeout 3600

docs: install-dev ## Write the generated pages of docs/reference anew
	@$(BIN)/python docs/generate.py

lock: $(UV) ## Choose the newest versions of all dependencies and lock them
	@echo 'uv' | $(COMPILE) --upgrade - -o requirements/uv.txt
	@$(COMPILE) --upgrade pyproject.toml --extra server --extra sklearn --group build --group dev -o requirements/dev.txt
	@$(COMPILE) pyproject.toml --extra server --extra sklearn --group build -c requirements/dev.txt -o requirements/demo.txt
	@$(COMPILE) --upgrade requirements/official.in -o requirements/official.txt

clean: ## Remove .venv and caches
	rm -rf .venv .official .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "modelyard needs Python 3.10 or newer; name one with PYTHON=…"; exit 1; }
	@echo "making .venv"
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is not complete; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $(UV)

.venv/.installed: $(UV) requirements/demo.txt pyproject.toml src/modelyard/_version.py
	@echo "installing modelyard"
	@$(INSTALL) -r requirements/demo.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements/dev.txt
	@echo "installing what tests and checks need"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

.official/.installed: $(UV) requirements/official.txt
	@echo "installing the official clients"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .official
	@$(UV) pip install --quiet --compile-bytecode --python .official/bin/python --require-hashes -r requirements/official.txt
	@touch $@
