# Two commands matter: `make report` and `make test`. Both set themselves up.
# Another interpreter: `make report PYTHON=python3.12`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: report test lint setup hooks spark lock clean help

report: $(READY)  ## everything that is out of date, to build/
	@$(BIN)/observatoire run

test: $(READY)  ## the test suite
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## linter, formatter, SQL linter, type checker, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --disable-progress-bar sql
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(READY)  ## the environment, from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: call make PYTHON=python3.12, say.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked libraries into $(VENV), once; this takes a minute or two."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

hooks:  ## have git call .githooks/pre-commit before each commit
	@git config core.hooksPath .githooks

spark: $(READY)  ## the other engine, for `observatoire run --engine spark`: 500 MB, and Java 17 or newer beside it
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[spark]'

lock:  ## resolve pyproject.toml again into requirements.lock (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev \
	  --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock

clean:  ## remove what the stages made; sources, registers you added and the environment stay
	rm -rf build data/build data/simulated data/staging data/quality data/quarantine data/marts data/partitions data/indicators data/targets \
	  data/protected data/.fingerprints reports/*/_generated reports/*/_variables.yml reports/*/sites reports/*/fields \
	  reports/*/chiffres reports/*/_theme

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort
