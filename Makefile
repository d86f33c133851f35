# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help demo test soak lint format bench conformance sabotage lock clean

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

help:                   ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 22

demo: $(READY)          ## the main job for real on loopback ports; files in demo-output/
	$(BIN)/edigate demo --output demo-output

test: $(READY)          ## the whole test suite, with one round of each long test
	$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

soak: $(READY)          ## the other rounds of the long tests: fuzzing, kill -9
	EDIGATE_SOAK=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m soak $(PYTEST_ARGS)

lint: $(READY)          ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)        ## mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)         ## CPU per stage, throughput, memory
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

conformance: $(READY)   ## veraPDF, Mustang, the untouched official rules; says what it skips
	$(BIN)/python -m tests.conformance $(CONFORMANCE_ARGS)

sabotage: $(READY)      ## breaks random lines of store and service; the suite has to notice each
	$(BIN)/python -m tests.sabotage $(SABOTAGE_ARGS)

lock:                   ## re-pin the dependencies (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:                  ## remove what the other targets made
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache
