# Everything a machine needs comes from here: Python 3.10 or newer, and make.
# `make help` lists what there is.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-official install-frameworks demo test test-frameworks check lint format bench soak lock docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## Make .venv with modelyard, its service and scikit-learn

install-dev: .venv/.installed-dev ## The same with what tests and checks need

demo: install ## Train, deploy, predict, and swap the model under traffic
	@$(BIN)/python examples/demo.py

install-official: .official/.installed ## Make .official with the official OCI clients, for the tests that use them

install-frameworks: .frameworks/.installed ## Make .frameworks with PyTorch, transformers, TensorFlow and Spark

test: install-dev install-official ## Run the tests, side by side on all processors
	@$(BIN)/python -m pytest -n auto --maxprocesses 8

test-frameworks: install-frameworks ## Run the tests of the frameworks that are too large for .venv
	@.frameworks/bin/python -m pytest -m frameworks tests/frameworks

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
	@$(COMPILE) --upgrade pyproject.toml requirements/frameworks.in --extra server --extra sklearn --group build -c requirements/dev.txt -o requirements/frameworks.txt

clean: ## Remove the environments and caches
	rm -rf .venv .official .frameworks .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

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

.venv/.installed-dev: .venv/.installed requirements/dev.txt compat/ads/pyproject.toml
	@echo "installing what tests and checks need"
	@$(INSTALL) -r requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable compat/ads
	@touch $@

.official/.installed: $(UV) requirements/official.txt
	@echo "installing the official clients"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .official
	@$(UV) pip install --quiet --compile-bytecode --python .official/bin/python --require-hashes -r requirements/official.txt
	@touch $@

.frameworks/.installed: $(UV) requirements/frameworks.txt requirements/torch.txt pyproject.toml src/modelyard/_version.py
	@echo "installing the large frameworks"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .frameworks
	@$(UV) pip install --quiet --compile-bytecode --python .frameworks/bin/python --require-hashes -r requirements/frameworks.txt
	@$(BIN)/python -m pip --python .frameworks/bin/python install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/torch.txt || { echo "PyTorch for the CPU was not found; requirements/torch.txt says what pip has to know"; exit 1; }
	@$(UV) pip install --quiet --python .frameworks/bin/python --no-deps --no-build-isolation --editable .
	@touch $@
