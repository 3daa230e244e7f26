# The one way in. `make help` lists everything; CI runs these same commands.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The newest supported Python that runs: on the path, or under a version manager's root.
PYTHON ?= $(shell for v in 3.13 3.12 3.11; do \
  for p in python$$v $$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$v*/bin/python$$v 2>/dev/null) python3; do \
    "$$p" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$v')" 2>/dev/null && { echo "$$p"; exit; }; \
  done; done)
BIN := .venv/bin

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/ready: requirements-dev.txt pyproject.toml local/emulator/package-lock.json tests/unit/infra/kusto/package-lock.json
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found." >&2; exit 2; }
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m local.azurite install
	$(BIN)/python -m tests.bicep_compiler
	$(BIN)/python -m tests.unit.infra.kql
	@touch $@

.PHONY: setup
setup: .venv/ready ## everything that is needed, into .venv

.PHONY: demo
demo: setup ## the whole exchange on this machine: drops in, matches out, a table of every row
	$(BIN)/exchange demo

# A file's tests stay in one worker, so that what they share is made once; those that take longest begin.
.PHONY: test
test: setup ## lint, types, structure, and every test, with the lines that they reach
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing --cov-fail-under=95

.PHONY: quick
quick: setup ## lint, types, structure, and the unit tests that touch nothing outside of the process: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 --hypothesis-profile=quick -m "not outside and not long" tests/unit

.PHONY: mutants
mutants: setup ## small faults put into the code where safety rules stand: which does no test notice? (MUTANTS="shared.methods.linkage.guards.guards")
	nice $(BIN)/python -m tests.mutants $(MUTANTS)

.PHONY: mutations
mutations: setup ## 12,000 good drops, each changed in some way, through the gates (MUTATIONS="300 7": so many, by that seed)
	nice $(BIN)/python -m tests.security.mutations $(MUTATIONS)

.PHONY: chaos
chaos: setup ## 200 schedules of doubled, shuffled and killed events: does anything diverge? (CHAOS="10 7": so many, by that seed)
	nice $(BIN)/python -m tests.chaos $(CHAOS)

.PHONY: year
year: setup ## a school year of 33 boroughs: is anybody asked twice, written to after opting out, or kept too long? (YEAR="pilot")
	nice $(BIN)/python -m tests.chaos.year $(YEAR)

.PHONY: years
years: setup ## random schedules of two years each: is anything used that may not be, is everybody told? (YEARS="100 1": so many, by that seed)
	nice $(BIN)/python -m tests.chaos.two_years $(YEARS)

.PHONY: bench
bench: setup ## throughput and peak memory of each stage, and the app's cold import (BENCH="--json", "--rows 10000")
	$(BIN)/python -m bench $(BENCH)

.PHONY: bench-sweep
bench-sweep: setup ## a term's 94,000 objects destroyed, storage in memory: how many a second (BENCH="--objects 9400 --answer-ms 20")
	$(BIN)/python -m bench.sweep $(BENCH)

# The peers must not be among what the product depends on, so they have an environment of their own.
.venv-peers/ready: bench/requirements-peers.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found." >&2; exit 2; }
	"$(PYTHON)" -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements-peers.txt
	@touch $@

.PHONY: bench-link
bench-link: setup .venv-peers/ready ## our linkage beside Splink and recordlinkage (BENCH="--all", "--development", "--json")
	$(BIN)/python -m bench.link $(BENCH)

.PHONY: bench-audit
bench-audit: setup .venv-peers/ready ## a month of logs audited, beside DuckDB (BENCH="--lines 1000000"; 10 million take 20 GB)
	$(BIN)/python -m bench.audit $(BENCH)

# As large as pyspark is, it is fetched only where there is a JDK to run it.
.venv-spark/ready: tests/spark/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found." >&2; exit 2; }
	"$(PYTHON)" -m venv .venv-spark
	.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/spark/requirements.txt
	@touch $@

.PHONY: spark
spark: setup ## the recipe for Spark, run with pyspark and a JDK; says NOT RUN where there is none
	@command -v javac >/dev/null || { echo "NOT RUN: no JDK (javac, jar) is on the path."; exit 2; }
	@$(MAKE) --no-print-directory .venv-spark/ready
	$(BIN)/python -m tests.spark.run

.PHONY: kit
kit: setup ## the kit for whoever seals without our client, as one zip (build/sealed-file-kit.zip)
	$(BIN)/python -m docs.sealed.kit

.PHONY: format
format: setup ## put the code in its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: setup ## write the generated pages and schemas anew
	$(BIN)/python -m docs.generate

.PHONY: look
look: ## pictures of an evidence page, wide, narrow and printed (PAGE=…/evidence.html; needs chromium and poppler)
	.ci/look "$(PAGE)"

.PHONY: lock
lock: setup ## pin what deploys (requirements.txt) and what develops (requirements-dev.txt) from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra exchange pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --allow-unsafe \
	  --extra exchange --extra client --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

.PHONY: clean
clean: ## remove what setup, demo and test made
	rm -rf .venv .venv-peers .venv-spark .exchange practice build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
