# make run    set up, index seeds/, open the chat on http://127.0.0.1:7860
# make test   the same set-up, then every test that needs nothing outside this folder
# make check  lint, format, types and import rules; changes nothing
# make fix    what lint and format can mend by themselves

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check fix clean

run: $(VENV)/.installed
	$(BIN)/citedesk index seeds
	$(BIN)/citedesk serve

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("citedesk needs Python 3.11 or newer; this is " + sys.version.split()[0] + "; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,anthropic,mcp,postgres]'
	touch $@

clean:
	rm -rf $(VENV) .citedesk dist
