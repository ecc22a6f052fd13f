# run · test · lint · bench · faults · messages · ci: each installs what it needs, once. Needs Python 3.11 or newer and make.

PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$each >/dev/null 2>&1 && $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$each && break; done)
VENV := .venv
BIN := $(VENV)/bin
# A stamp bears the lock's checksum, so a changed lock is installed once and an unchanged one never.
sum = $(shell cksum < $(1) | cut -d ' ' -f 1)
RUNTIME := $(VENV)/.runtime-$(call sum,requirements.txt)
DEV := $(VENV)/.dev-$(call sum,requirements-dev.txt)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test lint format bench faults messages ci clean
.DEFAULT_GOAL := run

run: $(RUNTIME) ## the portal with demonstration data; Ctrl-C stops all of it. ARGS="--port 8001 --empty"
	@exec $(BIN)/python manage.py demo $(ARGS)

test: $(DEV) ## every test that this machine can run. ARGS="tests/funnels -x"
	@exec $(BIN)/python -m tests.everywhere $(ARGS)

faults: $(DEV) ## only the tests that stop and kill processes
	@exec $(BIN)/python -m tests.everywhere -m faults $(ARGS)

lint: $(DEV) ## format, lint, types, templates, arrows, migrations, messages
	@bash .ci/lint $(BIN)

format: $(DEV) ## what ruff can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## how fast, against what: see bench/
	@exec $(BIN)/python -m bench $(ARGS)

messages: $(DEV) ## collects msgids into locale/ and compiles them; needs gettext
	$(BIN)/python manage.py makemessages --locale pt_BR --no-obsolete --no-location --ignore '$(VENV)*' --ignore 'staticfiles/*' --ignore 'var/*' --ignore 'tests/*'
	$(BIN)/python manage.py compilemessages --ignore '$(VENV)*'

ci:
	@bash .ci/run

clean: ## takes the environment away; data in var/ stays
	rm -rf $(VENV) staticfiles

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Tomada needs Python 3.11 or newer: install it, or name it with make PYTHON=…" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python lacks venv: install it (Debian: python3-venv)." >&2; exit 1; }

$(RUNTIME): | $(BIN)/python
	@echo "Installing what Tomada needs (once) …"
	@$(PIP) -r requirements.txt
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV): | $(BIN)/python
	@echo "Installing what its tests need (once) …"
	@$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* && touch $@ $(RUNTIME)
