# Two commands set everything up by themselves: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test lint types docs bench clean

demo: $(READY)
	$(BIN)/romnet-bench demo

# Two processes of one thread each: the tests' pictures are small, and threads wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python docs/refresh.py
	$(BIN)/zensical build --strict --clean

bench: $(READY)
	$(BIN)/pytest tests/benchmarks --benchmark-only --benchmark-disable-gc

# The stamp is written last: an interrupted set-up starts again.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --progress-bar off --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV)
