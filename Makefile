# Every rule says what it does; `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
# one worker runs a file, in the files' order: a browser's server is started once, the long ones first
BY_FILE := --dist loadfile --no-loadscope-reorder
BIN    := $(VENV)/bin
PORT   ?= 8000
HOLDSPACE_DATA ?= var
export HOLDSPACE_DATA PORT
# pip's own compile step and version check cost seconds on a first start
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# a hospital's network often has a certificate of its own, which the machine knows and uv does not
export UV_SYSTEM_CERTS = 1

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test check system sqlite postgres bench screenshots mutants requirements clean

help: ## list these rules
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- environment
# uv is several times faster; pip reads the same pinned files where uv cannot run or connect
define install
echo "Installing: $(1)"; \
$(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || \
  { echo "uv could not; trying pip"; $(BIN)/python -m pip install --quiet --no-compile $(1); }
endef

$(BIN)/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Holdspace needs Python 3.11 or newer; found " + sys.version.split()[0])'
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/uv
	@$(call install,--require-hashes -r requirements/runtime.txt)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(call install,--require-hashes -r requirements/dev.txt)
	@touch $@

setup: $(VENV)/.runtime ## build .venv with what running needs (hash-pinned)

dev: $(VENV)/.dev ## build .venv with what testing needs as well

requirements: $(BIN)/uv ## resolve pyproject.toml again into requirements/*.txt
	tools/pin

# ---------------------------------------------------------------- running
demo: setup ## play the demo clinic and serve it on 127.0.0.1:$(PORT)
	@exec $(BIN)/holdspace demo

# ---------------------------------------------------------------- checking
test: dev ## everything: checks, SQLite with the browser, PostgreSQL
	tools/system-packages
	$(MAKE) --no-print-directory check sqlite postgres

check: dev ## the walls: ruff, mypy, import-linter, tidy, migrations
	tools/check

sqlite: dev ## the tests on SQLite, browser included
	$(BIN)/pytest -n 2 $(BY_FILE)

postgres: dev ## on a throw-away PostgreSQL, but for the browser's tests and the core's (it knows no database)
	$(BIN)/python -m tests.tools.postgres $(BIN)/pytest -n 2 $(BY_FILE) -m "not browser" --ignore=tests/core

bench: dev ## measure what the README reports, on both databases
	$(BIN)/python bench/run.py

screenshots: dev ## make the README's pictures from the demo
	$(BIN)/python tools/screenshots.py

mutants: dev ## change the rules one by one and see what no test notices (FILE=core/readiness.py; hours)
	nice -n 19 $(BIN)/python tools/mutants.py $(FILE) && $(BIN)/python tools/mutants.py --write

clean: ## remove .venv and caches; never touches $(HOLDSPACE_DATA)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis mutants
