# Two commands matter: `make demo` and `make test`. Python 3.11 or newer and make are all that must be there before.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := var/demo
PORT ?= 8000
WORKERS ?= 2
# what a test run may take at most, so that a hanging browser ends with a message
FAST_SECONDS ?= 2700
SLOW_SECONDS ?= 2400

FAST := not slow and not browser and not faults and not journey
SLOW := slow or browser or faults or journey
PYTEST = $(BIN)/python -m pytest -q -o cache_dir=.pytest_cache
RUN_FAST = timeout $(FAST_SECONDS) $(PYTEST)/fast -n $(WORKERS) -m "$(FAST)"
# one worker drives the browser, the other kills servers: both wait more than they work
RUN_SLOW = timeout $(SLOW_SECONDS) $(PYTEST)/slow -n 2 --dist loadgroup --no-loadscope-reorder -m "$(SLOW)"
# what failed beside others gets the machine to itself once; what fails again is red
AGAIN = --last-failed --last-failed-no-failures=none
FAST_AGAIN = timeout 600 $(PYTEST)/fast $(AGAIN) -m "$(FAST)"
SLOW_AGAIN = timeout 600 $(PYTEST)/slow $(AGAIN) -n 1 --dist loadgroup -m "$(SLOW)"

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# what is compiled is kept, whatever the environment says: the tests start many processes, each of which loads everything
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test both fast slow compiled journeys lint bench constraints clean help

help:
	@echo "make demo         a demonstration district on http://127.0.0.1:$(PORT), accounts printed"
	@echo "make test         everything the tests need, then the tests"
	@echo "make lint         ruff, mypy, the contracts between the rooms"
	@echo "make bench        what it costs; BENCH='--part timers --timers 5000' for a part, or less"
	@echo "make constraints  write down the versions installed now"
	@echo "make clean        drop the environment and the demonstration's data"

$(BIN)/python:
	@tools/make_venv "$(PYTHON)" "$(VENV)"

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test]"
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@$(BIN)/chuishao demo --folder $(DEMO) --port $(PORT)

test: $(VENV)/.test
	@tools/prepare_tests $(BIN)/python
	@$(MAKE) --no-print-directory -j 2 lint compiled
	@$(MAKE) --no-print-directory both

# Where the slow part waits the fast one works; the slow one goes first, since some of it is in a hurry. What it says
# stands after what the fast one does.
both: $(VENV)/.test
	@$(RUN_SLOW) >$(VENV)/slow.log 2>&1 & slow=$$!; trap "kill $$slow; exit 130" INT TERM; \
	nice -n 10 $(RUN_FAST); fast=$$?; \
	wait $$slow; slow=$$?; cat $(VENV)/slow.log; \
	[ $$fast = 0 ] || $(FAST_AGAIN) || exit 1; \
	[ $$slow = 0 ] || $(SLOW_AGAIN)

# every worker would compile the tests for itself: here it is done once, beside mypy
compiled: $(VENV)/.test
	@$(BIN)/python -m pytest -qq --collect-only >/dev/null 2>&1 || true

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(VENV)/.test
	$(RUN_FAST) || $(FAST_AGAIN)

slow: $(VENV)/.test
	$(RUN_SLOW) || $(SLOW_AGAIN)

# the part of `slow` that plays whole petitions on the running demonstration; screenshots in tests/journeys/shots
journeys: $(VENV)/.test
	@tools/prepare_tests $(BIN)/python
	$(BIN)/python -m pytest -q -m journey

# BENCH="--part timers --timers 5000" measures a part, or less; --check ends with 1 when a promise is broken
bench: $(VENV)/.test
	@tools/prepare_tests $(BIN)/python
	$(BIN)/python -m tests.bench $(BENCH)

constraints: $(VENV)/.test
	$(BIN)/python tools/pin_versions.py

clean:
	rm -rf $(VENV) $(DEMO)
