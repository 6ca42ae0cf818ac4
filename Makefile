# The two commands a newcomer needs are `make demo` and `make test`. Each makes .venv and installs what it
# needs; when that is done once, it goes straight to work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

COMMA := ,

# The virtual board is compiled C++. Where the machine has no compiler, one comes from the package index.
COMPILER := $(firstword $(foreach name,$(CXX) c++ g++ clang++,$(shell command -v $(name) 2>/dev/null)))
DEMO_EXTRAS := $(if $(COMPILER),,[compiler])
TEST_EXTRAS := $(if $(COMPILER),[test$(COMMA)torch],[test$(COMMA)torch$(COMMA)compiler])
BOARDS_EXTRAS := [test$(COMMA)torch$(COMMA)boards$(if $(COMPILER),,$(COMMA)compiler)]

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-slow test-board lint clean help

help:
	@echo "make demo       classify digits on the simulator and on the virtual board, spike for spike the same"
	@echo "make test       run the tests (some minutes)"
	@echo "make test-slow  run the tests that take longer, bitstreams for six boards among them (an hour or so)"
	@echo "make test-board PORT=...  run the tests of equality on the board on a serial port"
	@echo "make lint       check the style"
	@echo "make clean      remove .venv and everything that was built"

demo: $(VENV)/.demo
	@$(BIN)/snnsim demo

test: $(VENV)/.test
	@$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(VENV)/.boards
	@$(BIN)/python -m pytest -n 2 -m slow

test-board: $(VENV)/.test
	@$(BIN)/python -m pytest -m board --board-port="$(PORT)" $(BOARD_OPTIONS)

lint: $(VENV)/.test
	@$(BIN)/ruff check .

clean:
	rm -rf $(VENV) .peers build dist out *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("snnsim needs Python 3.11 or later: name one with make PYTHON=...")'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment: install its venv package (python3-venv)"; exit 1; }

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV)$(if $(COMPILER),, (with a C++ compiler: this machine has none))"
	@$(INSTALL) -e '.$(DEMO_EXTRAS)'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV), with what the tests need"
	@$(INSTALL) -e '.$(TEST_EXTRAS)'
	@touch $@ $(VENV)/.demo

# The tools that make bitstreams, some hundred megabytes, only for the tests that do.
$(VENV)/.boards: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV), with the tools that make bitstreams"
	@$(INSTALL) -e '.$(BOARDS_EXTRAS)'
	@touch $@ $(VENV)/.test $(VENV)/.demo
