# Everything runs in a virtual environment that the first target makes: Python >= 3.11 and make are all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools-installed
PEERS := .venv-peers/.installed

.PHONY: demo test check test-slow test-peers format clean

demo: $(INSTALLED)  ## draw street scenes, train on them, show the result
	$(BIN)/pixelwise demo

test: check  ## every check: format, lint, types, layers, tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(TOOLS)  ## minutes: 30 kills and resumes, a whole demo
	$(BIN)/python -m pytest -m slow

test-peers: $(PEERS)  ## against fastai and segmentation_models.pytorch
	.venv-peers/bin/python -m pytest -m peers

format: $(TOOLS)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-peers build dist

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("pixelwise needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@echo 'Installing pixelwise and PyTorch into $(VENV), which is done once.'
	@echo 'PyTorch for Linux brings CUDA: about 3 GB to download, 6 GB on the disk, five minutes or more. Where there is no'
	@echo 'NVIDIA GPU, its CPU build is a tenth of that: Ctrl-C, and see "Try it" in README.md. pip shows how far it is:'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --editable .
	touch $@

$(TOOLS): $(INSTALLED)  # what the checks and the tests need besides
	$(BIN)/python -m pip install --editable '.[dev]'
	touch $@

$(PEERS): pyproject.toml
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --upgrade pip
	.venv-peers/bin/python -m pip install --editable '.[dev,peers]'
	touch $@
