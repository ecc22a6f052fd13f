# run · test · lint · bench · bench-polling · faults · mutants · model · schemathesis · messages · ci: each installs what it needs, once. Needs Python 3.11 or newer and make.

PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$each >/dev/null 2>&1 && $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$each && break; done)
VENV := .venv
BIN := $(VENV)/bin
# A stamp bears the lock's checksum, so a changed lock is installed once and an unchanged one never.
sum = $(shell cksum < $(1) | cut -d ' ' -f 1)
RUNTIME := $(VENV)/.runtime-$(call sum,requirements.txt)
DEV := $(VENV)/.dev-$(call sum,requirements-dev.txt)
MODEL_EXAMPLES ?= 2000
SCHEMATHESIS_EXAMPLES ?= 50
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test lint format bench bench-polling faults mutants model schemathesis messages ci clean
.DEFAULT_GOAL := run

run: $(RUNTIME) ## the portal with demonstration data; Ctrl-C stops all of it. ARGS="--port 8001 --empty"
	@exec $(BIN)/python manage.py demo $(ARGS)

test: $(DEV) ## every test that this machine can run. ARGS="tests/funnels -x"
	@exec $(BIN)/python -m tests.everywhere $(ARGS)

faults: $(DEV) ## only the tests that stop and kill processes
	@exec $(BIN)/python -m tests.everywhere -m faults $(ARGS)

mutants: $(DEV) ## takes each rule of M out in turn and names the test that dies. ARGS="--only M32 --jobs 2"
	@exec $(BIN)/python -m tests.mutants $(ARGS)

lint: $(DEV) ## format, lint, types, templates, arrows, migrations, messages
	@bash .ci/lint $(BIN)

format: $(DEV) ## what ruff can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## how fast, against what: see bench/
	@exec $(BIN)/python -m bench $(ARGS)

bench-polling: $(DEV) ## the second road at 10,000 open leads; POLLING_LEADS=300 makes it small. ARGS="--changed 0 20"
	@exec $(BIN)/python -m bench.polling $(ARGS)

model: $(DEV) ## 2,000 stories of a card against the document, in two processes; again with the seed it prints: make model MODEL_SEED=7
	@seed=$${MODEL_SEED:-$$(date +%s)}; echo "make model MODEL_SEED=$$seed MODEL_EXAMPLES=$(MODEL_EXAMPLES)"; \
	MODEL_SEED=$$seed MODEL_EXAMPLES=$(MODEL_EXAMPLES) MODEL_PARTS=8 exec $(BIN)/python -m pytest \
	tests/engine/test_card_model.py -q -n 2 --dist load --timeout 7200 $(ARGS)

schemathesis: $(DEV) ## sends the API what its document allows and forbids, much of it: make schemathesis SCHEMATHESIS_EXAMPLES=100 SCHEMATHESIS_SEED=7
	@seed=$${SCHEMATHESIS_SEED:-$$(date +%s)}; echo "make schemathesis SCHEMATHESIS_SEED=$$seed SCHEMATHESIS_EXAMPLES=$(SCHEMATHESIS_EXAMPLES)"; \
	SCHEMATHESIS_SEED=$$seed SCHEMATHESIS_EXAMPLES=$(SCHEMATHESIS_EXAMPLES) exec $(BIN)/python -m pytest \
	tests/api/test_schemathesis.py -q --timeout 0 $(ARGS)

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
