# `make run` and `make test` are all a newcomer needs; both install what is missing.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Two workers: tests start servers and browsers of their own.
WORKERS ?= 2

.PHONY: run test check fix bench proof lock bundle packages-run packages-test packages-bench clean

run: packages-run $(VENV)/.run ## start CityGrid: make run ARGS="--port 8051"
	@exec $(BIN)/citygrid up $(ARGS)

test: packages-test $(VENV)/.dev $(VENV)/.node ## everything: format, lint, types, import rules, tests
	$(MAKE) --no-print-directory check

check: $(VENV)/.dev $(VENV)/.node ## the same without looking for system packages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not proof" $(ARGS)

fix: $(VENV)/.dev ## format and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proof: $(VENV)/.dev ## the long property runs
	CITYGRID_PROOF=1 $(BIN)/pytest -n $(WORKERS) -m proof $(ARGS)

bench: packages-bench $(VENV)/.bench ## measure beside peers, print the table of ratios
	$(BIN)/python -m benchmarks $(ARGS)

bundle: $(VENV)/.node ## rebuild the map component
	cd dashboard/map && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build

lock: | $(VENV)/bin/python ## pin the newest versions that fit pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --no-annotate --no-header --no-emit-index-url --generate-hashes \
	  --universal --python-version 3.11 --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --no-annotate --no-header --no-emit-index-url --generate-hashes \
	  --universal --python-version 3.11 --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --no-annotate --no-header --no-emit-index-url --generate-hashes \
	  --universal --python-version 3.11 benchmarks/requirements.in -o benchmarks/requirements.lock

packages-run packages-test packages-bench: packages-%:
	@scripts/install-packages $*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else f"CityGrid needs Python 3.11 or newer and found {v[0]}.{v[1]}: install python3.11, or say which with PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

# pip, not uv, so that a mirror set up in pip's configuration is used.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# What the map's bundle is built with; Node itself is one of the Python packages.
$(VENV)/.node: dashboard/map/package-lock.json $(VENV)/.dev
	cd dashboard/map && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --silent
	@touch $@

# Peers need versions of their own; they get an environment of their own.
$(VENV)/.bench: benchmarks/requirements.lock $(VENV)/.dev
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	@touch $@

clean: ## remove the environment (the city's data stay)
	rm -rf $(VENV) dashboard/map/node_modules
