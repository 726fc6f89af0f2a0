# Everything a person types. `make run` and `make test` are the two that always work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8420
STOP_PORT ?= 8421
ARGS ?=
PARALLEL ?= -n 2 --dist loadgroup
# Real processes run one at a time; on a machine with cores to spare: make test REALTIME="-n 2 --dist loadgroup".
REALTIME ?=
DRAW ?=
GUARDED := limits caps governor failsafe hold unloading permission trouble
GUARDED_TESTS := $(GUARDED:%=tests/unit/controller/test_%.py) tests/property/test_governor.py \
	tests/unit/firmware_bridge/test_framing.py

.PHONY: run test thorough lint check test-all test-browser bench cover mutants necessity soak fuzz drills compiled fmt docs lock clean setup setup-dev setup-bench setup-e2e

run: setup  ## simulated device and product on http://127.0.0.1:8420; make run ARGS="--replay FILE.npz"
	@mkdir -p .run
	@$(BIN)/podal-sim serve --link .run/device --person auto $(ARGS) -- \
		$(BIN)/podal run --device .run/device --port $(PORT) --stop-port $(STOP_PORT) --state .run/state

test: setup-dev  ## the suite that needs no browser and no hardware; make test DRAW=7
	$(BIN)/pytest -q $(PARALLEL) -m "not browser and not realtime" $(if $(DRAW),--draw $(DRAW))
	$(BIN)/pytest -q $(REALTIME) -m "realtime and not browser"

thorough: setup-dev  ## every case of the large grids, of which make test draws some
	$(BIN)/pytest -q $(PARALLEL) -m drawn --draw every

lint: setup-dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint  ## the same, fast tests, every branch of the guarding modules
	$(BIN)/pytest -q -x $(PARALLEL) -m "not browser and not realtime and not slow"
	@$(MAKE) --no-print-directory cover

cover: setup-dev  ## every branch of what stands between a wish and a foot, by examples alone
	@mkdir -p build
	@$(BIN)/coverage run -m pytest -q -m "not hypothesis" $(GUARDED_TESTS)
	@$(BIN)/coverage report

mutants: setup-dev  ## breaks the same modules in every small way; make mutants ARGS="governor --at-once 4"
	@$(BIN)/python -m tests.mutation $(ARGS)

necessity: setup-dev  ## switches each protective check off in turn; make necessity ARGS="over-force dwell"
	@$(BIN)/python -m tests.necessity $(ARGS)

test-browser: setup-e2e  ## the page in a real browser (needs chromium)
	$(BIN)/pytest -q -m browser

test-all: test test-browser  ## the suite with the browser

bench: setup-bench  ## measures beside peers, writes build/bench.json; make bench ARGS="decode reaction"
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: setup-dev  ## ten million damaged messages each way, then 8 virtual hours of memory
	$(BIN)/python -m tests.benchmarks.soak $(ARGS)

compiled: setup-dev  ## the device's hot modules by mypyc, in build/compiled (optional)
	@$(BIN)/python -m tests.compiled

fuzz: setup-dev  ## hostile bytes for a minute; make fuzz ARGS="--seconds 3600 --seed 7"
	@$(BIN)/python -m tests.fuzz $(ARGS)

drills: setup-dev  ## kills, stops and unplugs real processes; make drills ARGS="--kills 100 --seed 7"
	@$(BIN)/python -m tests.drills $(ARGS)

fmt: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup-dev  ## fill the generated parts of the reference pages
	@$(BIN)/python -m docs.generate

setup: $(VENV)/.run
setup-dev: $(VENV)/.dev
setup-bench: $(VENV)/.bench
setup-e2e: $(VENV)/.e2e

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Podal needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what Podal needs to run (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "installing what the tests need (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.e2e: requirements/e2e.txt $(VENV)/.dev
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/e2e.txt
	@touch $@

lock:  ## pin every dependency anew, with hashes, for Python 3.11 and newer
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install -q uv
	@mkdir -p requirements
	@for set in "run:plot" "dev:plot,dev" "bench:plot,dev,bench" "e2e:plot,dev,e2e"; do \
		name=$${set%%:*}; extras=$$(echo $${set#*:} | sed 's/,/ --extra /g'); \
		build/lock/bin/uv pip compile -q pyproject.toml --extra $$extras --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-header -o requirements/$$name.txt || exit 1; done

clean:
	rm -rf build .run .mypy_cache .ruff_cache .pytest_cache .hypothesis
