# Everything runs in a virtual environment that the first target makes: Python >= 3.11 and make are all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check test-slow test-peers format clean

demo: $(STAMP)  ## draw street scenes, train on them, show the result
	$(BIN)/pixelwise demo

test: check  ## every check: format, lint, types, layers, tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(STAMP)  ## minutes: 30 kills and resumes, a whole demo
	$(BIN)/python -m pytest -m slow

test-peers: .venv-peers/.installed  ## against fastai and segmentation_models.pytorch
	.venv-peers/bin/python -m pytest -m peers

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-peers build dist

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("pixelwise needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

.venv-peers/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --upgrade pip
	.venv-peers/bin/python -m pip install --quiet --editable '.[dev,peers]'
	touch $@
