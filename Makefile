# The two commands of the README, and what they stand on. PYTHON may name another Python >= 3.11, and TORCH_INDEX where
# another build of PyTorch is found (docs/install.md).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: help setup demo test lint types layers unit docs notebooks format clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /  /'

# torch goes first and alone: a range asked for by another package would take its largest build.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(shell grep '^torch==' constraints.txt)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

setup: $(VENV)/installed  ## .venv with everything installed

demo: setup  ## does mining help? inversion and Sudoku, in minutes on two cores
	$(BIN)/ravine compare pilot --out out/pilot
	$(BIN)/ravine compare pilot-sudoku --out out/pilot-sudoku

test: lint types layers docs unit  ## lint, types, import layers, the site's links and tests

lint: setup  ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## static types
	$(BIN)/mypy

layers: setup  ## imports point one way
	$(BIN)/lint-imports

unit: setup  ## the tests alone
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

$(VENV)/docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[docs]"
	touch $@

docs: $(VENV)/docs  ## the site, in docs/build; a link that leads nowhere is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/build

notebooks: setup  ## run the notebooks and store what they print
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[notebooks]"
	$(BIN)/jupyter execute --inplace docs/notebooks/*.ipynb

format: setup  ## rewrite in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and caches, not your results
	rm -rf $(VENV) build dist docs/build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
