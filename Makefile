# linewarden: everything a person or CI does with the project. `make` alone explains itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help setup demo check format test test-appliance bundle bench simulate mutations parts lock clean

help: ## this list
	@echo "linewarden: a warden for a bank branch's telephone room"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(VENV)/.dev ## make the venv with everything a developer needs

demo: $(VENV)/.demo ## run the software branch: devices, broker, agent and panel on this machine, without root
	@exec $(BIN)/linewarden demo $(DEMO)

check: $(VENV)/.dev ## format, lint, types, import contracts and the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 -m "not slow" $(TESTS)

format: $(VENV)/.dev ## format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: parts check ## everything: installs the real parts the tests need, then all tests
	$(BIN)/pytest -m slow $(TESTS)

test-appliance: parts $(VENV)/.dev ## boot a machine and roll out on it: sandbox, watchdog, power cuts, updates, clock (over two hours; needs root and ../shared/lab)
	LINEWARDEN_VM=$(or $(VM),.vm) $(BIN)/pytest -v -p no:cacheprovider tests/appliance $(APPLIANCE)

bundle: $(VENV)/.dev ## make the bundles that boxes are installed from: make bundle KEY=release-key
	$(BIN)/python -m agent.release.make_bundle --key $(or $(KEY),$(error KEY is the private key that signs: ssh-keygen -t ed25519 -f release-key)) --output dist

bench: parts $(VENV)/.dev ## print what everything costs on this machine (a quarter of an hour; beside peers: tests/bench/peers.py)
	$(BIN)/python -m tests.bench.corridor
	$(BIN)/python -m tests.bench.core
	$(BIN)/python -m tests.bench.panel
	$(BIN)/python -m tests.bench.drain
	$(BIN)/python -m tests.bench.trends
	$(BIN)/python -m tests.bench.quality
	$(BIN)/python -m tests.bench.card

simulate: $(VENV)/.dev ## virtual days of branches against core and store: make simulate SEEDS=2000
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),2000)

mutations: $(VENV)/.dev ## break the rules of the core one by one: do tests or simulation notice?
	$(BIN)/python -m tests.mutations --jobs $(or $(JOBS),2)

parts:
	@tests/tools/install-parts

lock: ## pin every requirement by hash again
	@for set in run box control demo dev; do \
	    case $$set in box) extras="--extra pi";; control) extras="--extra control";; demo) extras="--extra demo";; dev) extras="--extra control --extra demo --extra dev";; *) extras=;; esac; \
	    $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	        --no-emit-index-url --no-annotate $$extras pyproject.toml -o requirements/$$set.txt; \
	done

clean: ## remove the venv and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@tests/tools/make-venv $(PYTHON) $(VENV)

# A venv of one kind is a superset of the one before: dev > demo.
$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.dev || tests/tools/install-python $(BIN)/python requirements/demo.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@tests/tools/install-python $(BIN)/python requirements/dev.txt
	@touch $@ $(VENV)/.demo
